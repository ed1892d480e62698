package dev.sayiir.persistence;

import static dev.sayiir.persistence.Noted.text;

import dev.sayiir.persistence.Script.Step;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.SayiirException;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * Plays scripts on one backend, and writes down what comes of every step and what can be read in the end. Several players can
 * use a backend at once, each with a name of its own.
 */
final class Player {

    /** What a player can do to its surroundings. */
    interface World {

        /** The clock goes forward. */
        void letPass(Duration time);

        /** All instances lose what is older than a while; nothing that can be read now does. */
        void forgetThePast();
    }

    /** Longer than any script takes, and shorter than the next longer one. */
    private static final List<Duration> WHILES =
            List.of(Duration.ofMinutes(10), Duration.ofMinutes(20), Duration.ofHours(2));

    private static final Duration SHORT = Duration.ofMinutes(5);
    private static final Duration HOUR = Duration.ofHours(1);

    /** No multiple of it is one of those times. */
    private static final Duration AGEING = Duration.ofMinutes(7);

    private static final List<String> EVENTS = List.of("paid", "refused");
    private static final int INSTANCES = 3;
    private static final int WORKERS = 3;

    private final Stores stores;
    private final World world;
    private final String name;
    private final List<WorkflowSnapshot> known = new ArrayList<>();
    private final List<TaskClaim> held = new ArrayList<>();

    /** Whether several tasks may have become due at the same moment: then any of them may come first. */
    private boolean tied;

    private boolean pastForgotten;

    Player(Stores stores, World world, String name) {
        this.stores = stores;
        this.world = world;
        this.name = name;
    }

    List<String> play(Script script) {
        known.clear();
        held.clear();
        tied = false;
        pastForgotten = false;
        List<String> notes = new ArrayList<>();
        for (Step step : script.steps()) {
            notes.add(step.move() + ": " + outcome(step));
        }
        for (int instance = 0; instance < INSTANCES; instance++) {
            notes.addAll(Noted.allOf(stores, id(instance), script.hashCode() % 4 == 0, !pastForgotten));
        }
        return notes;
    }

    /** Deletes what a script has left. */
    void forget() {
        for (int instance = 0; instance < INSTANCES; instance++) {
            if (stores.snapshots().findSnapshot(id(instance)).isPresent()) {
                stores.snapshots().deleteSnapshot(id(instance));
            }
        }
    }

    private String id(int instance) {
        return name + "-" + instance;
    }

    private String worker(SplittableRandom random) {
        return Changes.worker(name, random.nextInt(WORKERS));
    }

    /** What one of the workers wants. */
    private ClaimQuery query(SplittableRandom random) {
        int most = 1 + random.nextInt(3);
        ClaimQuery query = ClaimQuery.of(worker(random), tied ? 10 : most, random.nextBoolean() ? SHORT : HOUR)
                .definitions(Set.of(name))
                .ageingInterval(AGEING);
        query = random.nextInt(3) > 0 ? query : query.tags(Set.copyOf(Changes.tags(random)));
        return random.nextInt(4) > 0
                ? query
                : query.taskIds(Set.of("pack", Changes.TASKS.get(random.nextInt(Changes.TASKS.size()))));
    }

