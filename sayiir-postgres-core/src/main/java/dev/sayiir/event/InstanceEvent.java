package dev.sayiir.event;

import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.Cancelled;
import dev.sayiir.workflow.WorkflowState.Completed;
import dev.sayiir.workflow.WorkflowState.Failed;
import java.util.Optional;

/**
 * Something that has happened to an instance. The process that has made it happen tells it, after the commit and at most
 * once; within a transaction of the caller it tells it there, before the commit. One that dies in between tells nothing.
 */
public sealed interface InstanceEvent
        permits WorkflowCompletedEvent, WorkflowFailedEvent, WorkflowCancelledEvent, TaskBlockedEvent {

    /** @return the id of the instance */
    String instanceId();

    /** @return the workflow that it is an instance of */
    String workflow();

    /**
     * @param snapshot an instance as it was stored
     * @return how it has ended; empty if it has not
     */
    static Optional<InstanceEvent> ofEnd(WorkflowSnapshot snapshot) {
        String instanceId = snapshot.instanceId();
        String workflow = snapshot.definitionHash();
        if (snapshot.state() instanceof Completed) {
            return Optional.of(new WorkflowCompletedEvent(instanceId, workflow));
        } else if (snapshot.state() instanceof Failed failed) {
            return Optional.of(new WorkflowFailedEvent(instanceId, workflow, failed.error()));
        } else if (snapshot.state() instanceof Cancelled cancelled) {
            return Optional.of(
                    new WorkflowCancelledEvent(instanceId, workflow, cancelled.reason(), cancelled.cancelledBy()));
        }
        return Optional.empty();
    }
}
