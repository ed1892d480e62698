package dev.sayiir.postgres;

import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskResult;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Map;
import java.util.Optional;

/**
 * Takes a snapshot apart and puts it together: the blob of a checkpoint holds only what is left without results and
 * initial input, so that it does not grow with the number of tasks that are done.
 */
final class ControlState {

    private ControlState() {}

    static WorkflowSnapshot of(WorkflowSnapshot snapshot) {
        return snapshot.toBuilder()
                .state(snapshot.state().withResults(CompletedTasks.none(), snapshot.lastCompletedTaskId()))
                .withoutInitialInput()
                .build();
    }

    /** What the rows of an instance hold beside its control state. */
    record Parts(
            long version,
            long incarnation,
            Optional<Payload> initialInput,
            Optional<String> traceParent,
            CompletedTasks results,
            Optional<String> lastResultSinceData,
            Map<String, TaskResult> branchesSinceData) {}

    static WorkflowSnapshot restore(WorkflowSnapshot control, Parts parts) {
        // A result that was added after the control state was written is the later one.
        Optional<String> last = parts.lastResultSinceData().or(control::lastCompletedTaskId);
        var builder = control.toBuilder()
                .state(control.state().withResults(parts.results(), last).withBranchResults(parts.branchesSinceData()))
                .traceParent(parts.traceParent());
        parts.initialInput().ifPresent(builder::initialInput);
        return builder.build().storedAs(parts.version(), parts.incarnation());
    }
}
