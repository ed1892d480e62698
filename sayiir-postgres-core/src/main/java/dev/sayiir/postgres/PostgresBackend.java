package dev.sayiir.postgres;

import static dev.sayiir.persistence.StoreOperation.on;
import static dev.sayiir.persistence.StoreOperation.with;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.event.TaskBlockedEvent;
import dev.sayiir.persistence.Arguments;
import dev.sayiir.persistence.AvailableTask;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.BlockedTask;
import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.CommitResult;
import dev.sayiir.persistence.CommittedBranchTask;
import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.EventLog;
import dev.sayiir.persistence.EventOutcome;
import dev.sayiir.persistence.FailureGroup;
import dev.sayiir.persistence.HistoryEntry;
import dev.sayiir.persistence.OpenTasks;
import dev.sayiir.persistence.PendingEvent;
import dev.sayiir.persistence.PendingSignal;
import dev.sayiir.persistence.RedriveRequest;
import dev.sayiir.persistence.RepairStore;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalOutcome;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.SnapshotHistory;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.StoreOperation;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.TaskCommit;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.persistence.TaskResultStore;
import dev.sayiir.persistence.TaskSummary;
import dev.sayiir.persistence.ValueLimits;
import dev.sayiir.persistence.WakeUpSource;
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
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Consumer;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The stores on PostgreSQL 13 or later. One backend serves all threads of an application.
 *
 * <pre>{@code
 * try (PostgresBackend backend = PostgresBackend.connect("jdbc:postgresql://localhost/shop", "shop", password)) {
 *     WorkflowSnapshot order = backend.createSnapshot(WorkflowSnapshot.start("order-4711", "fulfilment-v1", input));
 *     order = backend.saveSnapshot(order.completeTask("reserve", output));
 * }
 * }</pre>
 *
 * <p>Operations join the Spring transaction that the caller has on the same {@link DataSource}, if there is one; else each
 * commits by itself. Transactions have to be READ COMMITTED, PostgreSQL's default: in one of the caller's with a stricter
 * isolation an operation that meets another one fails with Spring's {@code CannotAcquireLockException} instead of waiting.
 */
