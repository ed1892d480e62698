package dev.sayiir.persistence.memory;

import dev.sayiir.persistence.PendingEvent;
import dev.sayiir.persistence.PendingSignal;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.WorkflowEvent;
import dev.sayiir.persistence.WorkflowEvent.Kind;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import dev.sayiir.workflow.WorkflowState.Cancelled;
import dev.sayiir.workflow.WorkflowState.Failed;
import dev.sayiir.workflow.WorkflowState.Paused;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Instant;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableMap;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** The event log of all instances. {@link InMemoryBackend} sees to it that one thread at a time is in here. */
final class EventJournal {

    /** Whether the end of its instance has dropped it while it was pending. */
    private record Entry(WorkflowEvent event, Payload payload, boolean dropped) {

        boolean isPending(Kind kind) {
            return event.kind() == kind && event.consumedAt().isEmpty();
        }

        boolean isPendingOf(String instanceId, Kind kind) {
            return event.instanceId().equals(instanceId) && isPending(kind);
        }

        Entry consumed(Instant at) {
            return consumed(Optional.of(at), false);
        }

        Entry consumed(Optional<Instant> at, boolean byTheEnd) {
            return new Entry(
                    new WorkflowEvent(
                            event.id(),
                            event.instanceId(),
                            event.kind(),
                            event.name(),
                            event.requestedBy(),
                            event.reason(),
                            event.createdAt(),
                            at),
                    payload,
                    byTheEnd);
        }
    }

    private final NavigableMap<Long, Entry> entries = new TreeMap<>();
    private final Set<Key> keys = new HashSet<>();
    private long lastId;

    private record Key(String instanceId, String key) {}

    void created(WorkflowSnapshot snapshot, Instant now) {
        report(snapshot.instanceId(), Kind.STARTED, SignalRequest.unexplained(), now);
        if (snapshot.status() != WorkflowStatus.IN_PROGRESS) {
            changedTo(snapshot, now);
        }
    }

    /** An end drops what is pending, and a pause fulfils the request for it. */
    void changedTo(WorkflowSnapshot snapshot, Instant now) {
        String instanceId = snapshot.instanceId();
        Kind kind = snapshot.status() == WorkflowStatus.IN_PROGRESS
                ? Kind.RESUMED
                : Kind.ofText(snapshot.status().text());
        report(instanceId, kind, explanation(snapshot.state()), now);
        if (snapshot.status() != WorkflowStatus.IN_PROGRESS) {
            consumeAll(instanceId, Kind.PAUSE_REQUESTED, now);
        }
        if (snapshot.status().isTerminal()) {
            consumeAll(instanceId, Kind.CANCEL_REQUESTED, now);
            replaceAll(
                    entry -> entry.isPendingOf(instanceId, Kind.EVENT_SENT),
                    entry -> entry.consumed(Optional.of(now), true));
        }
    }

    /** External events are pending again that were when the instance ended. */
    void restoreDropped(String instanceId) {
        replaceAll(
                entry -> entry.dropped() && entry.event().instanceId().equals(instanceId),
                entry -> entry.consumed(Optional.empty(), false));
    }

    void redriven(String instanceId, SignalRequest asked, Instant now) {
        report(instanceId, Kind.REDRIVEN, asked, now);
    }

    void forked(String instanceId, String newInstanceId, SignalRequest asked, Instant now) {
        put(lastId + 1, instanceId, Kind.FORKED_TO, Optional.of(newInstanceId), asked, Payload.empty(), now);
        put(lastId + 1, newInstanceId, Kind.FORKED_FROM, Optional.of(instanceId), asked, Payload.empty(), now);
    }

    /** A later request of a kind takes the place of a pending one. */
    void request(String instanceId, SignalKind kind, SignalRequest request, Instant now) {
        long id = pending(instanceId, kindOf(kind))
                .map(pending -> pending.event().id())
                .findFirst()
                .orElse(lastId + 1);
        put(id, instanceId, kindOf(kind), Optional.empty(), request, Payload.empty(), now);
    }

    void send(String instanceId, String name, Payload payload, Optional<String> key, Instant now) {
        put(lastId + 1, instanceId, Kind.EVENT_SENT, Optional.of(name), SignalRequest.unexplained(), payload, now);
        key.ifPresent(it -> keys.add(new Key(instanceId, it)));
    }

