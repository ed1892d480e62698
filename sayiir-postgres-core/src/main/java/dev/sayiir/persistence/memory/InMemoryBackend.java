package dev.sayiir.persistence.memory;

import dev.sayiir.event.InstanceEvent;
import dev.sayiir.persistence.Arguments;
import dev.sayiir.persistence.AvailableTask;
import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.BlockedTask;
import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.Claims;
import dev.sayiir.persistence.CommitResult;
import dev.sayiir.persistence.CommittedBranchTask;
import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.EventLog;
import dev.sayiir.persistence.EventOutcome;
import dev.sayiir.persistence.FailureGroup;
import dev.sayiir.persistence.HistoryEntry;
import dev.sayiir.persistence.InstanceAlreadyExistsException;
import dev.sayiir.persistence.OpenTasks;
import dev.sayiir.persistence.PastVersion;
import dev.sayiir.persistence.PendingEvent;
import dev.sayiir.persistence.PendingSignal;
import dev.sayiir.persistence.RedriveRequest;
import dev.sayiir.persistence.RepairStore;
import dev.sayiir.persistence.Repairs;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalOutcome;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.SnapshotHistory;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.TaskCommit;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.persistence.TaskResultStore;
import dev.sayiir.persistence.TaskSummary;
import dev.sayiir.persistence.ValueLimits;
import dev.sayiir.persistence.WakeUpSource;
import dev.sayiir.persistence.WakeUpSubscriptions;
import dev.sayiir.persistence.WakeUps;
import dev.sayiir.persistence.WorkflowEvent;
import dev.sayiir.persistence.WorkflowFigures;
import dev.sayiir.persistence.WorkflowPage;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.persistence.WorkflowStatistics;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.workflow.Identifiers;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * The stores without a database: the same contract as on PostgreSQL, for as long as the process lives.
 *
 * <p>Meant for unit tests of code that programs against the store interfaces. It takes no part in transactions: every
 * operation takes effect at once, and a rollback does not undo it. Any number of threads may use it; they take turns.
 *
 * <pre>{@code
 * SnapshotStore store = new InMemoryBackend();
 * store.createSnapshot(WorkflowSnapshot.start("order-4711", "fulfilment-v1", input));
 * }</pre>
 */
