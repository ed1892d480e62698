package dev.sayiir.postgres;

import dev.sayiir.persistence.Claims;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Objects;
import java.util.OptionalLong;

/** What the function is given that writes the checkpoint of a plain step. */
final class StepParams {

    private StepParams() {}

    /** Whether nothing else has happened than that the claimed task is done, and that another one can be done at once. */
    static boolean suffice(Checkpoint checkpoint, TaskClaim claim) {
        TaskChanges changes = checkpoint.changes();
        WorkflowSnapshot snapshot = checkpoint.snapshot();
        return changes.completed().size() == 1
                && changes.completed().containsKey(claim.taskId())
                && changes.withdrawn().isEmpty()
                && changes.left().isEmpty()
                && !changes.forkLeft()
                && snapshot.position().filter(AtTask.class::isInstance).isPresent()
                && Claims.canCarryOn(snapshot);
    }

    /** For a claim that is carried on to the next task if a time to live is given. */
    static Params of(Checkpoint checkpoint, TaskClaim claim, OptionalLong carryOn) {
        WorkflowSnapshot snapshot = checkpoint.snapshot();
        return Params.of("instanceId", snapshot.instanceId())
                .number("basedOn", snapshot.version())
                .number("incarnation", snapshot.incarnation())
                .number("writeId", checkpoint.writeId())
                .number("completedTaskCount", snapshot.completedTaskCount())
                .number("taskPriority", snapshot.taskPriority().level())
                .texts("taskTags", snapshot.taskTags())
                .text("traceParent", snapshot.traceParent())
                .bytes("data", checkpoint.data())
                .text("taskId", claim.taskId())
                .number("claimToken", claim.claimToken())
                .bytes(
                        "output",
                        Objects.requireNonNull(checkpoint.changes().completed().get(claim.taskId()))
                                .bytes())
                .text("nextTaskId", snapshot.position().flatMap(position -> position.nodeId()))
                .text("workerId", claim.workerId())
                .number("carryOn", carryOn);
    }
}