    boolean hasKey(String instanceId, String key) {
        return keys.contains(new Key(instanceId, key));
    }

    List<PendingSignal> signals(String instanceId) {
        return Stream.of(SignalKind.values())
                .flatMap(kind -> pending(instanceId, kindOf(kind)).map(entry -> new Asked(kind, entry.event())))
                .sorted(Comparator.comparing(asked -> asked.event().id()))
                .map(Asked::toSignal)
                .toList();
    }

    Optional<PendingSignal> signal(String instanceId, SignalKind kind) {
        return signals(instanceId).stream()
                .filter(signal -> signal.kind() == kind)
                .findFirst();
    }

    long pending(Kind kind) {
        return entries.values().stream().filter(entry -> entry.isPending(kind)).count();
    }

    void clear(String instanceId, SignalKind kind, Instant now) {
        consumeAll(instanceId, kindOf(kind), now);
    }

    List<PendingEvent> events(String instanceId) {
        return pending(instanceId, Kind.EVENT_SENT)
                .map(entry -> new PendingEvent(
                        entry.event().id(),
                        entry.event().name().orElseThrow(),
                        entry.payload().size(),
                        entry.event().createdAt()))
                .toList();
    }

    Optional<PendingEvent> oldest(String instanceId, String name) {
        return events(instanceId).stream()
                .filter(event -> event.name().equals(name))
                .findFirst();
    }

    Payload payload(PendingEvent event) {
        return Objects.requireNonNull(entries.get(event.id())).payload();
    }

    void consume(PendingEvent event, Instant now) {
        entries.computeIfPresent(event.id(), (id, entry) -> entry.consumed(now));
    }

    List<WorkflowEvent> list(Predicate<WorkflowEvent> wanted, long afterId, int limit) {
        return entries.tailMap(afterId, false).values().stream()
                .map(Entry::event)
                .filter(wanted)
                .limit(limit)
                .toList();
    }

    void forget(String instanceId) {
        entries.values().removeIf(entry -> entry.event().instanceId().equals(instanceId));
        keys.removeIf(key -> key.instanceId().equals(instanceId));
    }

    void report(String instanceId, Kind kind, SignalRequest explanation, Instant now) {
        put(lastId + 1, instanceId, kind, Optional.empty(), explanation, Payload.empty(), now);
    }

    private void put(
            long id,
            String instanceId,
            Kind kind,
            Optional<String> name,
            SignalRequest request,
            Payload payload,
            Instant now) {
        WorkflowEvent event = new WorkflowEvent(
                id, instanceId, kind, name, request.requestedBy(), request.reason(), now, Optional.empty());
        entries.put(id, new Entry(event, payload, false));
        lastId = Math.max(lastId, id);
    }

    private Stream<Entry> pending(String instanceId, Kind kind) {
        return entries.values().stream().filter(entry -> entry.isPendingOf(instanceId, kind));
    }

    private void consumeAll(String instanceId, Kind kind, Instant now) {
        replaceAll(entry -> entry.isPendingOf(instanceId, kind), entry -> entry.consumed(now));
    }

    private void replaceAll(Predicate<Entry> wanted, UnaryOperator<Entry> change) {
        entries.replaceAll((id, entry) -> wanted.test(entry) ? change.apply(entry) : entry);
    }

    private static Kind kindOf(SignalKind kind) {
        return kind == SignalKind.CANCEL ? Kind.CANCEL_REQUESTED : Kind.PAUSE_REQUESTED;
    }

    private record Asked(SignalKind kind, WorkflowEvent event) {

        PendingSignal toSignal() {
            return new PendingSignal(kind, new SignalRequest(event.reason(), event.requestedBy()), event.createdAt());
        }
    }

    private static SignalRequest explanation(WorkflowState state) {
        if (state instanceof Paused paused) {
            return new SignalRequest(paused.reason(), paused.pausedBy());
        } else if (state instanceof Cancelled cancelled) {
            return new SignalRequest(cancelled.reason(), cancelled.cancelledBy());
        }
        return state instanceof Failed failed
                ? new SignalRequest(Optional.of(failed.error()), Optional.empty())
                : SignalRequest.unexplained();
    }
}
