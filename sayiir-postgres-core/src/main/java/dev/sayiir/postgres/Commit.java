package dev.sayiir.postgres;

import dev.sayiir.persistence.Claims;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The checkpoint that commits a claimed task.
 *
 * @param checkpoint what is stored
 * @param claim the claim on the task
 * @param carryOn for how many microseconds the next task is claimed, if it is
 */
record Commit(Checkpoint checkpoint, TaskClaim claim, OptionalLong carryOn) {

    static Commit of(Checkpoint checkpoint, TaskClaim claim, Optional<Duration> carryOn) {
        OptionalLong micros = carryOn.filter(ttl -> Claims.canCarryOn(checkpoint.snapshot())).stream()
                .mapToLong(ClaimRepository::micros)
                .findFirst();
        return new Commit(checkpoint, claim, micros);
    }

    WorkflowSnapshot snapshot() {
        return checkpoint.snapshot();
    }

    /** Whether nothing else has happened than that the claimed task is done, and that another one can be done at once. */
    boolean isStep() {
        TaskChanges changes = checkpoint.changes();
        return changes.completed().size() == 1
                && changes.completed().containsKey(claim.taskId())
                && changes.withdrawn().isEmpty()
                && changes.left().isEmpty()
                && !changes.forkLeft()
                && snapshot().position().filter(AtTask.class::isInstance).isPresent()
                && Claims.canCarryOn(snapshot());
    }
}
