package dev.sayiir.persistence;

import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.InProgress;
import java.util.Optional;

/** For stores: what signals and events do to a snapshot, the same in every store. */
public final class Signals {

    private Signals() {}

    /**
     * @param snapshot an instance
     * @return the wait at which it stands and can be woken; empty if it is not in progress, or at something else
     */
    public static Optional<AtSignal> waitOf(WorkflowSnapshot snapshot) {
        return snapshot.state() instanceof InProgress running && running.position() instanceof AtSignal wait
                ? Optional.of(wait)
                : Optional.empty();
    }

    /**
     * Completes a wait with an event.
     *
     * @param snapshot an instance that stands at the wait
     * @param wait the wait
     * @param payload what the event brings
     * @return the snapshot at the task after the wait; or completed, if there is none
     */
    public static WorkflowSnapshot delivered(WorkflowSnapshot snapshot, AtSignal wait, Payload payload) {
        WorkflowSnapshot woken = snapshot.completeTask(wait.signalId(), payload);
        return wait.nextTaskId()
                .map(next -> woken.moveTo(new ExecutionPosition.AtTask(next)))
                .orElseGet(() -> woken.complete(payload));
    }
}
