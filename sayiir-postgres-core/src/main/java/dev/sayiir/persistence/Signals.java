package dev.sayiir.persistence;

import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.InProgress;
import java.time.Instant;
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
     * Carries a request out.
     *
     * @param kind what is asked for
     * @param request who asks, and why
     * @param snapshot an instance that is open to it
     * @param at when, by the store's clock
     * @param interruptedAtTask the task that is under way, if any
     * @return the cancelled or paused snapshot
     */
    public static WorkflowSnapshot carriedOut(
            SignalKind kind,
            SignalRequest request,
            WorkflowSnapshot snapshot,
            Instant at,
            Optional<String> interruptedAtTask) {
        return switch (kind) {
            case CANCEL -> snapshot.cancel(request.reason(), request.requestedBy(), at, interruptedAtTask);
            case PAUSE -> snapshot.pause(request.reason(), request.requestedBy(), at);
        };
    }

    /**
     * Sees to it that what follows from an event is a snapshot of the instance that it was sent to.
     *
     * @param instanceId the instance that the event was sent to
     * @param following what follows from it
     * @return the same snapshot
     * @throws IllegalArgumentException if it is of another instance
     */
    public static WorkflowSnapshot requireSameInstance(String instanceId, WorkflowSnapshot following) {
        if (!following.instanceId().equals(instanceId)) {
            throw new IllegalArgumentException("An event of instance '" + instanceId
                    + "' cannot be followed by a snapshot of instance '" + following.instanceId() + "'");
        }
        return following;
    }

    /**
     * Completes a wait with an event. The task after the wait is to be done, also if it has been done before.
     *
     * @param snapshot an instance that stands at the wait
     * @param wait the wait
     * @param payload what the event brings
     * @return the snapshot at the task after the wait; or completed, if there is none
     */
    public static WorkflowSnapshot delivered(WorkflowSnapshot snapshot, AtSignal wait, Payload payload) {
        WorkflowSnapshot woken = snapshot.completeTask(wait.signalId(), payload);
        return wait.nextTaskId()
                .map(next -> woken.withdrawTask(next).moveTo(new ExecutionPosition.AtTask(next)))
                .orElseGet(() -> woken.complete(payload));
    }
}
