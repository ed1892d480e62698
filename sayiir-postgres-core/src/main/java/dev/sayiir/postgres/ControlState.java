package dev.sayiir.postgres;

import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskResult;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.BinaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Takes a snapshot apart and puts it together: the blob of a checkpoint holds only what is left without results, initial
 * input and inputs of branches, so that it does not grow with what tasks are given and give back.
 */
final class ControlState {

    private ControlState() {}

    static WorkflowSnapshot of(WorkflowSnapshot snapshot) {
        WorkflowState state = snapshot.state()
                .withFork(fork -> BranchInputs.without(withoutResults(fork, snapshot.completedTasks())))
                .withResults(CompletedTasks.none(), snapshot.lastCompletedTaskId());
        return snapshot.toBuilder().state(state).withoutInitialInput().build();
    }

    /** What the rows of an instance hold beside its control state. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Parts(
            long version,
            long incarnation,
            Optional<Payload> initialInput,
            byte @Nullable [] branchInputs,
            Optional<String> traceParent,
            CompletedTasks results,
            Optional<String> lastResultSinceData,
            Map<String, TaskResult> branchesSinceData) {}

    static WorkflowSnapshot restore(WorkflowSnapshot control, Parts parts) {
        // A result that was added after the control state was written is the later one.
        Optional<String> last = parts.lastResultSinceData().or(control::lastCompletedTaskId);
        WorkflowState state = control.state().withResults(parts.results(), last).withFork(fork -> restore(fork, parts));
        var builder = control.toBuilder().state(state).traceParent(parts.traceParent());
        parts.initialInput().ifPresent(builder::initialInput);
        return builder.build().storedAs(parts.version(), parts.incarnation());
    }

    private static AtFork restore(AtFork fork, Parts parts) {
        byte[] inputs = parts.branchInputs();
        AtFork given = inputs == null ? fork : BranchInputs.restore(fork, inputs);
        return withResults(given, parts.results()).withBranchResults(parts.branchesSinceData());
    }

    /** What a branch ended with is stored with its last task. */
    private static AtFork withoutResults(AtFork fork, CompletedTasks results) {
        return eachResult(fork, results, (ended, stored) -> ended.equals(stored) ? Payload.empty() : ended);
    }

    private static AtFork withResults(AtFork fork, CompletedTasks results) {
        return eachResult(fork, results, (ended, stored) -> ended.size() == 0 ? stored : ended);
    }

    /** Of forks whose branches the store shares out. */
    private static AtFork eachResult(AtFork fork, CompletedTasks results, BinaryOperator<Payload> change) {
        if (fork.branches().isEmpty()) {
            return fork;
        }
        Map<String, TaskResult> ended = new LinkedHashMap<>();
        fork.completedBranches()
                .forEach((label, result) -> ended.put(
                        label,
                        results.output(result.taskId())
                                .map(stored -> new TaskResult(result.taskId(), change.apply(result.output(), stored)))
                                .orElse(result)));
        return new AtFork(fork.forkId(), ended, fork.wakeAt(), fork.branches(), fork.afterTaskId());
    }
}
