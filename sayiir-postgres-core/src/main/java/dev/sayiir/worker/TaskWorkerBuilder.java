package dev.sayiir.worker;

import dev.sayiir.persistence.Arguments;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.RepairStore;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.WakeUps;
import dev.sayiir.workflow.Identifiers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.springframework.transaction.PlatformTransactionManager;
import tools.jackson.databind.json.JsonMapper;

/** Builds a {@link TaskWorker}. Not for use by several threads. */
public final class TaskWorkerBuilder {

    final SnapshotStore snapshots;
    SnapshotStore handlerSnapshots;
    TaskClaimStore handlerClaims;
    final SignalStore signals;
    final TaskClaimStore claims;
    final Set<String> workflows = new LinkedHashSet<>();
    final List<TaskHandler<?>> handlers = new ArrayList<>();
    final List<TaskWorkerListener> listeners = new ArrayList<>();
    String workerId = ProcessHandle.current().pid() + "-" + UUID.randomUUID();
    int concurrency = 16;
    int batchSize = 16;
    Duration pollInterval = Duration.ofSeconds(1);
    Duration claimTtl = Duration.ofMinutes(1);
    Duration heartbeat = Duration.ofSeconds(20);
    Duration ageingInterval = Duration.ofMinutes(5);
    Duration shutdownTimeout = Duration.ofSeconds(20);
    Duration interruptGrace = Duration.ofSeconds(5);
    FailurePolicy failurePolicy = FailurePolicy.DEFAULT;
    Duration blockAfter = ClaimQuery.BLOCK_AFTER;
    Optional<RepairStore> repairs = Optional.empty();
    Optional<PlatformTransactionManager> transactionManager = Optional.empty();
    Optional<String> buildId = Optional.empty();
    boolean triesBlocked;
    Optional<Set<String>> tags = Optional.empty();
    Optional<WakeUps> wakeUps = Optional.empty();
    Supplier<JsonMapper> mapper = JsonPayloads.DEFAULT_MAPPER;

    TaskWorkerBuilder(SnapshotStore snapshots, SignalStore signals, TaskClaimStore claims) {
        this.snapshots = snapshots;
        this.handlerSnapshots = snapshots;
        this.signals = signals;
        this.claims = claims;
        this.handlerClaims = claims;
    }

    /**
     * Sets the stores that the threads of handlers use, so that they do not take the connections of a worker that has its own:
     * to read the results of other tasks, and to store what comes out of {@linkplain TaskHandler#isTransactional()
     * transactional} tasks.
     *
     * @param snapshots the snapshots of the same instances; the worker's unless set
     * @param claims the claims on the same tasks; the worker's unless set
     * @return this
     */
    public TaskWorkerBuilder handlerStores(SnapshotStore snapshots, TaskClaimStore claims) {
        this.handlerSnapshots = snapshots;
        this.handlerClaims = claims;
        return this;
    }

    /**
     * Lets handlers be {@linkplain TaskHandler#isTransactional() transactional}.
     *
     * @param manager begins and ends the transactions that the {@linkplain #handlerStores stores of handlers} take part in, as
     *     {@code PostgresBackend.transactionManager()} does
     * @return this
     */
    public TaskWorkerBuilder transactionManager(PlatformTransactionManager manager) {
        this.transactionManager = Optional.of(manager);
        return this;
    }

    /**
     * Lets the worker go on with tasks that were blocked because there was no handler of them, if it has one. That is done
     * without it if the worker is built on a single backend.
     *
     * @param store lets blocked tasks go on
     * @return this
     */
    public TaskWorkerBuilder repairs(RepairStore store) {
        this.repairs = Optional.of(store);
        return this;
    }

    /**
     * @param workflow a workflow whose tasks it is to do
     * @return this
     */
    public TaskWorkerBuilder workflow(Workflow workflow) {
        workflows.add(workflow.name());
        return this;
    }

