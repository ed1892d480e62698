package dev.sayiir.postgres;

import dev.sayiir.persistence.EventOutcome;
import dev.sayiir.persistence.PendingSignal;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalOutcome;
import dev.sayiir.persistence.SignalRefusedException;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.Signals;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.postgres.EventRepository.Found;
import dev.sayiir.postgres.EventRepository.Oldest;
import dev.sayiir.postgres.InstanceRepository.Stored;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.PositionKind;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** Carries out what instances are asked and sent from outside, each time with the instance's row locked first. */
final class SignalService {

    private static final Optional<String> AT_SIGNAL = Optional.of(PositionKind.AT_SIGNAL.text());

    private final InstanceLock lock;
    private final EventRepository events;
    private final SnapshotLoader loader;
    private final SnapshotSaver saver;
    private final EventTeller teller;

    SignalService(
            InstanceLock lock, EventRepository events, SnapshotLoader loader, SnapshotSaver saver, EventTeller teller) {
        this.lock = lock;
        this.events = events;
        this.loader = loader;
        this.saver = saver;
        this.teller = teller;
    }

    /** One statement: the instance's status decides within it whether the request is stored. */
    Found request(String instanceId, SignalKind kind, SignalRequest asked) {
        List<String> allowed = Stream.of(WorkflowStatus.values())
                .filter(kind::isOpenTo)
                .map(WorkflowStatus::text)
                .toList();
        Found found = events.request(instanceId, kind, asked, allowed)
                .orElseThrow(() -> new SnapshotNotFoundException(instanceId));
        if (!kind.isOpenTo(found.status()) && found.status() != kind.statusAfter()) {
            throw SignalRefusedException.of(instanceId, kind, found.status());
        }
        return found;
    }

    /** What has come of it, and the instance, if it has changed. */
    private record Answer<T>(T outcome, Optional<WorkflowSnapshot> changed) {}

    /** When the lock is free again: committed, unless it is in the caller's transaction. */
    private <T> T told(Answer<T> answer) {
        answer.changed().ifPresent(teller::saved);
        return answer.outcome();
    }

    /** What cannot be decoded is refused before the request is stored. */
    SignalOutcome requestAndApply(String instanceId, SignalKind kind, SignalRequest asked) {
        return lock.ifStored(instanceId, stored -> {
                    Optional<WorkflowSnapshot> current =
                            Optional.of(stored.status()).filter(kind::isOpenTo).map(status -> load(instanceId));
                    Found found = request(instanceId, kind, asked);
                    if (current.isEmpty()) {
                        return new Answer<>(SignalOutcome.UNCHANGED, Optional.empty());
                    } else if (found.claimed()) {
                        return new Answer<>(SignalOutcome.PENDING, Optional.empty());
                    }
                    WorkflowSnapshot changed = carryOut(kind, asked, current.get(), stored, Optional.empty());
                    return new Answer<>(SignalOutcome.APPLIED, Optional.of(changed));
                })
                .map(this::told)
                .orElseThrow(() -> new SnapshotNotFoundException(instanceId));
    }

    /**
     * Usually nothing is pending, which one look at an index tells, without a lock or a transaction. Whoever changes the
     * instance at this moment is not waited for: the request stays pending, and workers look again.
     */
    boolean check(String instanceId, SignalKind kind, Optional<String> interruptedAtTask) {
        return pending(instanceId, kind).isPresent()
                && changed(lock.ifFree(instanceId, stored -> apply(instanceId, kind, stored, interruptedAtTask)));
    }

    /** Whether it was, when the lock is free again. */
    private boolean changed(Optional<Optional<WorkflowSnapshot>> underLock) {
        Optional<WorkflowSnapshot> changed = underLock.flatMap(it -> it);
        changed.ifPresent(teller::saved);
        return changed.isPresent();
    }

    WorkflowSnapshot unpause(String instanceId) {
        return lock.ifStored(instanceId, stored -> {
                    if (stored.status() != WorkflowStatus.PAUSED) {
                        throw SignalRefusedException.notPaused(instanceId, stored.status());
                    }
                    WorkflowSnapshot resumed =
                            saver.prepare(load(instanceId).unpause(), stored).save();
                    return deliverIfAwaited(resumed, stored).orElse(resumed);
                })
                .orElseThrow(() -> new SnapshotNotFoundException(instanceId));
    }