    private <T> List<String> inOrder(List<T> found) {
        Stream<String> texts = found.stream().map(Noted::text);
        return (tied ? texts.sorted() : texts).toList();
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
            case CREATE -> know(stores.snapshots().createSnapshot(fresh(id, random)));
            case SAVE -> know(stores.snapshots().saveSnapshot(changed(latest(id, random), random)));
            case SAVE_STALE -> know(stores.snapshots().saveSnapshot(changed(any(id, random), random)));
            case SAVE_FROM_SCRATCH -> know(stores.snapshots().saveSnapshot(changed(fresh(id, random), random)));
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
            case CLAIM_AVAILABLE -> {
                boolean ordered = !tied;
                List<ClaimedTask> claimed = claims.claimAvailableTasks(query(random));
                tied |= claimed.size() > 1;
                yield (ordered ? claimed.stream() : claimed.stream().sorted(Noted.BY_TASK))
                        .map(this::hold)
                        .toList();
            }
            case CLAIM_ONE ->
                claims.claimTask(id, openTask(id, task), worker(random), random.nextBoolean() ? SHORT : HOUR)
                        .map(this::hold);
            case FIND_AVAILABLE -> inOrder(claims.findAvailableTasks(query(random)));
            case FIND_HINTED ->
                claims.findHintedTask(id, openTask(id, task), query(random)).map(Noted::text);
            case EXTEND -> {
                List<TaskClaim> extended = claims.extendTaskClaims(held, random.nextBoolean() ? SHORT : HOUR);
                tied |= extended.size() > 1;
                yield extended.stream().map(Noted::text).sorted().toList();
            }
            case RELEASE_ONE -> anyHeld(random).map(claims::releaseTaskClaim);
            case RELEASE_ALL -> {
                int released = claims.releaseTaskClaims(worker(random));
                tied |= released > 1;
                yield released;
            }
            case COMMIT -> anyHeld(random).map(claim -> commit(claim, random, Optional.empty()));
            case COMMIT_AND_CARRY_ON ->
                anyHeld(random).map(claim -> commit(claim, random, Optional.of(random.nextBoolean() ? SHORT : HOUR)));
            // Which versions are left is for each store to say, once some are to go.
            case REDRIVE ->
                pastForgotten ? "not tried" : know(stores.repairs().redrive(id, redrive(id, task, random), request));
            case FORK_OFF ->
                pastForgotten
                        ? "not tried"
                        : know(stores.repairs().fork(id, version(random), id(random.nextInt(INSTANCES)), request));
            case LET_TIME_PASS -> {
                Duration time = WHILES.get(random.nextInt(WHILES.size()));
                world.letPass(time);
                yield time;
            }
            case FORGET_THE_PAST -> {
                world.forgetThePast();
                pastForgotten = true;
                yield "forgotten";
            }
        };
    }

    private RedriveRequest redrive(String id, String task, SplittableRandom random) {
        RedriveRequest from = switch (random.nextInt(4)) {
            case 0 -> RedriveRequest.fromTask(random.nextBoolean() ? task : openTask(id, task));
            case 1 -> RedriveRequest.fromVersion(version(random));
            default -> RedriveRequest.fromFailure();
        };
        from = random.nextBoolean() ? from : from.evenIfCompleted();
        from = random.nextInt(4) > 0
                ? from
                : from.withResult(random.nextBoolean() ? task : "wrap", Payload.utf8("by hand"));
        return random.nextInt(4) > 0 ? from : from.withInput(Payload.utf8("another"));
    }

    private static long version(SplittableRandom random) {
        return 1 + random.nextInt(6);
    }

    /** Mostly what a worker does: completes the task and goes on; else any change. */
    private Object commit(TaskClaim claim, SplittableRandom random, Optional<Duration> carryOn) {
        if (claim.branch().isPresent() && random.nextInt(8) > 0) {
            return stores.claims()
                    .commitBranchTask(
                            claim, Changes.inBranch(claim.branch().get().label(), random), carryOn)
                    .next()
                    .map(this::hold);
        }
        WorkflowSnapshot base = latest(claim.instanceId(), random);
        WorkflowSnapshot next =
                base.status() == WorkflowStatus.IN_PROGRESS && claim.taskId().length() < 100 && random.nextInt(3) > 0
                        ? Noted.atNoTime(base.completeTask(claim.taskId(), Payload.utf8("done"))
                                .moveTo(new AtTask(Changes.TASKS.get(random.nextInt(Changes.TASKS.size())))))
                        : changed(base, random);
        CommittedTask committed = stores.claims().commitTask(claim, next, carryOn);
        return List.of(text(know(committed.snapshot())), committed.next().map(this::hold));
    }

    private WorkflowSnapshot fresh(String id, SplittableRandom random) {
        return WorkflowSnapshot.builder(id, name)
                .createdAt(Examples.THEN)
                .initialInput(Payload.utf8("in"))
                .taskPriority(TaskPriority.ofLevel(1 + random.nextInt(5)))
                .taskTags(Changes.tags(random))
                .build()
                .moveTo(new AtTask("reserve"));
    }

    private static WorkflowSnapshot changed(WorkflowSnapshot base, SplittableRandom random) {
        return Changes.random(random, base);
    }

    private WorkflowSnapshot know(WorkflowSnapshot snapshot) {
        tied |= snapshot.position().filter(AtTask.class::isInstance).isEmpty();
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

    private WorkflowSnapshot latest(String id, SplittableRandom random) {
        return knownOf(id).reduce((earlier, later) -> later).orElseGet(() -> fresh(id, random));
    }

    private WorkflowSnapshot any(String id, SplittableRandom random) {
        List<WorkflowSnapshot> all = knownOf(id).toList();
        return all.isEmpty() ? fresh(id, random) : all.get(random.nextInt(all.size()));
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
        return knownOf(id)
                .reduce((earlier, later) -> later)
                .flatMap(WorkflowSnapshot::openTask)
                .map(open -> open.taskId())
                .orElse(otherwise);
    }
}
