package dev.sayiir.persistence.memory;

import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.WorkflowState;
import dev.sayiir.workflow.WorkflowState.Cancelled;
import dev.sayiir.workflow.WorkflowState.InProgress;
import dev.sayiir.workflow.WorkflowState.Paused;
import java.util.Optional;

/** States with the results that the store holds in place of their own. */
final class States {

    private States() {}

    static WorkflowState withResults(WorkflowState state, CompletedTasks results) {
        if (state instanceof InProgress running) {
            return new InProgress(running.position(), results, running.lastCompletedTaskId());
        } else if (state instanceof Paused paused) {
            return paused(paused, results, paused.lastCompletedTaskId());
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

    static WorkflowState withResult(WorkflowState state, CompletedTasks results, String taskId) {
        if (state instanceof InProgress running) {
            return new InProgress(running.position(), results, Optional.of(taskId));
        } else if (state instanceof Paused paused) {
            return paused(paused, results, Optional.of(taskId));
        }
        throw new IllegalStateException("A task is done in an instance that is " + state.status());
    }

    private static Paused paused(Paused from, CompletedTasks results, Optional<String> lastCompleted) {
        return new Paused(from.reason(), from.pausedBy(), from.pausedAt(), results, from.position(), lastCompleted);
    }
}
