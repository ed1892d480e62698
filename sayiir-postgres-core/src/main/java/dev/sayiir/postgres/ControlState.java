package dev.sayiir.postgres;

import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import dev.sayiir.workflow.WorkflowState.Cancelled;
import dev.sayiir.workflow.WorkflowState.InProgress;
import dev.sayiir.workflow.WorkflowState.Paused;
import java.util.Optional;

/**
 * Takes a snapshot apart and puts it together: the blob of a checkpoint holds only what is left without results and
 * initial input, so that it does not grow with the number of tasks that are done.
 */
final class ControlState {

    private ControlState() {}

    static WorkflowSnapshot of(WorkflowSnapshot snapshot) {
        return snapshot.toBuilder()
                .state(withResults(snapshot.state(), CompletedTasks.none(), Optional.empty()))
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
            Optional<String> lastResultSinceData) {}

    static WorkflowSnapshot restore(WorkflowSnapshot control, Parts parts) {
        var builder = control.toBuilder()
                .state(withResults(control.state(), parts.results(), parts.lastResultSinceData()))
                .traceParent(parts.traceParent());
        parts.initialInput().ifPresent(builder::initialInput);
        return builder.build().storedAs(parts.version(), parts.incarnation());
    }

    /** The last result wins over the one that the state names: it was added after the state was written. */
    private static WorkflowState withResults(WorkflowState state, CompletedTasks results, Optional<String> lastResult) {
        if (state instanceof InProgress running) {
            return new InProgress(running.position(), results, lastResult.or(running::lastCompletedTaskId));
        } else if (state instanceof Paused paused) {
            return new Paused(
                    paused.reason(),
                    paused.pausedBy(),
                    paused.pausedAt(),
                    results,
                    paused.position(),
                    lastResult.or(paused::lastCompletedTaskId));
        } else if (state instanceof Cancelled cancelled) {
            return new Cancelled(
                    cancelled.reason(),
                    cancelled.cancelledBy(),
                    cancelled.cancelledAt(),
                    results,
                    cancelled.interruptedAtTask());
        }
        return state;
    }
}
