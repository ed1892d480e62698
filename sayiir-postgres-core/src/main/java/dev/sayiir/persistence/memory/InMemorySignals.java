package dev.sayiir.persistence.memory;

import dev.sayiir.persistence.EventOutcome;
import dev.sayiir.persistence.PendingEvent;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalOutcome;
import dev.sayiir.persistence.SignalRefusedException;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.Signals;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BiFunction;

/** What one instance is asked and sent from outside. {@link InMemoryBackend} lets one thread at a time in here. */
final class InMemorySignals {

    private final String instanceId;
    private final StoredInstance stored;
    private final EventJournal journal;
    private final Instant now;

    InMemorySignals(String instanceId, StoredInstance stored, EventJournal journal, Instant now) {
        this.instanceId = instanceId;
        this.stored = stored;
        this.journal = journal;
        this.now = now;
    }

    /** Whether the request is pending now; not if the instance is in that state already. */
    boolean request(SignalKind kind, SignalRequest request) {
        WorkflowStatus status = current().status();
        if (status == kind.statusAfter()) {
            return false;
        } else if (!kind.isOpenTo(status)) {
            throw SignalRefusedException.of(instanceId, kind, status);
        }
        journal.request(instanceId, kind, request, now);
        return true;
    }

    SignalOutcome requestAndApply(SignalKind kind, SignalRequest request) {
        if (!request(kind, request)) {
            return SignalOutcome.UNCHANGED;
        } else if (stored.isClaimed(now)) {
            return SignalOutcome.PENDING;
        }
        apply(kind, Optional.empty());
        return SignalOutcome.APPLIED;
    }

    boolean apply(SignalKind kind, Optional<String> interruptedAtTask) {
        return kind.isOpenTo(current().status())
                && journal.signal(instanceId, kind)
                        .map(signal -> Signals.carriedOut(kind, signal.request(), current(), now, interruptedAtTask))
                        .map(this::save)
                        .isPresent();
    }

    WorkflowSnapshot unpause() {
        if (current().status() != WorkflowStatus.PAUSED) {
            throw SignalRefusedException.notPaused(instanceId, current().status());
        }
        save(current().unpause());
        return Signals.waitOf(current()).flatMap(this::deliver).orElseGet(this::current);
    }

    EventOutcome send(String name, Payload payload, Optional<String> key) {
        if (key.filter(it -> journal.hasKey(instanceId, it)).isPresent()) {
            return EventOutcome.DUPLICATE;
        }
        stored.requireUnfinished();
        journal.send(instanceId, name, payload, key, now);
        return Signals.waitOf(current())
                .filter(wait -> wait.signalName().equals(name))
                .flatMap(this::deliver)
                .map(delivered -> EventOutcome.DELIVERED)
                .orElse(EventOutcome.BUFFERED);
    }

    /** Whether it stood at a wait for an event that was there. */
    boolean deliverPending() {
        return Signals.waitOf(current()).flatMap(this::deliver).isPresent();
    }

    Optional<Payload> consume(String name) {
        Optional<PendingEvent> oldest = journal.oldest(instanceId, name);
        oldest.ifPresent(event -> journal.consume(event, now));
        return oldest.map(journal::payload);
    }

    Optional<WorkflowSnapshot> consumeAndSave(
            String name, BiFunction<WorkflowSnapshot, Payload, WorkflowSnapshot> next) {
        stored.requireUnfinished();
        return journal.oldest(instanceId, name).map(event -> {
            WorkflowSnapshot following =
                    Signals.requireSameInstance(instanceId, next.apply(current(), journal.payload(event)));
            stored.requireSameInstance(following);
            journal.consume(event, now);
            return save(following);
        });
    }

    private Optional<WorkflowSnapshot> deliver(AtSignal wait) {
        return journal.oldest(instanceId, wait.signalName()).map(event -> {
            journal.consume(event, now);
            return save(Signals.delivered(current(), wait, journal.payload(event)));
        });
    }

    private WorkflowSnapshot save(WorkflowSnapshot changed) {
        stored.save(changed, now);
        return current();
    }

    private WorkflowSnapshot current() {
        return stored.current().snapshot();
    }
}
