package dev.sayiir.postgres;

import dev.sayiir.persistence.Signals;
import dev.sayiir.postgres.TaskRows.Change;
import dev.sayiir.postgres.TaskRows.Put;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.OpenTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What the statements that write a checkpoint are given. */
final class CheckpointParams {

    private final String sequence;

    CheckpointParams(SchemaName schema) {
        this.sequence = schema.in("${schema}.sayiir_claim_token");
    }

    /** Those of a checkpoint that begins a new baseline. */
    Params baseline(Checkpoint checkpoint) {
        return of(checkpoint)
                .flag("baseline", true)
                .bytes(
                        "initialInput",
                        checkpoint.snapshot().initialInput().map(Payload::bytes).orElse(null));
    }

    /** Those that every checkpoint has: it keeps claims as they are, unless more is said. */
    Params of(Checkpoint checkpoint) {
        WorkflowSnapshot snapshot = checkpoint.snapshot();
        Optional<OpenTask> open = snapshot.openTask();
        Optional<TaskRetry> retry = open.map(task -> snapshot.taskRetries().get(task.taskId()));
        Optional<ExecutionPosition> position = snapshot.position();
        Params params = Params.of("instanceId", snapshot.instanceId())
                .time("createdAt", Optional.of(snapshot.createdAt()))
                .flag("running", snapshot.status() == WorkflowStatus.IN_PROGRESS)
                .text("status", snapshot.status().text())
                .text("positionKind", position.map(at -> at.kind().text()))
                .text("currentTaskId", position.flatMap(ExecutionPosition::nodeId))
                .number("completedTaskCount", snapshot.completedTaskCount())
                .number("taskPriority", snapshot.taskPriority().level())
                .texts("taskTags", snapshot.taskTags())
                .text("traceParent", snapshot.traceParent())
                .text("error", snapshot.state() instanceof WorkflowState.Failed failed ? failed.error() : null)
                .text("statusReason", reason(snapshot.state()))
                .text("statusRequestedBy", requester(snapshot.state()))
                .text("definitionHash", snapshot.definitionHash())
                .bytes("data", checkpoint.data())
                .flag("release", false)
                .number("carryOn", OptionalLong.empty())
                .text("workerId", Optional.empty())
                .text("sequence", sequence)
                .text("lastFailedWorker", retry.flatMap(TaskRetry::lastFailedWorker))
                .text("lastError", retry.map(TaskRetry::lastError))
                .number("writeId", checkpoint.writeId())
                .text("awaitedEvent", Signals.waitOf(snapshot).map(AtSignal::signalName))
                .flag("waiting", open.filter(OpenTask::waiting).isPresent())
                .time("notBefore", open.flatMap(OpenTask::notBefore));
        TaskChanges changes = checkpoint.changes();
        params.texts("completedTaskIds", changes.completed().keySet())
                .payloads("outputs", changes.completed().values())
                .texts("withdrawnTaskIds", changes.withdrawn());
        TaskRows rows = TaskRows.of(snapshot, changes);
        List<Put> put = rows.put();
        List<Change> changed = rows.changed();
        params.flag("forkLeft", changes.forkLeft())
                .text("closedStatus", TaskRows.leftAs(snapshot.status(), false))
                .number("branchesLeft", branchesLeft(snapshot));
        return params.texts("putTaskIds", put.stream().map(Put::taskId).toList())
                .texts("putStatuses", put.stream().map(Put::status).toList())
                .flags("putDone", put.stream().map(Put::done).toList())
                .flags("putOpen", put.stream().map(Put::open).toList())
                .texts(
                        "putBranches",
                        put.stream().map(row -> row.branch().orElse(null)).toList())
                .texts("changedTaskIds", changed.stream().map(Change::taskId).toList())
                .texts("changedStatuses", changed.stream().map(Change::status).toList())
                .flags(
                        "changedWithdrawn",
                        changed.stream().map(Change::withdrawn).toList())
                .flags("changedOpen", changed.stream().map(Change::open).toList());
    }

    private static OptionalLong branchesLeft(WorkflowSnapshot snapshot) {
        return snapshot.fork().stream()
                .mapToLong(fork -> fork.openBranches().size())
                .findFirst();
    }

    private static Optional<String> reason(WorkflowState state) {
        if (state instanceof WorkflowState.Paused paused) {
            return paused.reason();
        }
        return state instanceof WorkflowState.Cancelled cancelled ? cancelled.reason() : Optional.empty();
    }

    private static Optional<String> requester(WorkflowState state) {
        if (state instanceof WorkflowState.Paused paused) {
            return paused.pausedBy();
        }
        return state instanceof WorkflowState.Cancelled cancelled ? cancelled.cancelledBy() : Optional.empty();
    }
}