    EventOutcome send(String instanceId, String name, Payload payload, Optional<String> key) {
        return lock.ifStored(instanceId, stored -> {
                    if (key.isPresent() && events.hasKey(instanceId, key.get())) {
                        return new Answer<>(EventOutcome.DUPLICATE, Optional.empty());
                    }
                    InstanceLock.requireUnfinished(instanceId, stored);
                    Optional<WorkflowSnapshot> waiting = waitingFor(instanceId, name, stored);
                    events.send(instanceId, name, payload, key);
                    Optional<WorkflowSnapshot> woken = waiting.flatMap(it -> deliverIfAwaited(it, stored));
                    return new Answer<>(woken.isPresent() ? EventOutcome.DELIVERED : EventOutcome.BUFFERED, woken);
                })
                .map(this::told)
                .orElseThrow(() -> new SnapshotNotFoundException(instanceId));
    }

    /** Loaded before anything is written: what cannot be decoded is sent nothing. */
    private Optional<WorkflowSnapshot> waitingFor(String instanceId, String name, Stored stored) {
        return stored.status() == WorkflowStatus.IN_PROGRESS
                        && stored.positionKind().equals(AT_SIGNAL)
                ? Optional.of(load(instanceId))
                        .filter(it -> Signals.waitOf(it)
                                .filter(wait -> wait.signalName().equals(name))
                                .isPresent())
                : Optional.empty();
    }

    /** For an instance that stands at a wait; whether the event that it waits for was there. Waits for nobody. */
    boolean deliverPending(String instanceId) {
        return changed(lock.ifFree(instanceId, stored -> deliverIfAwaited(load(instanceId), stored)));
    }

    Optional<Payload> consume(String instanceId, String name) {
        return lock.ifStored(instanceId, stored -> {
                    Optional<Oldest> oldest = events.oldest(instanceId, name);
                    oldest.ifPresent(event -> events.consume(instanceId, event));
                    return oldest.map(Oldest::payload);
                })
                .flatMap(payload -> payload);
    }

    /** The function and all checks come before the first write, so that whatever fails has changed nothing. */
    Optional<WorkflowSnapshot> consumeAndSave(
            String instanceId, String name, BiFunction<WorkflowSnapshot, Payload, WorkflowSnapshot> next) {
        return lock.unfinished(
                instanceId,
                stored -> events.oldest(instanceId, name).map(event -> {
                    WorkflowSnapshot following =
                            Signals.requireSameInstance(instanceId, next.apply(load(instanceId), event.payload()));
                    SnapshotSaver.Prepared prepared = saver.prepare(following, stored);
                    events.consume(instanceId, event);
                    return prepared.save();
                }));
    }

    Optional<PendingSignal> pending(String instanceId, SignalKind kind) {
        Stream<PendingSignal> signals = events.signals(instanceId).stream();
        return signals.filter(signal -> signal.kind() == kind).findFirst();
    }

    /** Locked like everything else: a request that is being carried out is not taken back half way. */
    void clear(String instanceId, SignalKind kind) {
        lock.ifStored(instanceId, stored -> {
            events.clear(instanceId, kind);
            return stored;
        });
    }

    private Optional<WorkflowSnapshot> apply(
            String instanceId, SignalKind kind, Stored stored, Optional<String> interruptedAtTask) {
        return kind.isOpenTo(stored.status())
                ? pending(instanceId, kind)
                        .map(signal -> carryOut(kind, signal.request(), load(instanceId), stored, interruptedAtTask))
                : Optional.empty();
    }

    /** The trigger that logs the change of status marks the request as consumed. */
    private WorkflowSnapshot carryOut(
            SignalKind kind,
            SignalRequest request,
            WorkflowSnapshot current,
            Stored stored,
            Optional<String> interruptedAtTask) {
        WorkflowSnapshot changed = Signals.carriedOut(kind, request, current, stored.now(), interruptedAtTask);
        return saver.prepare(changed, stored).save();
    }

    private Optional<WorkflowSnapshot> deliverIfAwaited(WorkflowSnapshot snapshot, Stored stored) {
        return Signals.waitOf(snapshot).flatMap(wait -> deliver(snapshot, wait, stored.at(snapshot.version())));
    }

    private Optional<WorkflowSnapshot> deliver(WorkflowSnapshot snapshot, AtSignal wait, Stored stored) {
        String instanceId = snapshot.instanceId();
        return events.oldest(instanceId, wait.signalName()).map(event -> {
            WorkflowSnapshot woken = Signals.delivered(snapshot, wait, event.payload());
            SnapshotSaver.Prepared prepared = saver.prepare(woken, stored);
            events.consume(instanceId, event);
            return prepared.save();
        });
    }

    private WorkflowSnapshot load(String instanceId) {
        return loader.current(instanceId).orElseThrow(() -> InstanceLock.broken(instanceId));
    }
}
