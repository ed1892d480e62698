package dev.sayiir.postgres;

import dev.sayiir.persistence.Claims;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The checkpoint that commits a claimed task.
 *
 * @param checkpoint what is stored
 * @param claim the claim on the task
 * @param carryOn for how many microseconds the next task is claimed, if it is
 */
record Commit(Checkpoint checkpoint, TaskClaim claim, OptionalLong carryOn) {

    private static final Set<WorkflowStatus> PLAIN_STATUSES =
            Set.of(WorkflowStatus.IN_PROGRESS, WorkflowStatus.COMPLETED, WorkflowStatus.FAILED);

    static Commit of(Checkpoint checkpoint, TaskClaim claim, Optional<Duration> carryOn) {
        OptionalLong micros = carryOn.filter(ttl -> Claims.canCarryOn(checkpoint.snapshot())).stream()
                .mapToLong(ClaimRepository::micros)
                .findFirst();
        return new Commit(checkpoint, claim, micros);
    }

    WorkflowSnapshot snapshot() {
        return checkpoint.snapshot();
    }

    /**
     * Whether it can be stored by the statement that stores many: of a task on the main line, which has ended or is to be
     * tried again, without anything else that has happened to others, and without branches.
     */
    boolean isPlain() {
        TaskChanges changes = checkpoint.changes();
        return claim.branch().isEmpty()
                && PLAIN_STATUSES.contains(snapshot().status())
                && Set.of(claim.taskId()).containsAll(changes.completed().keySet())
                && changes.withdrawn().isEmpty()
                && !changes.forkLeft()
                && snapshot().fork().isEmpty();
    }
}
