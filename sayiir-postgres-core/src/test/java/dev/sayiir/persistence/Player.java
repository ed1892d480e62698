package dev.sayiir.persistence;

import dev.sayiir.persistence.Script.Step;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.SayiirException;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import dev.sayiir.workflow.WorkflowState.Cancelled;
import dev.sayiir.workflow.WorkflowState.Paused;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Plays scripts on one backend, and writes down what comes of every step and what can be read in the end: without times,
 * tokens and ids of the log, which differ from store to store. Several players can use a backend at once, each with a
 * name of its own.
 */
final class Player {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final List<String> EVENTS = List.of("paid", "refused");

    private final Stores stores;
    private final String name;
    private final ClaimQuery query;
    private final List<WorkflowSnapshot> known = new ArrayList<>();
    private final List<TaskClaim> held = new ArrayList<>();

    Player(Stores stores, String name) {
        this.stores = stores;
        this.name = name;
        this.query = ClaimQuery.of("worker " + name, 10, HOUR).definitions(Set.of(name));
    }

    List<String> play(Script script) {
        known.clear();
        held.clear();
        List<String> notes = new ArrayList<>();
        for (Step step : script.steps()) {
            notes.add(step.move() + ": " + outcome(step));
        }
        for (int instance = 0; instance < 2; instance++) {
            notes.addAll(allOf(id(instance), script.hashCode() % 4 == 0));
        }
        return notes;
    }

    /** Deletes what a script has left. */
    void forget() {
        for (int instance = 0; instance < 2; instance++) {
            if (stores.snapshots().findSnapshot(id(instance)).isPresent()) {
                stores.snapshots().deleteSnapshot(id(instance));
            }
        }
    }

    private String id(int instance) {
        return name + "-" + instance;
    }

    private String outcome(Step step) {
        try {
            return text(run(step, id(step.instance()), step.random()));
        } catch (SayiirException e) {
            return e.getClass().getSimpleName();
        } catch (IllegalArgumentException e) {
            return "IllegalArgumentException";
        }
    }

    private Object run(Step step, String id, SplittableRandom random) {
        SignalStore signals = stores.signals();
        TaskClaimStore claims = stores.claims();
        SignalKind kind = random.nextBoolean() ? SignalKind.CANCEL : SignalKind.PAUSE;
        SignalRequest request = SignalRequest.of("reason " + random.nextInt(9), "ann");
        String event = EVENTS.get(random.nextInt(EVENTS.size()));
        String task = Changes.TASKS.get(random.nextInt(Changes.TASKS.size()));
        Payload payload = Payload.utf8("payload " + random.nextInt(1_000));
        return switch (step.move()) {
            case CREATE -> know(stores.snapshots().createSnapshot(fresh(id)));
            case SAVE -> know(stores.snapshots().saveSnapshot(changed(latest(id), random)));
            case SAVE_STALE -> know(stores.snapshots().saveSnapshot(changed(any(id, random), random)));
            case SAVE_FROM_SCRATCH -> know(stores.snapshots().saveSnapshot(changed(fresh(id), random)));
            case SAVE_IF_VERSION -> {
                WorkflowSnapshot base = any(id, random);
                yield know(
                        stores.snapshots().saveSnapshotIfVersion(changed(base, random), Math.max(1, base.version())));
            }
            case SAVE_RESULT -> stores.snapshots().saveTaskResult(id, task, payload);
            case LOAD -> know(stores.snapshots().loadSnapshot(id));
            case DELETE -> {
                stores.snapshots().deleteSnapshot(id);
                yield "deleted";
            }
            case STORE_SIGNAL -> {
                signals.storeSignal(id, kind, request);
                yield "stored";
            }
            case CLEAR_SIGNAL -> {
                signals.clearSignal(id, kind);
                yield "cleared";
            }
            case CHECK_AND_CANCEL ->
                signals.checkAndCancel(id, random.nextBoolean() ? Optional.of(task) : Optional.empty());
            case CHECK_AND_PAUSE -> signals.checkAndPause(id);
            case UNPAUSE -> know(signals.unpause(id));
            case REQUEST_CANCEL -> signals.requestCancel(id, request);
            case REQUEST_PAUSE -> signals.requestPause(id, request);
            case SEND_EVENT -> signals.sendEvent(id, event, payload);
            case SEND_EVENT_WITH_KEY -> signals.sendEvent(id, event, payload, Optional.of("key " + random.nextInt(2)));
            case CONSUME_EVENT -> signals.consumeEvent(id, event);
            case CONSUME_EVENT_AND_SAVE ->
                signals.consumeEventAndSave(id, event, (snapshot, sent) -> changed(snapshot, random))
                        .map(this::know);
            case CLAIM_AVAILABLE ->
                claims.claimAvailableTasks(query).stream()
                        .sorted(Comparator.comparing(claimed ->
                                claimed.claim().instanceId() + claimed.claim().taskId()))
                        .map(this::hold)
                        .toList();
            case CLAIM_ONE ->
                claims.claimTask(id, openTask(id, task), query.workerId(), HOUR).map(this::hold);
            case FIND_AVAILABLE ->
                claims.findAvailableTasks(query).stream()
                        .map(Player::text)
                        .sorted()
                        .toList();
            case FIND_HINTED ->
                claims.findHintedTask(id, openTask(id, task), query).map(Player::text);
            case EXTEND ->
                claims.extendTaskClaims(held, HOUR).stream()
                        .map(Player::text)
                        .sorted()
                        .toList();
            case RELEASE_ONE -> anyHeld(random).map(claims::releaseTaskClaim);
            case RELEASE_ALL -> claims.releaseTaskClaims(query.workerId());
            case COMMIT -> anyHeld(random).map(claim -> commit(claim, random, Optional.empty()));
            case COMMIT_AND_CARRY_ON -> anyHeld(random).map(claim -> commit(claim, random, Optional.of(HOUR)));
        };
    }