    /**
     * @param handler does one kind of task; tasks without a handler are not asked for
     * @return this
     */
    public TaskWorkerBuilder handler(TaskHandler<?> handler) {
        handlers.add(handler);
        return this;
    }

    /**
     * @param policy which failures are tried again and what follows when none is, for handlers that do not say so; {@link
     *     FailurePolicy#DEFAULT} unless set
     * @return this
     */
    public TaskWorkerBuilder failurePolicy(FailurePolicy policy) {
        this.failurePolicy = policy;
        return this;
    }

    /**
     * @param id the name under which it claims tasks, 1 to 256 bytes of UTF-8, of no other worker; made up unless set
     * @return this
     * @throws IllegalArgumentException if it is not valid
     */
    public TaskWorkerBuilder workerId(String id) {
        this.workerId = Identifiers.requireName("worker id", id);
        return this;
    }

    /**
     * @param tasks how many tasks it does at once, at least 1; 16 unless set
     * @return this
     * @throws IllegalArgumentException if it is less than 1
     */
    public TaskWorkerBuilder concurrency(int tasks) {
        Arguments.requireLimit(tasks);
        this.concurrency = tasks;
        return this;
    }

    /**
     * @param tasks how many tasks it claims at once, at least 1, and never more than it can begin; 16 unless set
     * @return this
     * @throws IllegalArgumentException if it is less than 1
     */
    public TaskWorkerBuilder batchSize(int tasks) {
        Arguments.requireLimit(tasks);
        this.batchSize = tasks;
        return this;
    }

    /**
     * @param interval how long it waits between two polls when there is nothing to do, 1 ms to 36,500 days; 1 s unless set
     * @return this
     * @throws IllegalArgumentException if it is out of its range
     */
    public TaskWorkerBuilder pollInterval(Duration interval) {
        this.pollInterval = ClaimQuery.requireDuration("poll interval", interval);
        return this;
    }

    /**
     * For how long it claims tasks, and how often it renews the claims and looks for cancels. If the process dies, another
     * worker has the tasks when that time is over.
     *
     * @param ttl how long a claim lasts, 1 ms to 36,500 days; 1 minute unless set
     * @param every how long it waits between two renewals, 1 ms at least and less than that; 20 s unless set
     * @return this
     * @throws IllegalArgumentException if a time is out of its range
     */
    public TaskWorkerBuilder claims(Duration ttl, Duration every) {
        ClaimQuery.requireDuration("ttl of a claim", ttl);
        ClaimQuery.requireDuration("heartbeat", every);
        if (every.compareTo(ttl) >= 0) {
            throw new IllegalArgumentException(
                    "The heartbeat is " + every + "; it must be shorter than the ttl of a claim, " + ttl);
        }
        this.claimTtl = ttl;
        this.heartbeat = every;
        return this;
    }

    /**
     * So that no task waits for ever behind more urgent ones.
     *
     * @param interval how long a task has to have been due to count as one priority level more urgent, 1 ms to 36,500
     *     days; 5 minutes unless set
     * @return this
     * @throws IllegalArgumentException if it is out of its range
     */
    public TaskWorkerBuilder ageingInterval(Duration interval) {
        this.ageingInterval = ClaimQuery.requireDuration("ageing interval", interval);
        return this;
    }

    /**
     * @param timeout how long tasks may take to finish when the worker is closed, 0 to 36,500 days; 20 s unless set
     * @return this
     * @throws IllegalArgumentException if it is out of its range
     */
    public TaskWorkerBuilder shutdownTimeout(Duration timeout) {
        this.shutdownTimeout = Waits.requireWait("shutdown timeout", timeout);
        return this;
    }

    /**
     * @param patience for how long a task that a worker cannot do, as it cannot read its input, or that no worker takes, is
     *     left for others before it is blocked, 0 to 36,500 days; 1 minute unless set
     * @return this
     * @throws IllegalArgumentException if it is out of its range
     */
    public TaskWorkerBuilder blockAfter(Duration patience) {
        this.blockAfter = Waits.requireWait("time after which a task is blocked", patience);
        return this;
    }

