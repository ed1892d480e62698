package dev.sayiir.persistence;

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
     * @throws IllegalArgumentException if it is of another instance, or not made from a stored snapshot
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
}