    /** Mostly what a worker does: completes the task and goes on; else any change. */
    private Object commit(TaskClaim claim, SplittableRandom random, Optional<Duration> carryOn) {
        WorkflowSnapshot base = latest(claim.instanceId());
        WorkflowSnapshot next =
                base.status() == WorkflowStatus.IN_PROGRESS && claim.taskId().length() < 100 && random.nextInt(3) > 0
                        ? atNoTime(base.completeTask(claim.taskId(), Payload.utf8("done"))
                                .moveTo(new AtTask(Changes.TASKS.get(random.nextInt(Changes.TASKS.size())))))
                        : changed(base, random);
        CommittedTask committed = stores.claims().commitTask(claim, next, carryOn);
        return List.of(text(know(committed.snapshot())), committed.next().map(this::hold));
    }

    private WorkflowSnapshot fresh(String id) {
        return WorkflowSnapshot.builder(id, name)
                .createdAt(Examples.THEN)
                .initialInput(Payload.utf8("in"))
                .build()
                .moveTo(new AtTask("reserve"));
    }

    private static WorkflowSnapshot changed(WorkflowSnapshot base, SplittableRandom random) {
        return Changes.random(random, base);
    }

    private WorkflowSnapshot know(WorkflowSnapshot snapshot) {
        known.add(snapshot);
        return snapshot;
    }

    private String hold(TaskClaim claim) {
        held.add(claim);
        return text(claim);
    }

    private String hold(ClaimedTask task) {
        return hold(task.claim()) + " with " + text(know(task.snapshot()));
    }

    private WorkflowSnapshot latest(String id) {
        return knownOf(id).reduce((earlier, later) -> later).orElseGet(() -> fresh(id));
    }

    private WorkflowSnapshot any(String id, SplittableRandom random) {
        List<WorkflowSnapshot> all = knownOf(id).toList();
        return all.isEmpty() ? fresh(id) : all.get(random.nextInt(all.size()));
    }

    private Stream<WorkflowSnapshot> knownOf(String id) {
        return known.stream().filter(snapshot -> snapshot.instanceId().equals(id));
    }

    private Optional<TaskClaim> anyHeld(SplittableRandom random) {
        return held.isEmpty()
                ? Optional.empty()
                : Optional.of(held.get(Math.max(0, held.size() - 1 - random.nextInt(3))));
    }

