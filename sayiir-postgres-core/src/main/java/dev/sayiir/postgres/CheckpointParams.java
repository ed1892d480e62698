package dev.sayiir.postgres;

import dev.sayiir.postgres.BranchInputs.Slice;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What the function that writes a checkpoint is given. */
final class CheckpointParams {

    private CheckpointParams() {}

    /** Those of a checkpoint that begins a new baseline. */
    static Params baseline(Checkpoint checkpoint) {
        Optional<Payload> input = checkpoint.snapshot().initialInput();
        return of(checkpoint)
                .flag("baseline", true)
                .time("createdAt", Optional.of(checkpoint.snapshot().createdAt()))
                .bytes("initialInput", input.map(Payload::bytes).orElse(null));
    }

    /** Those of one that adds to what is stored, and keeps claims as they are. */
    static Params following(Checkpoint checkpoint) {
        return adding(of(checkpoint));
    }

    /** Those of one that commits a task, and carries its claim on to the next one if it is to. */
    static Params committing(Commit commit) {
        return adding(of(commit.checkpoint()))
                .text("claimedBranch", ClaimRepository.branch(commit.claim()))
                .number("claimToken", commit.claim().claimToken())
                .number("carryOn", commit.carryOn());
    }

    private static Params adding(Params params) {
        return params.flag("baseline", false)
                .time("createdAt", Optional.empty())
                .bytes("initialInput", null);
    }

    private static Params of(Checkpoint checkpoint) {
        WorkflowSnapshot snapshot = checkpoint.snapshot();
        TaskChanges changes = checkpoint.changes();
        Optional<ExecutionPosition> position = snapshot.position();
        Params params = Params.of("instanceId", snapshot.instanceId())
                .number("writeId", checkpoint.writeId())
                .text("definitionHash", snapshot.definitionHash())
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
                .bytes("data", checkpoint.data())
                .texts("completedTaskIds", changes.completed().keySet())
                .payloads("outputs", changes.completed().values())
                .texts("withdrawnTaskIds", changes.withdrawn());
        open(params, snapshot);
        branches(params, snapshot, changes);
        return params.flag("redrive", false)
                .text("claimedBranch", Optional.empty())
                .number("claimToken", OptionalLong.empty())
                .number("carryOn", OptionalLong.empty());
    }

    /** The branches that begin, the inputs that they have of their own, and where in these that of each is. */
    private static void branches(Params params, WorkflowSnapshot snapshot, TaskChanges changes) {
        BranchInputs inputs = BranchInputs.of(snapshot.fork());
        Map<String, Branch> begun = changes.branchesToOpen(snapshot);
        Map<String, Slice> slices = inputs.slices();
        List<Optional<Slice>> given = begun.keySet().stream()
                .map(label -> Optional.ofNullable(slices.get(label)))
                .toList();
        params.flag("forkLeft", changes.forkLeft())
                .texts("branches", begun.keySet())
                .texts(
                        "branchTaskIds",
                        begun.values().stream().map(Branch::taskId).toList())
                .numbers("branchInputStarts", of(given, Slice::start))
                .numbers("branchInputBytes", of(given, Slice::bytes))
                .text("branchesAfter", snapshot.fork().flatMap(AtFork::afterTaskId))
                .bytes("branchInputs", inputs.value());
    }

    private static List<@Nullable Long> of(List<Optional<Slice>> slices, Function<Slice, Long> number) {
        List<@Nullable Long> numbers = new ArrayList<>(slices.size());
        slices.forEach(slice -> numbers.add(slice.map(number).orElse(null)));
        return numbers;
    }

    private static void open(Params params, WorkflowSnapshot snapshot) {
        MainLine line = MainLine.of(snapshot);
        params.text("openTaskId", line.taskId())
                .flag("waiting", line.waiting())
                .time("notBefore", line.notBefore())
                .text("awaitedEvent", line.awaitedEvent())
                .number("branchesLeft", branchesLeft(snapshot))
                .text("lastFailedWorker", line.lastFailedWorker())
                .text("lastError", line.lastError())
                .number("failures", line.failures());
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