public final class PostgresBackend
        implements SnapshotStore,
                TaskResultStore,
                SnapshotHistory,
                WorkflowQueries,
                WorkflowStatistics,
                SignalStore,
                TaskClaimStore,
                RepairStore,
                EventLog,
                WakeUps,
                AutoCloseable {

    private final DataSource dataSource;
    private final String schema;
    private final StoreObserver observer;
    private final TransientFailures failures;
    private final Operations operations;
    private final ValueLimits limits;
    private final StatusRepository status;
    private final TaskRepository tasks;
    private final StatisticsRepository statistics;
    private final SnapshotSaver saver;
    private final SnapshotLoader loader;
    private final InstanceRepository instances;
    private final TaskResultRepository results;
    private final HistoryRepository history;
    private final QueryRepository queries;
    private final SignalService signals;
    private final EventRepository events;
    private final RepairService repairs;
    private final ClaimRepository claims;
    private final ClaimService claiming;
    private final BlockedRepository blocked;
    private final BlockService blocking;
    private final DispatchRepository dispatch;
    private final DispatchService dispatching;
    private final CommitService commits;
    private final BranchService branches;
    private final GroupCommits groups;
    private final PostgresWakeUps wakeUps;
    private final EventTeller teller;
    private final PlatformTransactionManager transactionManager;
    private final @Nullable HikariDataSource ownDataSource;
    private final PostgresBackendBuilder settings;
    private final boolean sharesWakeUps;

    PostgresBackend(PostgresBackendBuilder builder) {
        this(builder, Optional.empty());
    }

    /** @param shared the wake-ups of another backend on the same tables, if they are not to be its own */
    private PostgresBackend(PostgresBackendBuilder builder, Optional<PostgresWakeUps> shared) {
        var jdbc = new ParsedOnceJdbcTemplate(builder.jdbc);
        SchemaName name = new SchemaName(builder.schema);
        this.transactionManager = builder.transactionManager == null
                ? new JdbcTransactionManager(builder.dataSource)
                : builder.transactionManager;
        this.failures = new TransientFailures(builder.dataSource, builder.observer);
        this.dataSource = builder.dataSource;
        this.schema = name.name();
        this.observer = builder.observer;
        this.operations = new Operations(observer, failures);
        this.limits = builder.limits;
        this.status = new StatusRepository(jdbc, name);
        this.instances = new InstanceRepository(jdbc, name);
        this.teller = new EventTeller(builder.listener, new CallersTransaction(builder.dataSource));
        TransactionTemplate transactions = new TransactionTemplate(transactionManager);
        InstanceLock lock = new InstanceLock(instances, transactions, failures);
        CheckpointRepository checkpoints = new CheckpointRepository(jdbc, name);
        this.saver = new SnapshotSaver(instances, checkpoints, builder.codecs, lock, observer);
        this.loader = new SnapshotLoader(jdbc, name, builder.codecs);
        this.results = new TaskResultRepository(jdbc, name);
        this.history = new HistoryRepository(jdbc, name);
        this.queries = new QueryRepository(jdbc, name);
        this.tasks = new TaskRepository(jdbc, name);
        this.statistics = new StatisticsRepository(jdbc, name);
        this.events = new EventRepository(jdbc, name);
        this.signals = new SignalService(lock, events, loader, saver, teller);
        this.repairs = new RepairService(lock, new RepairRepository(jdbc, name), events, loader, saver);
        this.wakeUps = shared.orElseGet(() -> new PostgresWakeUps(
                builder.dataSource,
                name,
                builder.notifyMode,
                Optional.ofNullable(builder.notifyConnections),
                observer));
        this.claims = new ClaimRepository(jdbc, name);
        this.claiming = new ClaimService(failures, claims, instances, signals, observer);
        this.blocked = new BlockedRepository(jdbc, name);
        this.blocking = new BlockService(failures, blocked, claims, claiming, teller);
        this.dispatch = new DispatchRepository(jdbc, name);
        this.dispatching = new DispatchService(
                failures, dispatch, claims, instances, loader, signals, claiming, blocking, wakeUps);
        OnceLocked once = new OnceLocked(failures, instances, lock);
        this.commits = new CommitService(failures, checkpoints, claims, loader, saver, once, claiming, teller);
        BranchRepository branchTasks = new BranchRepository(jdbc, name);
        this.branches = new BranchService(branchTasks, claims, saver, once, claiming);
        this.groups = new GroupCommits(failures, limits, transactions, checkpoints, branchTasks, commits, branches);
        this.ownDataSource = builder.ownDataSource;
        this.settings = builder;
        this.sharesWakeUps = shared.isPresent();
    }

    /**
     * Connects with a connection pool of its own, and creates or upgrades the schema {@value
     * SchemaMigrator#DEFAULT_SCHEMA}. Close the backend to close the pool.
     *
     * @param url a JDBC URL of a PostgreSQL database
     * @param user the role to connect as
     * @param password its password
     * @return the backend
     * @throws IllegalArgumentException if the URL is none that a driver accepts; the message does not show it
     * @throws UnsupportedServerException if the server cannot hold the stores, or is read-only
     * @throws SchemaMigrationException if the schema could not be migrated
     */
    public static PostgresBackend connect(String url, String user, String password) {
        HikariDataSource pool = new HikariDataSource();
        pool.setPoolName("sayiir");
        pool.setJdbcUrl(PostgresUrl.requireUsable(url));
        pool.setUsername(user);
        pool.setPassword(password);
        PostgresBackendBuilder builder = builder(pool);
        builder.ownDataSource = pool;
        try {
            return builder.build();
        } catch (RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    /**
     * @param dataSource leads to the database; it stays the caller's to close
     * @return a builder of a backend on it
     */
    public static PostgresBackendBuilder builder(DataSource dataSource) {
        return new PostgresBackendBuilder(dataSource);
    }

    /**
     * The same stores with connections of their own, for a worker: borrowed from the DataSource once, and kept, so that its
     * heartbeat and its commits never wait for a connection behind the handlers that it runs, or the rest of the
     * application. Operations on it take no part in the caller's transactions. Close it when the worker has stopped, and
     * before this backend; that gives the connections back.
     *
     * <pre>{@code
     * PostgresBackend reserved = backend.reserving(TaskWorker.CONNECTIONS);
     * TaskWorker worker = TaskWorker.builder(reserved).handlerStores(backend, backend)
     *         .wakeUps(backend)
     * }</pre>
     *
     * @param connections how many, at least 1; of a pool of HikariCP's that is known, no more than half of what it has
     * @return the stores
     * @throws IllegalArgumentException if it is less than 1, or the pool has a single connection
     */
    public PostgresBackend reserving(int connections) {
        Arguments.requireLimit(connections);
        int most = maxConnections().orElse(Integer.MAX_VALUE) / 2;
        if (most == 0) {
            throw new IllegalArgumentException(
                    "The pool has a single connection, and none to reserve; make the pool larger");
        }
        return new PostgresBackend(settings.reserving(Math.min(connections, most)), Optional.of(wakeUps));
    }

    /** @return begins and ends the transactions that the stores take part in */
    public PlatformTransactionManager transactionManager() {
        return transactionManager;
    }

    /** @return how many connections the DataSource has at most, if it is a pool of HikariCP's, whatever it is wrapped in */
    public OptionalInt maxConnections() {
        return Pools.hikari(dataSource).stream()
                .mapToInt(HikariDataSource::getMaximumPoolSize)
                .findFirst();
    }

    @Override
    public WorkflowSnapshot saveSnapshot(WorkflowSnapshot snapshot) {
        limits.requireStorable(snapshot);
        return announced(operations.write(with("saveSnapshot", snapshot), write -> saver.save(snapshot, write)));
    }

    @Override
    public WorkflowSnapshot createSnapshot(WorkflowSnapshot snapshot) {
        limits.requireStorable(snapshot);
        return announced(operations.write(with("createSnapshot", snapshot), write -> saver.create(snapshot, write)));
    }

    @Override
    public WorkflowSnapshot saveSnapshotIfVersion(WorkflowSnapshot snapshot, long expectedVersion) {
        Arguments.requireVersion(expectedVersion);
        limits.requireStorable(snapshot);
        return announced(operations.write(
                with("saveSnapshotIfVersion", snapshot),
                write -> saver.saveIfVersion(snapshot, expectedVersion, write)));
    }

    @Override
    public long saveTaskResult(String instanceId, String taskId, Payload output) {
        Identifiers.requireInstanceId(instanceId);
        Identifiers.requireTaskId(taskId);
        limits.requireOutput(instanceId, taskId, output);
        long version = operations.write(
                on("saveTaskResult", instanceId), write -> saver.saveResult(instanceId, taskId, output, write));
        wakeUps.announce();
        return version;
    }

    @Override
    public Optional<WorkflowSnapshot> findSnapshot(String instanceId) {
        Identifiers.requireInstanceId(instanceId);
        return operations.run(on("findSnapshot", instanceId), () -> loader.current(instanceId));
    }

    @Override
    public void deleteSnapshot(String instanceId) {
        Identifiers.requireInstanceId(instanceId);
        boolean gone = operations.write(
                on("deleteSnapshot", instanceId), write -> instances.delete(instanceId) || write.inDoubt());
        if (!gone) {
            throw new SnapshotNotFoundException(instanceId);
        }
    }

    @Override
    public List<String> listSnapshots() {
        return operations.run(StoreOperation.of("listSnapshots"), instances::ids);
    }

    @Override
    public Optional<Payload> loadTaskResult(String instanceId, String taskId) {
        Identifiers.requireInstanceId(instanceId);
        Identifiers.requireTaskId(taskId);
        return operations
                .run(on("loadTaskResult", instanceId), () -> results.find(instanceId, taskId))
                .orElseThrow(() -> new SnapshotNotFoundException(instanceId));
    }

    @Override
    public Map<String, Payload> loadTaskResults(String instanceId) {
        Identifiers.requireInstanceId(instanceId);
        return operations
                .run(on("loadTaskResults", instanceId), () -> results.findAll(instanceId))
                .orElseThrow(() -> new SnapshotNotFoundException(instanceId));
    }

    @Override
    public List<HistoryEntry> listVersions(String instanceId, long afterVersion, int limit) {
        Arguments.requirePage("afterVersion", afterVersion, limit);
        Identifiers.requireInstanceId(instanceId);
        return ofStored("listVersions", instanceId, () -> history.list(instanceId, afterVersion, limit));
    }

    @Override
    public WorkflowSnapshot loadVersion(String instanceId, long version) {
        Arguments.requireVersion(version);
        Identifiers.requireInstanceId(instanceId);
        return operations.run(on("loadVersion", instanceId), () -> loader.atVersion(instanceId, version));
    }

    @Override
    public WorkflowSnapshot loadAsOf(String instanceId, Instant time) {
        Identifiers.requireInstanceId(instanceId);
        return operations.run(on("loadAsOf", instanceId), () -> loader.asOf(instanceId, time));
    }

    @Override
    public WorkflowPage findWorkflows(WorkflowQuery query) {
        return operations.run(StoreOperation.of("findWorkflows"), () -> queries.find(query));
    }

    @Override
    public List<FailureGroup> failuresByFingerprint(Optional<String> definitionHash, int limit) {
        Arguments.requireLimit(limit);
        definitionHash.ifPresent(hash -> Identifiers.requireName("definition hash", hash));
        return operations.run(
                StoreOperation.of("failuresByFingerprint"), () -> queries.failuresByFingerprint(definitionHash, limit));
    }

    @Override
    public Optional<WorkflowSummary> findWorkflow(String instanceId) {
        Identifiers.requireInstanceId(instanceId);
        return operations.run(on("findWorkflow", instanceId), () -> queries.findOne(instanceId));
    }

    @Override
    public List<BlockedTask> findBlockedTasks(BlockedQuery query) {
        return operations.run(StoreOperation.of("findBlockedTasks"), () -> blocked.find(query));
    }

    @Override
    public int unblock(BlockedQuery query, SignalRequest request) {
        limits.requireRequest(query.instanceId().orElse("*"), request);
        int unblocked = operations.run(StoreOperation.of("unblock"), () -> blocked.unblock(query, request));
        if (unblocked > 0) {
            wakeUps.announce();
        }
        return unblocked;
    }

    @Override
    public Map<WorkflowStatus, Long> countByStatus() {
        return operations.run(StoreOperation.of("countByStatus"), statistics::countByStatus);
    }

    @Override
    public List<TaskSummary> listTasks(String instanceId) {
        Identifiers.requireInstanceId(instanceId);
        return ofStored("listTasks", instanceId, () -> tasks.list(instanceId));
    }

    @Override
    public WorkflowFigures currentFigures() {
        return operations.run(StoreOperation.of("currentFigures"), statistics::figures);
    }

    @Override
    public List<OpenTasks> countOpenTasks() {
        return operations.run(StoreOperation.of("countOpenTasks"), statistics::countOpenTasks);
    }

    @Override
    public void storeSignal(String instanceId, SignalKind kind, SignalRequest request) {
        Identifiers.requireInstanceId(instanceId);
        limits.requireRequest(instanceId, request);
        operations.run(on("storeSignal", instanceId), () -> signals.request(instanceId, kind, request));
    }

    @Override
    public Optional<PendingSignal> getSignal(String instanceId, SignalKind kind) {
        Identifiers.requireInstanceId(instanceId);
        return operations.run(on("getSignal", instanceId), () -> signals.pending(instanceId, kind));
    }

    @Override
    public Set<String> findSignalled(Collection<String> instanceIds, SignalKind kind) {
        instanceIds.forEach(Identifiers::requireInstanceId);
        return operations.run(StoreOperation.of("findSignalled"), () -> events.signalled(instanceIds, kind));
    }

    @Override
    public void clearSignal(String instanceId, SignalKind kind) {
        Identifiers.requireInstanceId(instanceId);
        operations.run(on("clearSignal", instanceId), () -> signals.clear(instanceId, kind));
    }

    @Override
    public boolean checkAndCancel(String instanceId, Optional<String> interruptedAtTask) {
        Identifiers.requireInstanceId(instanceId);
        interruptedAtTask.ifPresent(Identifiers::requireTaskId);
        return operations.run(
                on("checkAndCancel", instanceId),
                () -> signals.check(instanceId, SignalKind.CANCEL, interruptedAtTask));
    }

    @Override
    public boolean checkAndPause(String instanceId) {
        Identifiers.requireInstanceId(instanceId);
        return operations.run(
                on("checkAndPause", instanceId), () -> signals.check(instanceId, SignalKind.PAUSE, Optional.empty()));
    }

    @Override
    public WorkflowSnapshot unpause(String instanceId) {
        Identifiers.requireInstanceId(instanceId);
        return announced(operations.run(on("unpause", instanceId), () -> signals.unpause(instanceId)));
    }

    @Override
    public SignalOutcome requestCancel(String instanceId, SignalRequest request) {
        Identifiers.requireInstanceId(instanceId);
        limits.requireRequest(instanceId, request);
        return operations.run(
                on("requestCancel", instanceId), () -> signals.requestAndApply(instanceId, SignalKind.CANCEL, request));
    }

    @Override
    public SignalOutcome requestPause(String instanceId, SignalRequest request) {
        Identifiers.requireInstanceId(instanceId);
        limits.requireRequest(instanceId, request);
        return operations.run(
                on("requestPause", instanceId), () -> signals.requestAndApply(instanceId, SignalKind.PAUSE, request));
    }

    @Override
    public WorkflowSnapshot redrive(String instanceId, RedriveRequest redrive, SignalRequest request) {
        Identifiers.requireInstanceId(instanceId);
        limits.requireRequest(instanceId, request);
        limits.requireRedrive(instanceId, redrive);
        return wakeUps.announced(
                operations.run(on("redrive", instanceId), () -> repairs.redrive(instanceId, redrive, request)));
    }

    @Override
    public WorkflowSnapshot fork(String instanceId, long version, String newInstanceId, SignalRequest request) {
        Identifiers.requireInstanceId(instanceId);
        Arguments.requireVersion(version);
        Identifiers.requireInstanceId(newInstanceId);
        limits.requireRequest(instanceId, request);
        return wakeUps.announced(operations.run(
                on("fork", instanceId), () -> repairs.fork(instanceId, version, newInstanceId, request)));
    }

    @Override
    public EventOutcome sendEvent(String instanceId, String eventName, Payload payload, Optional<String> eventKey) {
        Identifiers.requireInstanceId(instanceId);
        Arguments.requireEventName(eventName);
        eventKey.ifPresent(Arguments::requireEventKey);
        limits.requireEvent(instanceId, eventName, payload);
        EventOutcome outcome = operations.run(
                on("sendEvent", instanceId), () -> signals.send(instanceId, eventName, payload, eventKey));
        if (outcome == EventOutcome.DELIVERED) {
            wakeUps.announce();
        }
        return outcome;
    }

    @Override
    public Optional<Payload> consumeEvent(String instanceId, String eventName) {
        Identifiers.requireInstanceId(instanceId);
        Arguments.requireEventName(eventName);
        return operations.run(on("consumeEvent", instanceId), () -> signals.consume(instanceId, eventName));
    }

    @Override
    public Optional<WorkflowSnapshot> consumeEventAndSave(
            String instanceId, String eventName, BiFunction<WorkflowSnapshot, Payload, WorkflowSnapshot> next) {
        Identifiers.requireInstanceId(instanceId);
        Arguments.requireEventName(eventName);
        BiFunction<WorkflowSnapshot, Payload, WorkflowSnapshot> storable = next.andThen(limits::requireStorable);
        return operations
                .run(
                        on("consumeEventAndSave", instanceId),
                        () -> signals.consumeAndSave(instanceId, eventName, storable))
                .map(this::announced);
    }

    @Override
    public List<PendingSignal> listPendingSignals(String instanceId) {
        Identifiers.requireInstanceId(instanceId);
        return operations.run(on("listPendingSignals", instanceId), () -> events.signals(instanceId));
    }

    @Override
    public List<PendingEvent> listPendingEvents(String instanceId) {
        Identifiers.requireInstanceId(instanceId);
        return operations.run(on("listPendingEvents", instanceId), () -> events.pending(instanceId));
    }

    @Override
    public List<WorkflowEvent> listEvents(String instanceId, long afterId, int limit) {
        Arguments.requirePage("afterId", afterId, limit);
        Identifiers.requireInstanceId(instanceId);
        return ofStored("listEvents", instanceId, () -> events.list(instanceId, afterId, limit));
    }

    @Override
    public List<WorkflowEvent> tailEvents(long afterId, int limit) {
        Arguments.requirePage("afterId", afterId, limit);
        return operations.run(StoreOperation.of("tailEvents"), () -> events.tail(afterId, limit));
    }

    @Override
    public List<ClaimedTask> claimAvailableTasks(ClaimQuery query) {
        return operations.inSteps(
                StoreOperation.of("claimAvailableTasks"), operation -> dispatching.claimAvailable(operation, query));
    }

    @Override
    public List<AvailableTask> findAvailableTasks(ClaimQuery query) {
        return operations.run(StoreOperation.of("findAvailableTasks"), () -> dispatch.findAvailable(query));
    }

    @Override
    public Optional<AvailableTask> findHintedTask(String instanceId, String taskId, ClaimQuery query) {
        Identifiers.requireInstanceId(instanceId);
        Identifiers.requireForkId(taskId);
        return operations.run(on("findHintedTask", instanceId), () -> dispatch.findHinted(instanceId, taskId, query));
    }

    @Override
    public Optional<TaskClaim> claimTask(String instanceId, String taskId, String workerId, Duration ttl) {
        return operations.run(on("claimTask", instanceId), () -> claiming.claim(instanceId, taskId, workerId, ttl));
    }

    @Override
    public List<TaskClaim> extendTaskClaims(Collection<TaskClaim> held, Duration ttl) {
        ClaimQuery.requireDuration("ttl", ttl);
        return operations.run(StoreOperation.of("extendTaskClaims"), () -> claiming.extend(held, ttl));
    }

    @Override
    public boolean isInTransaction() {
        return failures.inCallersTransaction();
    }

    @Override
    public boolean isHeld(TaskClaim claim) {
        return operations.run(on("isHeld", claim.instanceId()), () -> claims.isHeld(claim));
    }

    @Override
    public int releaseTaskClaims(Collection<TaskClaim> held, Duration delay) {
        ClaimQuery.requireDelay("delay", delay);
        if (held.isEmpty()) {
            return 0;
        }
        // What an attempt in doubt may have given back is not held any more.
        int released = operations.write(
                on("releaseTaskClaims", held.iterator().next().instanceId()),
                write -> write.inDoubt() ? released(held, delay) : claims.release(held, delay));
        if (released > 0 && delay.isZero()) {
            wakeUps.announce();
        }
        return released;
    }

    @Override
    public List<TaskRefusal.Outcome> refuseTasks(List<TaskRefusal> refusals) {
        refusals.forEach(limits::requireRefusal);
        return refusals.isEmpty()
                ? List.of()
                : operations.inSteps(
                        StoreOperation.of("refuseTasks"), operation -> blocking.refuse(operation, refusals));
    }

    @Override
    public int blockUnhandledTasks(ClaimQuery query) {
        query.requireOwnTasks();
        List<TaskBlockedEvent> late =
                operations.run(StoreOperation.of("blockUnhandledTasks"), () -> blocked.blockUnhandled(query));
        late.forEach(teller::tell);
        return late.size();
    }

    private int released(Collection<TaskClaim> held, Duration delay) {
        claims.release(held, delay);
        return held.size();
    }

    @Override
    public List<CommitResult> commitTasks(List<TaskCommit> commits) {
        List<CommitResult> results =
                operations.inSteps(commitOf(commits), operation -> groups.commit(operation, commits));
        if (results.stream().anyMatch(it -> it instanceof CommitResult.Stored stored && stored.mayBeDue())) {
            wakeUps.announce();
        }
        return results;
    }

    /** One alone is in the trace of its instance; several have no trace in common. */
    private static StoreOperation commitOf(List<TaskCommit> commits) {
        return commits.size() == 1 && commits.get(0) instanceof TaskCommit.OfTask task
                ? with("commitTasks", task.snapshot())
                : StoreOperation.of("commitTasks");
    }

    @Override
    public int releaseTaskClaims(String workerId) {
        Identifiers.requireName("worker id", workerId);
        int released = operations.run(StoreOperation.of("releaseTaskClaims"), () -> claims.releaseAll(workerId));
        if (released > 0) {
            wakeUps.announce();
        }
        return released;
    }

    @Override
    public CommittedTask commitTask(TaskClaim claim, WorkflowSnapshot snapshot, Optional<Duration> carryOn) {
        limits.requireStorable(snapshot);
        TaskCommit.OfTask task = new TaskCommit.OfTask(claim, snapshot, carryOn);
        CommittedTask committed =
                operations.inSteps(with("commitTask", snapshot), operation -> commits.commit(operation, task));
        if (committed.next().isEmpty()) {
            wakeUps.announced(committed.snapshot());
        }
        return committed;
    }

    /**
     * {@inheritDoc}
     *
     * <p>With the first subscription the backend begins to listen to other processes, as its {@link NotifyMode} says: in a
     * thread of its own, so this does not wait for it. From then on until {@link #close()} the listener has one connection
     * of the DataSource's, or one of its own.
     */
    @Override
    public Subscription onWakeUp(Consumer<WakeUpSource> listener) {
        return wakeUps.onWakeUp(listener);
    }

    /**
     * Asks the database what it is.
     *
     * @return what this backend works on
     * @throws org.springframework.dao.DataAccessException if the database does not answer
     */
    public BackendStatus status() {
        return status.status();
    }

    @Override
    public void ping() {
        operations.inSteps(StoreOperation.of("ping"), operation -> {
            status.requireWritable();
            return true;
        });
    }

    /** @return a builder of a retention on the same tables, with the same observer; it keeps everything until told otherwise */
    public Retention.Builder retention() {
        return Retention.builder(dataSource).schema(schema).observer(observer);
    }

    /** @return whether wake-ups of other processes are heard now; for health checks */
    public WakeUpState wakeUpState() {
        return wakeUps.state();
    }

    @Override
    public CommittedBranchTask commitBranchTask(TaskClaim claim, BranchOutcome outcome, Optional<Duration> carryOn) {
        limits.requireOutcome(claim, outcome);
        TaskCommit.OfBranchTask task = new TaskCommit.OfBranchTask(claim, outcome, carryOn);
        CommittedBranchTask committed = operations.inSteps(
                on("commitBranchTask", claim.instanceId()), operation -> branches.commit(operation, task));
        if (committed.next().isEmpty()) {
            wakeUps.announce();
        }
        return committed;
    }

    private WorkflowSnapshot announced(WorkflowSnapshot saved) {
        return wakeUps.announced(teller.saved(saved));
    }

    /** An empty list may also mean that there is no such instance. */
    private <T> List<T> ofStored(String name, String instanceId, Supplier<List<T>> read) {
        return operations.run(on(name, instanceId), () -> {
            List<T> found = read.get();
            if (found.isEmpty() && instances.find(instanceId).isEmpty()) {
                throw new SnapshotNotFoundException(instanceId);
            }
            return found;
        });
    }

    /**
     * Ends wake-ups, unless they are another backend's, and gives the listener's connection back. Then closes the connection pool if {@link #connect} made one;
     * a DataSource that was given to the builder stays open, and is to be closed after this.
     */
    @Override
    public void close() {
        if (!sharesWakeUps) {
            wakeUps.close();
        }
        if (ownDataSource != null) {
            ownDataSource.close();
        }
    }
}