    private String openTask(String id, String otherwise) {
        return latest(id).openTask().map(open -> open.taskId()).orElse(otherwise);
    }

    /** Everything that can be read of an instance; the rest of it, which costs most, not every time. */
    private List<String> allOf(String id, boolean rest) {
        List<String> all = new ArrayList<>();
        Optional<WorkflowSnapshot> snapshot = stores.snapshots().findSnapshot(id);
        all.add("snapshot: " + snapshot.map(Player::text));
        if (snapshot.isPresent()) {
            all.add("summary: " + stores.queries().findWorkflow(id).map(Player::text));
            for (WorkflowEvent event : stores.events().listEvents(id, 0, Integer.MAX_VALUE)) {
                all.add("log: " + event.kind() + " " + event.name() + " " + event.reason() + " " + event.requestedBy()
                        + " " + event.consumedAt().isPresent());
            }
            for (HistoryEntry entry : stores.history().listVersions(id, 0, Integer.MAX_VALUE)) {
                all.add("version: " + entry.version() + " " + entry.status() + " " + entry.currentTaskId() + " "
                        + entry.completedTaskIds());
            }
        }
        if (rest) {
            all.addAll(restOf(id, snapshot.map(WorkflowSnapshot::version).orElse(0L)));
        }
        return all;
    }

    private List<String> restOf(String id, long versions) {
        List<String> rest = new ArrayList<>();
        stores.signals()
                .listPendingSignals(id)
                .forEach(signal -> rest.add("pending: " + signal.kind() + " " + signal.request()));
        stores.signals()
                .listPendingEvents(id)
                .forEach(event -> rest.add("pending: " + event.name() + " " + event.payloadSize()));
        for (long version = 1; version <= versions; version++) {
            rest.add("as of " + version + ": " + text(stores.history().loadVersion(id, version)));
        }
        if (versions > 0) {
            stores.results()
                    .loadTaskResults(id)
                    .forEach((task, output) -> rest.add("result: " + task + " " + text(output)));
        }
        return rest;
    }

    private static String text(Object value) {
        if (value instanceof WorkflowSnapshot snapshot) {
            WorkflowSnapshot timeless = atNoTime(snapshot);
            return timeless + " " + timeless.state() + " "
                    + timeless.completedTasks().asMap().entrySet().stream()
                            .map(result -> result.getKey() + "=" + text(result.getValue()))
                            .toList()
                    + " " + timeless.loopIterations() + timeless.taskRetries()
                    + timeless.initialInput().map(Player::text);
        } else if (value instanceof Payload payload) {
            return payload.asUtf8();
        } else if (value instanceof TaskClaim claim) {
            return claim.instanceId() + "/" + claim.taskId() + " by " + claim.workerId() + " no. " + claim.attempt();
        } else if (value instanceof AvailableTask task) {
            return task.instanceId() + "/" + task.taskId() + " " + task.priority();
        } else if (value instanceof WorkflowSummary summary) {
            return summary.status() + " " + summary.positionKind() + " " + summary.currentTaskId() + " "
                    + summary.completedTaskCount() + " " + summary.error() + " " + summary.version();
        } else if (value instanceof Optional<?> optional) {
            return optional.map(Player::text).toString();
        }
        return String.valueOf(value);
    }

    /** With the times left out that are the store's. */
    private static WorkflowSnapshot atNoTime(WorkflowSnapshot snapshot) {
        return snapshot.toBuilder()
                .updatedAt(Examples.THEN)
                .state(atNoTime(snapshot.state()))
                .build();
    }

    private static WorkflowState atNoTime(WorkflowState state) {
        if (state instanceof Paused it) {
            return new Paused(
                    it.reason(),
                    it.pausedBy(),
                    Examples.THEN,
                    it.completedTasks(),
                    it.position(),
                    it.lastCompletedTaskId());
        } else if (state instanceof Cancelled it) {
            return new Cancelled(
                    it.reason(), it.cancelledBy(), Examples.THEN, it.completedTasks(), it.interruptedAtTask());
        }
        return state;
    }
}
