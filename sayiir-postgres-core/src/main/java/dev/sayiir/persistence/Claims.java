package dev.sayiir.persistence;

import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;

/** For stores: the rules of claims that are the same in every store. */
public final class Claims {

    private Claims() {}

    /**
     * Sees to it that what is committed can follow from the claimed task.
     *
     * @param claim the claim
     * @param snapshot what is to be committed
     * @throws IllegalArgumentException if it is of another instance, not made from a stored snapshot, or does not end the
     *     workflow although the task is part of a branch
     */
    public static void requireCommittable(TaskClaim claim, WorkflowSnapshot snapshot) {
        if (!snapshot.instanceId().equals(claim.instanceId())) {
            throw new IllegalArgumentException("A task of instance '" + claim.instanceId()
                    + "' cannot be committed with a snapshot of instance '" + snapshot.instanceId() + "'");
        }
        if (snapshot.version() == 0 || snapshot.taskChanges().isEmpty()) {
            throw new IllegalArgumentException("Task '" + claim.taskId() + "' of instance '" + claim.instanceId()
                    + "' cannot be committed with a snapshot that was made from scratch; load the instance and change "
                    + "what was loaded");
        }
        if (claim.branch().isPresent() && !snapshot.status().isTerminal()) {
            throw new IllegalArgumentException("Task '" + claim.taskId() + "' of instance '" + claim.instanceId()
                    + "' is part of a branch, and can only end the workflow by a snapshot; commit it as a task of a "
                    + "branch");
        }
    }

    /**
     * Sees to it that a task is part of a branch.
     *
     * @param claim the claim on it
     * @throws IllegalArgumentException if it is not
     */
    public static void requireBranch(TaskClaim claim) {
        if (claim.branch().isEmpty()) {
            throw new IllegalArgumentException("Task '" + claim.taskId() + "' of instance '" + claim.instanceId()
                    + "' is not part of a branch; commit it with a snapshot");
        }
    }

    /**
     * @param workerId who claimed a task, and neither committed it nor gave it back before the claim expired
     * @return the error that is recorded of the task when it is claimed again
     */
    public static String crashOf(String workerId) {
        return "Worker '" + workerId + "' did not end the task before its claim expired";
    }

    /**
     * @param snapshot an instance
     * @return whether it stands at a task that can be done at once
     */
    public static boolean canCarryOn(WorkflowSnapshot snapshot) {
        return snapshot.status() == WorkflowStatus.IN_PROGRESS
                && snapshot.openTask()
                        .filter(task -> !task.waiting() && task.notBefore().isEmpty())
                        .isPresent();
    }

    /**
     * @param snapshot an instance that has been stored
     * @return whether one of its tasks may be due now: a task that can be done at once, a branch, or a wait whose event may
     *     be there
     */
    public static boolean mayBeDue(WorkflowSnapshot snapshot) {
        return canCarryOn(snapshot)
                || (snapshot.status() == WorkflowStatus.IN_PROGRESS
                        && snapshot.position()
                                .filter(Claims::isWokenFromOutside)
                                .isPresent());
    }

    private static boolean isWokenFromOutside(ExecutionPosition position) {
        return position instanceof ExecutionPosition.AtSignal || position instanceof ExecutionPosition.AtFork;
    }
}
