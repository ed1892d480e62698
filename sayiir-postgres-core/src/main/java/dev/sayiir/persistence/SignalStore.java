package dev.sayiir.persistence;

import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Reaches instances from outside: cancels, pauses and resumes them, and sends them events.
 *
 * <p>Each operation is atomic, joins the caller's Spring transaction if there is one, and begins by locking the
 * instance: so no two of them, nor any save, can deadlock or miss each other.
 *
 * <pre>{@code
 * signals.requestCancel("order-4711", SignalRequest.of("customer changed her mind", "support"));
 * signals.sendEvent("order-4712", "approved", Payload.utf8("{\"by\":\"ada\"}"));
 * }</pre>
 */
public interface SignalStore {

    /**
     * Asks for a cancellation or a pause, to be carried out by {@link #checkAndCancel} or {@link #checkAndPause}. At
     * most one request of a kind is pending; a later one takes the place of an earlier one. If the instance is in that
     * state already, nothing is stored.
     *
     * @param instanceId the instance
     * @param kind what to ask for
     * @param request who asks, and why
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws SignalRefusedException if its state does not allow it: a finished instance cannot be paused, and only a
     *     cancelled one may be cancelled again
     */
    void storeSignal(String instanceId, SignalKind kind, SignalRequest request);

    /**
     * @param instanceId the instance
     * @param kind what was asked for
     * @return the pending request, if there is one; none for an instance that is not there
     */
    Optional<PendingSignal> getSignal(String instanceId, SignalKind kind);

    /**
     * Looks through many instances at once, for a worker that has a task of each.
     *
     * @param instanceIds the instances
     * @param kind what was asked for
     * @return those of them for which a request is pending; none that is not there
     * @throws IllegalArgumentException if an id is not valid
     */
    Set<String> findSignalled(Collection<String> instanceIds, SignalKind kind);

    /**
     * Takes a pending request back. Does nothing if there is none.
     *
     * @param instanceId the instance
     * @param kind what was asked for
     */
    void clearSignal(String instanceId, SignalKind kind);

    /**
     * Cancels the instance if that has been asked for and it is not finished.
     *
     * @param instanceId the instance
     * @param interruptedAtTask the task that was under way, if any
     * @return whether it was cancelled by this call; not if somebody else is changing the instance at this moment, who is not
     *     waited for: the request stays pending then
     */
    boolean checkAndCancel(String instanceId, Optional<String> interruptedAtTask);

    /**
     * Pauses the instance if that has been asked for and it is in progress.
     *
     * @param instanceId the instance
     * @return whether it was paused by this call; not if somebody else is changing the instance at this moment, who is not
     *     waited for: the request stays pending then
     */
    boolean checkAndPause(String instanceId);

    /**
     * Lets a paused instance go on. If it waits for an event that has been sent meanwhile, it goes on with that.
     *
     * @param instanceId the instance
     * @return its snapshot, with every result
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws SignalRefusedException if it is not paused
     */
    WorkflowSnapshot unpause(String instanceId);

    /**
     * Cancels the instance: at once if no live claim holds any of its tasks, else at the holder's next checkpoint or
     * when the claim expires.
     *
     * @param instanceId the instance
     * @param request who asks, and why
     * @return what became of the request
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws SignalRefusedException if it completed or failed
     */
    SignalOutcome requestCancel(String instanceId, SignalRequest request);

    /**
     * Pauses the instance: at once if no live claim holds any of its tasks, else at the holder's next checkpoint or when
     * the claim expires.
     *
     * @param instanceId the instance
     * @param request who asks, and why
     * @return what became of the request
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws SignalRefusedException if it is finished
     */
    SignalOutcome requestPause(String instanceId, SignalRequest request);

    /**
     * Sends an instance an event. If it is waiting for one of that name, it goes on at once: the wait is completed with
     * the payload of the oldest pending event of that name, and the next task is opened, or the workflow completed with
     * it. Else the event is kept.
     *
     * @param instanceId the instance
     * @param eventName the name of the event, 1 to 256 bytes of UTF-8
     * @param payload what it brings, possibly of no bytes
     * @return whether the instance has gone on
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws TerminalStateException if it is finished
     */
    default EventOutcome sendEvent(String instanceId, String eventName, Payload payload) {
        return sendEvent(instanceId, eventName, payload, Optional.empty());
    }

    /**
     * Sends an instance an event, once: another one with the same key is dropped, also when the first has been consumed or
     * the instance is finished. For senders that may send again what they have sent.
     *
     * @param instanceId the instance
     * @param eventName the name of the event, 1 to 256 bytes of UTF-8
     * @param payload what it brings, possibly of no bytes
     * @param eventKey the sender's own name for this one event, 1 to 256 bytes of UTF-8; empty if it has none
     * @return whether the instance has gone on, or has had that event before
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws TerminalStateException if it is finished
     */
    EventOutcome sendEvent(String instanceId, String eventName, Payload payload, Optional<String> eventKey);

    /**
     * Takes the oldest pending event of a name. Of several callers each gets another one.
     *
     * @param instanceId the instance
     * @param eventName the name of the event
     * @return its payload, if there is one; none for an instance that is not there
     */
    Optional<Payload> consumeEvent(String instanceId, String eventName);

    /**
     * Takes the oldest pending event of a name and saves the snapshot that follows from it, both or neither.
     *
     * @param instanceId the instance
     * @param eventName the name of the event
     * @param next makes the new snapshot from the stored one and the payload; it must not use the store, and what it
     *     throws undoes everything
     * @return the saved snapshot; empty if no such event is pending
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws TerminalStateException if it is finished
     */
    Optional<WorkflowSnapshot> consumeEventAndSave(
            String instanceId, String eventName, BiFunction<WorkflowSnapshot, Payload, WorkflowSnapshot> next);

    /**
     * @param instanceId the instance
     * @return the requests that are pending; none for an instance that is not there
     */
    List<PendingSignal> listPendingSignals(String instanceId);

    /**
     * @param instanceId the instance
     * @return the events that are pending, oldest first; none for an instance that is not there
     */
    List<PendingEvent> listPendingEvents(String instanceId);
}
