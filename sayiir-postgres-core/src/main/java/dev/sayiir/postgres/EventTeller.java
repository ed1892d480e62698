package dev.sayiir.postgres;

import dev.sayiir.event.InstanceEvent;
import dev.sayiir.event.TaskBlockedEvent;
import dev.sayiir.persistence.BranchStep;
import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.workflow.SayiirException;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the application what has become of instances. To be called when it is stored: what the transaction of an operation
 * has changed is told after that, and within the caller's transaction, if there is one.
 */
final class EventTeller {

    private static final Logger log = LoggerFactory.getLogger(PostgresBackend.class);

    private final Consumer<? super InstanceEvent> listener;
    private final CallersTransaction callersTransaction;
    private final LogLimit failed = new LogLimit();

    EventTeller(Consumer<? super InstanceEvent> listener, CallersTransaction callersTransaction) {
        this.listener = listener;
        this.callersTransaction = callersTransaction;
    }

    /** Nothing if the instance has not ended. */
    WorkflowSnapshot saved(WorkflowSnapshot stored) {
        InstanceEvent.ofEnd(stored).ifPresent(this::tell);
        return stored;
    }

    void blocked(TaskRefusal refusal) {
        tell(new TaskBlockedEvent(
                refusal.claim().instanceId(),
                refusal.claim().definitionHash(),
                refusal.claim().taskId(),
                refusal.claim().branch().map(BranchStep::label),
                refusal.reason(),
                refusal.error()));
    }

    /**
     * What is committed is not undone by what a listener throws; what is not yet may be. An exception of the library's would
     * seem to be about the instance itself.
     */
    void tell(InstanceEvent event) {
        try {
            listener.accept(event);
        } catch (RuntimeException | Error e) {
            if (callersTransaction.isActive() && e instanceof SayiirException) {
                throw new IllegalStateException("A listener has failed with " + event, e);
            } else if (callersTransaction.isActive()) {
                throw e;
            }
            failed.log(more -> log.error("A listener has failed with {}{}", event, more, e));
        }
    }
}