    /**
     * @param id what it is a build of, as a version, 1 to 256 bytes of UTF-8: kept with what it cannot do; not said unless set
     * @return this
     * @throws IllegalArgumentException if it is not valid
     */
    public TaskWorkerBuilder buildId(String id) {
        this.buildId = Optional.of(Identifiers.requireName("build", id));
        return this;
    }

    /**
     * Has the worker unblock, once when it starts, what it has handlers of and other builds have refused. What it cannot do
     * either is blocked again, and not tried any more by this build. Takes a {@link #buildId} and {@link #repairs}.
     *
     * @param tries whether to; not unless set
     * @return this
     */
    public TaskWorkerBuilder unblocksOnNewBuild(boolean tries) {
        this.triesBlocked = tries;
        return this;
    }

    /**
     * @param offered what the worker offers: it is given tasks that have none but these tags; all tasks unless set
     * @return this
     */
    public TaskWorkerBuilder tags(Set<String> offered) {
        this.tags = Optional.of(Set.copyOf(offered));
        return this;
    }

    /**
     * @param hints tells when there may be something to do, so that it need not wait for the next poll
     * @return this
     */
    public TaskWorkerBuilder wakeUps(WakeUps hints) {
        this.wakeUps = Optional.of(hints);
        return this;
    }

    /**
     * @param json reads inputs and writes outputs; Jackson's default mapper unless said
     * @return this
     */
    public TaskWorkerBuilder mapper(JsonMapper json) {
        this.mapper = () -> json;
        return this;
    }

    /**
     * @param listener is told what the worker does, after those that were added before; what wraps the call of a handler
     *     is within theirs
     * @return this
     */
    public TaskWorkerBuilder listener(TaskWorkerListener listener) {
        listeners.add(listener);
        return this;
    }

    /** How long a handler that is interrupted may take to heed it. */
    TaskWorkerBuilder interruptGrace(Duration grace) {
        this.interruptGrace = grace;
        return this;
    }

    /** How often to look for tasks that no worker takes: no more often than for others. */
    Duration lookEvery() {
        Duration often = query().again();
        return often.compareTo(pollInterval) > 0 ? often : pollInterval;
    }

    ClaimQuery query() {
        ClaimQuery all = ClaimQuery.of(workerId, batchSize, claimTtl)
                .definitions(workflows)
                .taskIds(handlers.stream().map(TaskHandler::taskId).collect(Collectors.toSet()))
                .ageingInterval(ageingInterval)
                .blockAfter(blockAfter);
        ClaimQuery query = buildId.map(all::build).orElse(all);
        return tags.map(query::tags).orElse(query);
    }

    /**
     * @return the worker, not started
     * @throws IllegalArgumentException if there is no workflow or no handler, no build, store or transaction manager where
     *     that is needed, two handlers of one task, or one whose task id or time limit is not valid or whose failures lead to
     *     itself
     */
    public TaskWorker build() {
        if (triesBlocked && (buildId.isEmpty() || repairs.isEmpty())) {
            throw new IllegalArgumentException(
                    "A worker that is to unblock what other builds have refused needs to know its own"
                            + " build and a store to unblock with; set buildId and repairs");
        }
        if (workflows.isEmpty() || handlers.isEmpty()) {
            throw new IllegalArgumentException("A worker needs a workflow and a handler at least");
        }
        handlers.stream()
                .filter(handler -> handler.isTransactional() && transactionManager.isEmpty())
                .findFirst()
                .ifPresent(handler -> {
                    throw new IllegalArgumentException(
                            "Task '" + handler.taskId() + "' is transactional, and the worker has"
                                    + " no transaction manager; set transactionManager to that of the stores");
                });
        return new TaskWorker(this);
    }
}
