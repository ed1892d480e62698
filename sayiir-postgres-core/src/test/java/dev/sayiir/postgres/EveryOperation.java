package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.BlockedTask;
import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.EventLog;
import dev.sayiir.persistence.RedriveRequest;
import dev.sayiir.persistence.RepairStore;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.SnapshotHistory;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.TaskCommit;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.persistence.TaskResultStore;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.persistence.WorkflowStatistics;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Calls each operation of a backend at least once, and fails if there is one that it does not know. */
final class EveryOperation {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final SignalRequest ASKED = SignalRequest.of("changed her mind", "support");
    private static final List<Class<?>> STORES = List.of(
            SnapshotStore.class,
            TaskResultStore.class,
            SnapshotHistory.class,
            WorkflowQueries.class,
            SignalStore.class,
            TaskClaimStore.class,
            RepairStore.class,
            EventLog.class,
            WorkflowStatistics.class);

    private final PostgresBackend backend;
    private final String prefix;
    private final Set<String> called = new TreeSet<>();
    private final SnapshotStore snapshots;
    private final TaskResultStore results;
    private final SnapshotHistory history;
    private final WorkflowQueries queries;
    private final SignalStore signals;
    private final TaskClaimStore claims;
    private final RepairStore repairs;
    private final EventLog events;
    private final WorkflowStatistics statistics;

    private EveryOperation(PostgresBackend backend, String prefix) {
        this.backend = backend;
        this.prefix = prefix;
        Object stores = Proxy.newProxyInstance(
                getClass().getClassLoader(), STORES.toArray(Class<?>[]::new), (proxy, method, arguments) -> {
                    called.add(method.getName());
                    return call(method, arguments);
                });
        snapshots = (SnapshotStore) stores;
        results = (TaskResultStore) stores;
        history = (SnapshotHistory) stores;
        queries = (WorkflowQueries) stores;
        signals = (SignalStore) stores;
        claims = (TaskClaimStore) stores;
        repairs = (RepairStore) stores;
        events = (EventLog) stores;
        statistics = (WorkflowStatistics) stores;
    }

    /**
     * @param backend whose operations to call
     * @param prefix of the ids of the instances that are made, which must be new
     */
    static void of(PostgresBackend backend, String prefix) {
        EveryOperation operations = new EveryOperation(backend, prefix);
        operations.save();
        operations.work();
        operations.fork();
        operations.refuse();
        operations.signal();
        operations.awaitEvents();
        operations.repair();
        operations.look();
        backend.status();
        assertThat(operations.called).as("operations that were called").containsExactlyInAnyOrderElementsOf(all());
    }