public final class InMemoryBackend
        implements SnapshotStore,
                TaskResultStore,
                SnapshotHistory,
                WorkflowQueries,
                WorkflowStatistics,
                SignalStore,
                TaskClaimStore,
                RepairStore,
                EventLog,
                WakeUps {

    private final Clock clock;
    private final ValueLimits limits;
    private final Consumer<? super InstanceEvent> listener;
    private final EventJournal journal = new EventJournal();
    private long incarnations;
    private final NavigableMap<String, StoredInstance> instances = new TreeMap<>(Utf8Order.INSTANCE);
    private final InMemoryClaims claims = new InMemoryClaims(instances);
    private final WakeUpSubscriptions wakeUps = new WakeUpSubscriptions();

    /** An empty backend with the system's clock. */
    public InMemoryBackend() {
        this(Clock.systemUTC());
    }

    /**
     * An empty backend.
     *
     * @param clock what tells when something was saved, in microseconds as in PostgreSQL
     */
    public InMemoryBackend(Clock clock) {
        this(clock, ValueLimits.DEFAULT);
    }

    /**
     * An empty backend.
     *
     * @param clock what tells when something was saved, in microseconds as in PostgreSQL
     * @param limits how large inputs, outputs and events may be; the snapshot itself is not limited here
     */
    public InMemoryBackend(Clock clock, ValueLimits limits) {
        this(clock, limits, event -> {});
    }

    /**
     * An empty backend.
     *
     * @param clock what tells when something was saved, in microseconds as in PostgreSQL
     * @param limits how large inputs, outputs and events may be; the snapshot itself is not limited here
     * @param eventListener hears that an instance has ended or a task is blocked, on the thread that made it so; all other
     *     threads wait for it, and what it throws is thrown on to the caller
     */
    public InMemoryBackend(Clock clock, ValueLimits limits, Consumer<? super InstanceEvent> eventListener) {
        this.clock = clock;
        this.limits = limits;
        this.listener = eventListener;
    }

    @Override
    public synchronized WorkflowSnapshot saveSnapshot(WorkflowSnapshot snapshot) {
        limits.requireStorable(snapshot);
        StoredInstance stored = instances.get(snapshot.instanceId());
        if (stored != null) {
            return replace(stored, snapshot);
        }
        if (snapshot.version() > 0) {
            throw new SnapshotNotFoundException(snapshot.instanceId());
        }
        return insert(snapshot);
    }

    @Override
    public synchronized WorkflowSnapshot createSnapshot(WorkflowSnapshot snapshot) {
        limits.requireStorable(snapshot);
        if (instances.containsKey(snapshot.instanceId())) {
            throw new InstanceAlreadyExistsException(snapshot.instanceId());
        }
        return insert(snapshot);
    }

    @Override
    public synchronized WorkflowSnapshot saveSnapshotIfVersion(WorkflowSnapshot snapshot, long expectedVersion) {
        Arguments.requireVersion(expectedVersion);
        limits.requireStorable(snapshot);
        StoredInstance stored = require(snapshot.instanceId());
        stored.requireUnfinished();
        stored.requireVersion(expectedVersion);
        return replace(stored, snapshot);
    }

    @Override
    public synchronized long saveTaskResult(String instanceId, String taskId, Payload output) {
        Identifiers.requireInstanceId(instanceId);
        Identifiers.requireTaskId(taskId);
        StoredInstance stored = require(instanceId);
        stored.requireUnfinished();
        limits.requireOutput(instanceId, taskId, output);
        stored.saveTaskResult(taskId, output, now());
        wakeUps.tell(WakeUpSource.LOCAL);
        return stored.current().version();
    }

    @Override
    public synchronized Optional<WorkflowSnapshot> findSnapshot(String instanceId) {
        return find(instanceId).map(stored -> stored.current().snapshot());
    }

    @Override
    public synchronized void deleteSnapshot(String instanceId) {
        require(instanceId);
        instances.remove(instanceId);
        journal.forget(instanceId);
    }

    @Override
    public synchronized List<String> listSnapshots() {
        return List.copyOf(instances.keySet());
    }

    @Override
    public synchronized Optional<Payload> loadTaskResult(String instanceId, String taskId) {
        Identifiers.requireInstanceId(instanceId);
        Identifiers.requireTaskId(taskId);
        return Optional.ofNullable(require(instanceId).results().get(taskId));
    }

    @Override
    public synchronized Map<String, Payload> loadTaskResults(String instanceId) {
        return Collections.unmodifiableMap(
                new LinkedHashMap<>(require(instanceId).results()));
    }

    @Override
    public synchronized List<HistoryEntry> listVersions(String instanceId, long afterVersion, int limit) {
        Arguments.requirePage("afterVersion", afterVersion, limit);
        return require(instanceId).checkpoints().stream()
                .filter(checkpoint -> checkpoint.version() > afterVersion)
                .limit(limit)
                .map(Checkpoint::toHistoryEntry)
                .toList();
    }

    @Override
    public synchronized WorkflowSnapshot loadVersion(String instanceId, long version) {
        Identifiers.requireInstanceId(instanceId);
        Arguments.requireVersion(version);
        StoredInstance stored = require(instanceId);
        if (version > stored.current().version()) {
            throw new SnapshotNotFoundException(
                    instanceId,
                    "Instance '" + instanceId + "' has no version " + version + "; listVersions tells which it has");
        }
        return load(stored, stored.checkpoints().get((int) version - 1));
    }

    @Override
    public synchronized WorkflowSnapshot loadAsOf(String instanceId, Instant time) {
        StoredInstance stored = require(instanceId);
        return stored.checkpoints().stream()
                .filter(checkpoint -> !checkpoint.savedAt().isAfter(time))
                .reduce((earlier, later) -> later)
                .map(checkpoint -> load(stored, checkpoint))
                .orElseThrow(() -> new SnapshotNotFoundException(
                        instanceId,
                        "Instance '" + instanceId + "' had no version at " + time
                                + " yet; listVersions tells when its versions were saved"));
    }

    @Override
    public synchronized WorkflowPage findWorkflows(WorkflowQuery query) {
        WorkflowFilter filter = new WorkflowFilter(query, now());
        List<WorkflowSummary> found = instances.values().stream()
                .filter(filter::matches)
                .map(StoredInstance::summary)
                .sorted(WorkflowFilter.NEWEST_FIRST)
                .limit(query.limit() + 1L)
                .toList();
        return WorkflowPage.of(query, found);
    }

    @Override
    public synchronized List<FailureGroup> failuresByFingerprint(Optional<String> definitionHash, int limit) {
        Arguments.requireLimit(limit);
        definitionHash.ifPresent(hash -> Identifiers.requireName("definition hash", hash));
        return InMemoryFailures.group(instances.values().stream().map(StoredInstance::summary), definitionHash, limit);
    }

    @Override
    public synchronized Optional<WorkflowSummary> findWorkflow(String instanceId) {
        return find(instanceId).map(StoredInstance::summary);
    }

    @Override
    public synchronized List<TaskSummary> listTasks(String instanceId) {
        return require(instanceId).tasks();
    }

    @Override
    public synchronized List<BlockedTask> findBlockedTasks(BlockedQuery query) {
        return instances.values().stream()
                .flatMap(StoredInstance::blocked)
                .filter(task -> BlockedFilter.matches(query, task))
                .sorted(BlockedFilter.LONGEST_FIRST)
                .limit(query.limit())
                .toList();
    }

    @Override
    public synchronized int unblock(BlockedQuery query, SignalRequest request) {
        limits.requireRequest(query.instanceId().orElse("*"), request);
        List<BlockedTask> blocked = findBlockedTasks(query);
        blocked.forEach(task -> require(task.instanceId()).unblock(task.taskId(), request, now()));
        tellIf(!blocked.isEmpty());
        return blocked.size();
    }

    @Override
    public synchronized Map<WorkflowStatus, Long> countByStatus() {
        return currentFigures().workflows();
    }

    @Override
    public synchronized WorkflowFigures currentFigures() {
        return InMemoryFigures.of(instances.values(), journal, now());
    }

    @Override
    public synchronized List<OpenTasks> countOpenTasks() {
        return claims.countOpen();
    }

    @Override
    public synchronized void storeSignal(String instanceId, SignalKind kind, SignalRequest request) {
        limits.requireRequest(instanceId, request);
        signals(instanceId).request(kind, request);
    }

    @Override
    public synchronized Optional<PendingSignal> getSignal(String instanceId, SignalKind kind) {
        return journal.signal(Identifiers.requireInstanceId(instanceId), kind);
    }

    @Override
    public synchronized Set<String> findSignalled(Collection<String> instanceIds, SignalKind kind) {
        return instanceIds.stream()
                .map(Identifiers::requireInstanceId)
                .filter(instanceId -> journal.signal(instanceId, kind).isPresent())
                .collect(Collectors.toUnmodifiableSet());
    }

    @Override
    public synchronized void clearSignal(String instanceId, SignalKind kind) {
        journal.clear(Identifiers.requireInstanceId(instanceId), kind, now());
    }

    @Override
    public synchronized boolean checkAndCancel(String instanceId, Optional<String> interruptedAtTask) {
        interruptedAtTask.ifPresent(Identifiers::requireTaskId);
        return find(instanceId).isPresent() && signals(instanceId).apply(SignalKind.CANCEL, interruptedAtTask);
    }

    @Override
    public synchronized boolean checkAndPause(String instanceId) {
        return find(instanceId).isPresent() && signals(instanceId).apply(SignalKind.PAUSE, Optional.empty());
    }

    @Override
    public synchronized WorkflowSnapshot unpause(String instanceId) {
        return announced(signals(instanceId).unpause());
    }

    @Override
    public synchronized SignalOutcome requestCancel(String instanceId, SignalRequest request) {
        limits.requireRequest(instanceId, request);
        return signals(instanceId).requestAndApply(SignalKind.CANCEL, request);
    }

    @Override
    public synchronized SignalOutcome requestPause(String instanceId, SignalRequest request) {
        limits.requireRequest(instanceId, request);
        return signals(instanceId).requestAndApply(SignalKind.PAUSE, request);
    }

    @Override
    public synchronized WorkflowSnapshot redrive(String instanceId, RedriveRequest redrive, SignalRequest request) {
        limits.requireRequest(instanceId, request);
        limits.requireRedrive(instanceId, redrive);
        StoredInstance stored = require(instanceId);
        Instant now = now();
        Repairs.requireAllowed(instanceId, stored.current().snapshot().status(), redrive, stored.isClaimed(now));
        PastVersion from = redrive.version().isPresent()
                ? unfinished(stored, redrive.version().getAsLong())
                : stored.lastUnfinished(Long.MAX_VALUE, redrive.taskId())
                        .map(stored::past)
                        .orElseThrow(() -> Repairs.nowhere(instanceId, redrive));
        WorkflowSnapshot goingOn = Repairs.redriven(from, redrive, now);
        stored.redrive(from, goingOn, request, now);
        return announced(goingOn.storedAs(stored.current().version(), stored.incarnation()));
    }

    @Override
    public synchronized WorkflowSnapshot fork(
            String instanceId, long version, String newInstanceId, SignalRequest request) {
        Arguments.requireVersion(version);
        Identifiers.requireInstanceId(newInstanceId);
        limits.requireRequest(instanceId, request);
        WorkflowSnapshot first = Repairs.forked(unfinished(require(instanceId), version), newInstanceId, now());
        if (instances.containsKey(newInstanceId)) {
            throw new InstanceAlreadyExistsException(newInstanceId);
        }
        WorkflowSnapshot forked = insert(first);
        journal.forked(instanceId, newInstanceId, request, now());
        return forked;
    }

    private PastVersion unfinished(StoredInstance stored, long version) {
        Optional<Checkpoint> last = stored.lastUnfinished(version, Optional.empty());
        return last.filter(it -> it.version() == version).map(stored::past).orElseThrow(() -> {
            String instanceId = stored.current().snapshot().instanceId();
            loadVersion(instanceId, version); // which is there, or says that it is not
            return Repairs.ended(instanceId, version, last.map(Checkpoint::version));
        });
    }

    @Override
    public synchronized EventOutcome sendEvent(
            String instanceId, String eventName, Payload payload, Optional<String> eventKey) {
        eventKey.ifPresent(Arguments::requireEventKey);
        limits.requireEvent(instanceId, Arguments.requireEventName(eventName), payload);
        EventOutcome outcome = signals(instanceId).send(Arguments.requireEventName(eventName), payload, eventKey);
        tellIf(outcome == EventOutcome.DELIVERED);
        return outcome;
    }

    @Override
    public synchronized Optional<Payload> consumeEvent(String instanceId, String eventName) {
        Arguments.requireEventName(eventName);
        return find(instanceId).flatMap(stored -> signals(instanceId).consume(eventName));
    }

    @Override
    public synchronized Optional<WorkflowSnapshot> consumeEventAndSave(
            String instanceId, String eventName, BiFunction<WorkflowSnapshot, Payload, WorkflowSnapshot> next) {
        return signals(instanceId)
                .consumeAndSave(Arguments.requireEventName(eventName), next.andThen(limits::requireStorable))
                .map(this::announced);
    }

    @Override
    public synchronized List<PendingSignal> listPendingSignals(String instanceId) {
        return journal.signals(Identifiers.requireInstanceId(instanceId));
    }

    @Override
    public synchronized List<PendingEvent> listPendingEvents(String instanceId) {
        return journal.events(Identifiers.requireInstanceId(instanceId));
    }

    @Override
    public synchronized List<WorkflowEvent> listEvents(String instanceId, long afterId, int limit) {
        Arguments.requirePage("afterId", afterId, limit);
        require(instanceId);
        return journal.list(event -> event.instanceId().equals(instanceId), afterId, limit);
    }

    @Override
    public synchronized List<WorkflowEvent> tailEvents(long afterId, int limit) {
        Arguments.requirePage("afterId", afterId, limit);
        return journal.list(event -> true, afterId, limit);
    }

    @Override
    public synchronized List<ClaimedTask> claimAvailableTasks(ClaimQuery query) {
        List<ClaimedTask> toDo = new ArrayList<>();
        boolean delivered = true;
        while (delivered && toDo.size() < query.limit()) {
            delivered = false;
            for (TaskClaim claim : claims.claimAvailable(query.limit(query.limit() - toDo.size()), now())) {
                if (isStopped(claim) || !isRunning(claim)) {
                    continue;
                }
                if (signals(claim.instanceId()).deliverPending()) {
                    delivered = true; // and the task after the wait is due
                } else {
                    toDo.add(new ClaimedTask(claim, require(claim.instanceId()).claimed(claim)));
                }
            }
        }
        return toDo;
    }

    @Override
    public synchronized List<AvailableTask> findAvailableTasks(ClaimQuery query) {
        return claims.findAvailable(query, now());
    }

    @Override
    public synchronized Optional<AvailableTask> findHintedTask(String instanceId, String taskId, ClaimQuery query) {
        Identifiers.requireForkId(taskId);
        return find(instanceId).flatMap(stored -> InMemoryClaims.findHinted(stored, taskId, query, now()));
    }

    @Override
    public synchronized Optional<TaskClaim> claimTask(String instanceId, String taskId, String workerId, Duration ttl) {
        Identifiers.requireForkId(taskId);
        Identifiers.requireName("worker id", workerId);
        ClaimQuery.requireDuration("ttl", ttl);
        return claims.claim(require(instanceId), taskId, workerId, ttl, now());
    }

    @Override
    public synchronized List<TaskClaim> extendTaskClaims(Collection<TaskClaim> held, Duration ttl) {
        return claims.extend(held, now().plus(ClaimQuery.requireDuration("ttl", ttl)));
    }

    @Override
    public boolean isInTransaction() {
        return true;
    }

    @Override
    public synchronized boolean isHeld(TaskClaim claim) {
        return claims.held(claim).isPresent();
    }

    @Override
    public synchronized int releaseTaskClaims(Collection<TaskClaim> held, Duration delay) {
        int released = claims.release(held, now().plus(ClaimQuery.requireDelay("delay", delay)));
        tellIf(released > 0 && delay.isZero());
        return released;
    }

    @Override
    public synchronized int releaseTaskClaims(String workerId) {
        int released = claims.releaseAll(Identifiers.requireName("worker id", workerId), now());
        tellIf(released > 0);
        return released;
    }

    @Override
    public synchronized List<TaskRefusal.Outcome> refuseTasks(List<TaskRefusal> refusals) {
        refusals.forEach(limits::requireRefusal);
        return refusals.stream().map(this::refused).toList();
    }

    @Override
    public synchronized int blockUnhandledTasks(ClaimQuery query) {
        query.requireOwnTasks();
        return claims.blockUnhandled(query, now());
    }

    private TaskRefusal.Outcome refused(TaskRefusal refusal) {
        TaskRefusal.Outcome outcome = find(refusal.claim().instanceId())
                .map(stored -> stored.refuse(refusal, now()))
                .orElse(TaskRefusal.Outcome.LOST);
        if (outcome != TaskRefusal.Outcome.LOST && refusal.reason() != BlockReason.UNREADABLE_SNAPSHOT) {
            isStopped(refusal.claim());
        }
        return outcome;
    }

    @Override
    public synchronized CommittedTask commitTask(
            TaskClaim claim, WorkflowSnapshot snapshot, Optional<Duration> carryOn) {
        limits.requireStorable(snapshot);
        Claims.requireCommittable(claim, snapshot);
        carryOn.ifPresent(ttl -> ClaimQuery.requireDuration("ttl", ttl));
        StoredInstance stored = requireHeld(claim);
        stored.requireSameInstance(snapshot);
        stored.requireVersion(snapshot.version());
        Instant now = now();
        Optional<Instant> until = carriedUntil(claim, stored, carryOn, now).filter(end -> Claims.canCarryOn(snapshot));
        stored.commit(claim, snapshot, now);
        Optional<TaskClaim> next = until.map(end ->
                claims.carryOn(claim, stored, snapshot.openTask().orElseThrow().taskId(), end, now));
        if (isStopped(next.orElse(claim))) {
            return new CommittedTask(stored.current().snapshot(), Optional.empty());
        }
        WorkflowSnapshot committed = snapshot.storedAs(stored.current().version(), stored.incarnation());
        return new CommittedTask(next.isPresent() ? committed : announced(committed), next);
    }

    @Override
    public Subscription onWakeUp(Consumer<WakeUpSource> listener) {
        return wakeUps.onWakeUp(listener);
    }

    @Override
    public synchronized CommittedBranchTask commitBranchTask(
            TaskClaim claim, BranchOutcome outcome, Optional<Duration> carryOn) {
        Claims.requireBranch(claim);
        carryOn.ifPresent(ttl -> ClaimQuery.requireDuration("ttl", ttl));
        limits.requireOutcome(claim, outcome);
        StoredInstance stored = requireHeld(claim);
        Instant now = now();
        Optional<Instant> until = carriedUntil(claim, stored, carryOn, now);
        Optional<String> nextTaskId = Optional.empty();
        if (outcome instanceof BranchOutcome.Done done) {
            stored.endBranch(claim, done.output(), now);
        } else if (outcome instanceof BranchOutcome.Next next) {
            stored.continueBranch(claim, next, now);
            nextTaskId =
                    Optional.of(next.nextTaskId()).filter(it -> next.delay().isEmpty());
        } else if (outcome instanceof BranchOutcome.Retry retry) {
            stored.retryBranch(claim, retry, now);
        }
        Optional<TaskClaim> carriedOn = nextTaskId
                .filter(next -> stored.current().snapshot().status() == WorkflowStatus.IN_PROGRESS)
                .flatMap(next -> until.map(end -> claims.carryOn(claim, stored, next, end, now)));
        Optional<TaskClaim> kept = isStopped(carriedOn.orElse(claim)) ? Optional.empty() : carriedOn;
        tellIf(kept.isEmpty());
        return new CommittedBranchTask(kept);
    }

    @Override
    public synchronized List<CommitResult> commitTasks(List<TaskCommit> commits) {
        return commits.stream().map(this::committed).toList();
    }

    private CommitResult committed(TaskCommit commit) {
        try {
            if (commit instanceof TaskCommit.OfBranchTask task) {
                return CommitResult.Stored.of(commitBranchTask(task.claim(), task.outcome(), task.carryOn()));
            }
            TaskCommit.OfTask task = (TaskCommit.OfTask) commit;
            return CommitResult.Stored.of(commitTask(task.claim(), task.snapshot(), task.carryOn()));
        } catch (RuntimeException e) {
            return new CommitResult.NotStored(e);
        }
    }

    /** {@inheritDoc} It can, as long as the process lives. */
    @Override
    public void ping() {}

    private StoredInstance requireHeld(TaskClaim claim) {
        StoredInstance stored = require(claim.instanceId());
        stored.requireUnfinished();
        if (stored.held(claim).isEmpty()) {
            throw new ClaimLostException(claim);
        }
        return stored;
    }

    private static Optional<Instant> carriedUntil(
            TaskClaim claim, StoredInstance stored, Optional<Duration> carryOn, Instant now) {
        Instant expiresAt = stored.openTask(claim.taskId())
                .flatMap(QueuedTask::claim)
                .orElse(claim)
                .expiresAt();
        return carryOn.map(ttl -> Claims.carriedUntil(expiresAt, now, ttl));
    }

    /** Carries a pending cancel or pause out; its task is given back, as nobody is going to work on it. */
    private boolean isStopped(TaskClaim claim) {
        InMemorySignals signals = signals(claim.instanceId());
        boolean stopped =
                signals.apply(SignalKind.CANCEL, Optional.empty()) || signals.apply(SignalKind.PAUSE, Optional.empty());
        if (stopped) {
            claims.release(List.of(claim), now());
        }
        return stopped;
    }

    private boolean tellIf(boolean mayBeDue) {
        if (mayBeDue) {
            wakeUps.tell(WakeUpSource.LOCAL);
        }
        return mayBeDue;
    }

    private WorkflowSnapshot announced(WorkflowSnapshot saved) {
        tellIf(Claims.mayBeDue(saved));
        return saved;
    }

    /** Another task of the instance, claimed with this one, may have stopped it. */
    private boolean isRunning(TaskClaim claim) {
        boolean running = require(claim.instanceId()).current().snapshot().status() == WorkflowStatus.IN_PROGRESS;
        if (!running) {
            claims.release(List.of(claim), now());
        }
        return running;
    }

    private InMemorySignals signals(String instanceId) {
        return new InMemorySignals(instanceId, require(instanceId), journal, now());
    }

    private WorkflowSnapshot insert(WorkflowSnapshot snapshot) {
        StoredInstance created = new StoredInstance(++incarnations, journal, listener);
        created.create(snapshot, now());
        instances.put(snapshot.instanceId(), created);
        return announced(snapshot.storedAs(created.current().version(), created.incarnation()));
    }

    private WorkflowSnapshot replace(StoredInstance stored, WorkflowSnapshot snapshot) {
        stored.requireUnfinished();
        stored.requireSameInstance(snapshot);
        stored.save(snapshot, now());
        return announced(snapshot.storedAs(stored.current().version(), stored.incarnation()));
    }

    private static WorkflowSnapshot load(StoredInstance stored, Checkpoint checkpoint) {
        return checkpoint.loadedWith(stored.current().snapshot().traceParent());
    }

    private StoredInstance require(String instanceId) {
        return find(instanceId).orElseThrow(() -> new SnapshotNotFoundException(instanceId));
    }

    private Optional<StoredInstance> find(String instanceId) {
        return Optional.ofNullable(instances.get(Identifiers.requireInstanceId(instanceId)));
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }
}
