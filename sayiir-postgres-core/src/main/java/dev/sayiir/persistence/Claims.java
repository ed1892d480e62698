package dev.sayiir.persistence;

import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.SnapshotBuilder;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.InProgress;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;

/** For stores: the rules of claims that are the same in every store. */
public final class Claims {

    /** Of no stored instance, so that whatever is based on it is stale. */
    private static final long NO_INCARNATION = 0;

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
     * What a task of a branch comes with: of its instance what it needs, and nothing that grows with other branches.
     *
     * @param claim the claim on the task
     * @param instance the instance; its state does not matter
     * @param version its version
     * @param joinTaskId the task that joins the branches
     * @param input the input that the branch has of its own, or the output of the task that the claim says it comes after;
     *     empty for the input of the workflow
     * @return a snapshot that can neither be saved nor committed
     */
    public static WorkflowSnapshot snapshotForBranch(
            TaskClaim claim, SnapshotBuilder instance, long version, String joinTaskId, Optional<Payload> input) {
        BranchStep step = claim.branch().orElseThrow();
        Optional<String> after = step.afterTaskId();
        Branch branch = new Branch(claim.taskId(), after.isPresent() ? Optional.empty() : input);
        Map<String, Payload> results = after.flatMap(taskId -> input.map(output -> Map.of(taskId, output)))
                .orElse(Map.of());
        AtFork fork = new AtFork(joinTaskId, Map.of(), Instant.EPOCH, Map.of(step.label(), branch), after);
        return instance.state(new InProgress(fork, CompletedTasks.of(results), after))
                .build()
                .storedAs(version, NO_INCARNATION);
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
     * A claim that is carried on keeps its end while at least half of the time asked for is left: its worker renews it
     * anyway, and a store does not have to touch the queue.
     *
     * @param expiresAt until when the claim on the task before lasts
     * @param now the store's clock
     * @param carryOn the time asked for
     * @return until when the claim on the next task lasts
     */
    public static Instant carriedUntil(Instant expiresAt, Instant now, Duration carryOn) {
        Instant asked = now.plus(carryOn);
        boolean lasts = !expiresAt.isBefore(now.plus(carryOn.dividedBy(2))) && !expiresAt.isAfter(asked);
        return lasts ? expiresAt : asked;
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
