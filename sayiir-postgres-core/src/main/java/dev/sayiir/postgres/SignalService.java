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

    SignalService(InstanceLock lock, EventRepository events, SnapshotLoader loader, SnapshotSaver saver) {
        this.lock = lock;
        this.events = events;
        this.loader = loader;
        this.saver = saver;
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

    /** What cannot be decoded is refused before the request is stored. */
    SignalOutcome requestAndApply(String instanceId, SignalKind kind, SignalRequest asked) {
        return lock.ifStored(instanceId, stored -> {
                    Optional<WorkflowSnapshot> current =
                            Optional.of(stored.status()).filter(kind::isOpenTo).map(status -> load(instanceId));
                    Found found = request(instanceId, kind, asked);
                    if (current.isEmpty()) {
                        return SignalOutcome.UNCHANGED;
                    } else if (found.claimed()) {
                        return SignalOutcome.PENDING;
                    }
                    carryOut(kind, asked, current.get(), stored, Optional.empty());
                    return SignalOutcome.APPLIED;
                })
                .orElseThrow(() -> new SnapshotNotFoundException(instanceId));
    }

    /**
     * Usually nothing is pending, which one look at an index tells, without a lock or a transaction. Whoever changes the
     * instance at this moment is not waited for: the request stays pending, and workers look again.
     */
    boolean check(String instanceId, SignalKind kind, Optional<String> interruptedAtTask) {
        return pending(instanceId, kind).isPresent()
                && lock.ifFree(
                                instanceId,
                                stored -> kind.isOpenTo(stored.status())
                                        && apply(instanceId, kind, stored, interruptedAtTask))
                        .orElse(false);
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
                        return EventOutcome.DUPLICATE;
                    }
                    InstanceLock.requireUnfinished(instanceId, stored);
                    Optional<WorkflowSnapshot> waiting = waitingFor(instanceId, name, stored);
                    events.send(instanceId, name, payload, key);
                    return waiting.flatMap(it -> deliverIfAwaited(it, stored))
                            .map(delivered -> EventOutcome.DELIVERED)
                            .orElse(EventOutcome.BUFFERED);
                })
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
        return lock.ifFree(
                        instanceId,
                        stored -> deliverIfAwaited(load(instanceId), stored).isPresent())
                .orElse(false);
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

    private boolean apply(String instanceId, SignalKind kind, Stored stored, Optional<String> interruptedAtTask) {
        Optional<PendingSignal> pending = pending(instanceId, kind);
        pending.ifPresent(signal -> carryOut(kind, signal.request(), load(instanceId), stored, interruptedAtTask));
        return pending.isPresent();
    }

    /** The trigger that logs the change of status marks the request as consumed. */
    private void carryOut(
            SignalKind kind,
            SignalRequest request,
            WorkflowSnapshot current,
            Stored stored,
            Optional<String> interruptedAtTask) {
        WorkflowSnapshot changed = Signals.carriedOut(kind, request, current, stored.now(), interruptedAtTask);
        saver.prepare(changed, stored).save();
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