    private static Set<String> all() {
        return STORES.stream()
                .flatMap(store -> Arrays.stream(store.getMethods()))
                .filter(method -> Modifier.isAbstract(method.getModifiers()) || method.isDefault())
                .map(Method::getName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private Object call(Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(backend, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }

    private WorkflowSnapshot start(String id) {
        return WorkflowSnapshot.start(prefix + id, prefix + "flow", Payload.utf8("ordér")).toBuilder()
                .taskTags(List.of("gpu"))
                .build()
                .moveTo(new AtTask("first"));
    }

    private void save() {
        WorkflowSnapshot saved = snapshots.saveSnapshot(start("saved"));
        saved = snapshots.saveSnapshotIfVersion(
                saved.completeTask("first", Payload.utf8("out")).moveTo(new AtTask("second")), saved.version());
        snapshots.saveSnapshot(start("saved"));
        snapshots.saveTaskResult(prefix + "saved", "third", Payload.utf8("out"));
        assertThat(results.loadTaskResult(prefix + "saved", "third")).isPresent();
        assertThat(results.loadTaskResults(prefix + "saved")).hasSize(1);
        snapshots.loadSnapshot(prefix + "saved");
        assertThat(snapshots.findSnapshot(prefix + "saved")).isPresent();
        snapshots.createSnapshot(start("deleted"));
        snapshots.deleteSnapshot(prefix + "deleted");
        assertThat(snapshots.listSnapshots()).contains(prefix + "saved");
        snapshots.deleteSnapshot(prefix + "saved");
    }

    private ClaimQuery wanted() {
        return ClaimQuery.of("worker", 10, MINUTE)
                .definitions(Set.of(prefix + "flow"))
                .taskIds(Set.of("first", "second", "left", "right", "after-left", "join"))
                .tags(Set.of("gpu"));
    }

    private void work() {
        snapshots.createSnapshot(start("worked"));
        claims.ping();
        assertThat(claims.findAvailableTasks(wanted())).hasSize(1);
        claims.findAvailableTasks(ClaimQuery.of("worker", 10, MINUTE));
        assertThat(claims.findHintedTask(prefix + "worked", "first", wanted())).isPresent();
        ClaimedTask claimed = claims.claimAvailableTasks(wanted()).get(0);
        assertThat(claims.extendTaskClaims(List.of(claimed.claim()), MINUTE)).hasSize(1);
        claims.extendTaskClaim(claimed.claim(), MINUTE);
        assertThat(claims.isHeld(claimed.claim())).isTrue();
        assertThat(claims.isInTransaction()).isEqualTo(TransactionSynchronizationManager.isActualTransactionActive());
        assertThat(claims.releaseTaskClaim(claimed.claim())).isTrue();
        assertThat(claims.claimTask(prefix + "worked", "first", "worker", MINUTE))
                .isPresent();
        assertThat(claims.releaseTaskClaims("worker")).isOne();

        claims.claimAvailableTasks(ClaimQuery.of("worker", 5, MINUTE).definitions(Set.of(prefix + "flow")));
        claims.releaseTaskClaims("worker");

        ClaimedTask again = claims.claimAvailableTasks(wanted()).get(0);
        CommittedTask step = claims.commitTask(
                again.claim(),
                again.snapshot().completeTask("first", Payload.utf8("out")).moveTo(new AtTask("second")),
                Optional.of(MINUTE));
        claims.commitTasks(List.of(new TaskCommit.OfTask(
                step.next().orElseThrow(),
                step.snapshot().completeTask("second", Payload.utf8("out")).complete(Payload.utf8("end")),
                Optional.empty())));
        assertThat(snapshots.loadSnapshot(prefix + "worked").status()).isEqualTo(WorkflowStatus.COMPLETED);
    }

    private void fork() {
        snapshots.createSnapshot(start("forked")
                .forkInto("join", Map.of("l", Branch.of("left"), "r", Branch.of("right", Payload.utf8("own")))));
        for (ClaimedTask branch : claims.claimAvailableTasks(wanted())) {
            claims.commitBranchTask(
                    branch.claim(),
                    branch.claim().taskId().equals("left")
                            ? new BranchOutcome.Next(Payload.utf8("half"), "after-left", Optional.empty())
                            : new BranchOutcome.Done(Payload.utf8("done")),
                    Optional.empty());
        }
        ClaimedTask left = claims.claimAvailableTasks(wanted()).get(0);
        claims.commitBranchTask(
                left.claim(), new BranchOutcome.Retry("not yet", Duration.ofMillis(1)), Optional.empty());
        assertThat(signals.requestCancel(prefix + "forked", ASKED)).isNotNull();
    }

    private void refuse() {
        snapshots.createSnapshot(start("refused"));
        TaskClaim claim = claims.claimAvailableTasks(wanted()).get(0).claim();
        claims.refuseTasks(List.of(new TaskRefusal(
                claim, BlockReason.NO_HANDLER, "no handler", Duration.ZERO, Duration.ZERO, Optional.of("1.0"))));
        BlockedQuery blocked = BlockedQuery.all()
                .ofInstance(prefix + "refused")
                .ofDefinition(prefix + "flow")
                .atTask("first")
                .because(BlockReason.NO_HANDLER)
                .exceptBuild("1.1");
        BlockedTask found = queries.findBlockedTasks(blocked).get(0);
        assertThat(queries.findBlockedTasks(blocked.after(found.cursor()))).isEmpty();
        assertThat(repairs.unblock(blocked, ASKED)).isOne();
        claims.blockUnhandledTasks(wanted());
        signals.requestCancel(prefix + "refused", ASKED);
    }

    private void signal() {
        snapshots.createSnapshot(start("signalled"));
        claims.claimAvailableTasks(wanted());
        signals.storeSignal(prefix + "signalled", SignalKind.PAUSE, ASKED);
        assertThat(signals.getSignal(prefix + "signalled", SignalKind.PAUSE)).isPresent();
        assertThat(signals.findSignalled(List.of(prefix + "signalled"), SignalKind.PAUSE))
                .hasSize(1);
        assertThat(signals.listPendingSignals(prefix + "signalled")).hasSize(1);
        signals.clearSignal(prefix + "signalled", SignalKind.PAUSE);
        signals.requestPause(prefix + "signalled", ASKED);
        assertThat(signals.checkAndPause(prefix + "signalled")).isTrue();
        signals.unpause(prefix + "signalled");
        signals.requestCancel(prefix + "signalled", ASKED);
        assertThat(signals.checkAndCancel(prefix + "signalled", Optional.of("first")))
                .isTrue();
    }

    private void awaitEvents() {
        snapshots.createSnapshot(
                start("waiting").moveTo(new AtSignal("wait", "approval", Optional.empty(), Optional.of("second"))));
        signals.sendEvent(prefix + "waiting", "approval", Payload.utf8("yes"));
        signals.sendEvent(prefix + "waiting", "approval", Payload.utf8("yes"), Optional.of("key"));
        signals.sendEvent(prefix + "waiting", "approval", Payload.utf8("yes"), Optional.of("another"));
        assertThat(signals.listPendingEvents(prefix + "waiting")).hasSize(2);
        assertThat(signals.consumeEvent(prefix + "waiting", "approval")).isPresent();
        assertThat(signals.consumeEventAndSave(
                        prefix + "waiting", "approval", (stored, payload) -> stored.moveTo(new AtTask("second"))))
                .isPresent();
    }

    private void repair() {
        WorkflowSnapshot failed = snapshots.createSnapshot(start("repaired"));
        failed = snapshots.saveSnapshot(
                failed.completeTask("first", Payload.utf8("out")).moveTo(new AtTask("second")));
        snapshots.saveSnapshot(failed.fail("lost"));
        repairs.redrive(prefix + "repaired", RedriveRequest.fromFailure(), ASKED);
        repairs.redrive(
                prefix + "repaired", RedriveRequest.fromTask("second").withInput(Payload.utf8("another")), ASKED);
        repairs.redrive(prefix + "repaired", RedriveRequest.fromVersion(1), ASKED);
        assertThat(repairs.fork(prefix + "repaired", 2, prefix + "forked-off", ASKED)
                        .version())
                .isOne();
    }

    private void look() {
        assertThat(history.listVersions(prefix + "worked", 0, 10)).hasSize(3);
        history.loadVersion(prefix + "worked", 1);
        history.loadAsOf(prefix + "worked", Instant.now());
        Stream.of(
                        WorkflowQuery.all(),
                        WorkflowQuery.all().withStatus(WorkflowStatus.COMPLETED),
                        WorkflowQuery.all().withStatus(WorkflowStatus.COMPLETED, WorkflowStatus.PAUSED),
                        WorkflowQuery.all().withStatus(WorkflowStatus.FAILED).ofDefinition(prefix + "flow"),
                        WorkflowQuery.all().withIdPrefix(prefix),
                        WorkflowQuery.all().withIdPrefix("o"),
                        WorkflowQuery.all().ofDefinition(prefix + "flow"),
                        WorkflowQuery.all().waitingFor("approval"),
                        WorkflowQuery.all().stuckSince(Instant.now()),
                        WorkflowQuery.all().withFailure("lost"),
                        WorkflowQuery.all().atTask("second"),
                        WorkflowQuery.all().withErrorContaining("refused"),
                        WorkflowQuery.all().createdFrom(Instant.EPOCH).createdBefore(Instant.now()),
                        WorkflowQuery.all().updatedFrom(Instant.EPOCH).updatedBefore(Instant.now()),
                        WorkflowQuery.all().after(new WorkflowQuery.Cursor(Instant.now(), "a")))
                .forEach(query -> queries.findWorkflows(query.limit(20)));
        queries.failuresByFingerprint(Optional.empty(), 10);
        queries.failuresByFingerprint(Optional.of(prefix + "flow"), 10);
        assertThat(queries.findWorkflow(prefix + "worked")).isPresent();
        assertThat(queries.listTasks(prefix + "worked")).hasSize(2);
        queries.countByStatus();
        assertThat(statistics.currentFigures().workflows()).isNotEmpty();
        statistics.countOpenTasks();
        assertThat(events.listEvents(prefix + "worked", 0, 10)).isNotEmpty();
        assertThat(events.tailEvents(0, 10)).isNotEmpty();
    }
}
