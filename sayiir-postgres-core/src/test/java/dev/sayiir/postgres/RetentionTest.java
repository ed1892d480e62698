package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sayiir.persistence.HistoryEntry;
import dev.sayiir.persistence.PurgedKind;
import dev.sayiir.persistence.RedriveRequest;
import dev.sayiir.persistence.RepairRefusedException;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.WorkflowEvent;
import dev.sayiir.persistence.WorkflowEvent.Kind;
import dev.sayiir.postgres.Retention.Purged;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What retention deletes, and what it never does. */
@Tag("slow")
@ParameterizedClass
@MethodSource("versions")
class RetentionTest {

    private static final Duration WEEK = Duration.ofDays(7);

    @Parameter
    private int major;

    private Database database;
    private JdbcTemplate jdbc;
    private PostgresBackend backend;
    private TransactionTemplate transaction;

    static List<Integer> versions() {
        return PostgresServer.SUPPORTED;
    }

    @BeforeEach
    void migrate() {
        database = PostgresServer.of(major).newDatabase();
        jdbc = new JdbcTemplate(database.dataSource());
        backend = PostgresBackend.builder(database.dataSource()).build();
        transaction = new TransactionTemplate(new DataSourceTransactionManager(database.dataSource()));
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void nothing_is_deleted_that_was_not_asked_for() {
        finished("old");
        age("old", WEEK.plusDays(1));

        assertThat(retention().build().run()).isEqualTo(new Purged(0, 0, 0, 0));
        assertThat(backend.listSnapshots()).containsExactly("old");
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 1000})
    void finished_instances_go_when_they_are_old_enough_and_others_stay(int batchSize) {
        for (String id : List.of("old-1", "old-2", "old-3", "recent")) {
            finished(id);
        }
        backend.saveSnapshot(order("old-failed").fail("lost"));
        backend.createSnapshot(order("old-cancelled"));
        backend.requestCancel("old-cancelled", SignalRequest.unexplained());
        backend.createSnapshot(order("old-running"));
        backend.createSnapshot(order("old-paused"));
        backend.requestPause("old-paused", SignalRequest.unexplained());
        backend.listSnapshots().stream().filter(id -> id.startsWith("old")).forEach(id -> age(id, WEEK.plusDays(1)));
        age("recent", WEEK.minusDays(1));

        Purged purged =
                retention().keepFinished(WEEK).batchSize(batchSize).build().run();

        assertThat(purged).isEqualTo(new Purged(5, 0, 0, 0));
        assertThat(backend.listSnapshots()).containsExactly("old-paused", "old-running", "recent");
        assertThat(jdbc.queryForObject("""
                SELECT count(*) FROM sayiir.sayiir_workflow_history
                WHERE instance_id NOT IN (SELECT instance_id FROM sayiir.sayiir_workflows)
                """, Long.class)).isZero();
    }

    @Test
    void an_instance_that_began_long_ago_and_finished_of_late_stays() {
        finished("long-runner");
        age("long-runner", Duration.ofDays(100));
        jdbc.update("UPDATE sayiir.sayiir_workflows SET updated_at = now()");

        assertThat(retention().keepFinished(WEEK).build().run().instances()).isZero();
    }

    @Test
    void what_somebody_has_locked_is_passed_over_without_waiting() {
        finished("locked");
        finished("free");
        age("locked", WEEK.plusDays(1));
        age("free", WEEK.plusDays(1));

        AtomicReference<Purged> purged = new AtomicReference<>();
        transaction.executeWithoutResult(status -> {
            jdbc.queryForList(
                    "SELECT instance_id FROM sayiir.sayiir_workflows WHERE instance_id = 'locked' FOR UPDATE");
            purged.set(retention().keepFinished(WEEK).build().run());
        });

        assertThat(purged.get().instances()).isOne();
        assertThat(backend.listSnapshots()).containsExactly("locked");
        assertThat(retention().keepFinished(WEEK).build().run().instances()).isOne();
    }

    @Test
    void one_runs_at_a_time_in_the_whole_fleet_and_schemas_do_not_hinder_each_other() {
        finished("old");
        age("old", WEEK.plusDays(1));
        PostgresBackend.builder(database.dataSource()).schema("other").build();

        AtomicReference<Purged> meanwhile = new AtomicReference<>();
        transaction.executeWithoutResult(status -> {
            assertThat(new RetentionRepository(
                                    new org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate(
                                            database.dataSource()),
                                    new SchemaName("sayiir"))
                            .begin())
                    .isTrue();
            meanwhile.set(retention().keepFinished(WEEK).build().run());
            assertThat(new RetentionRepository(
                                    new org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate(
                                            database.dataSource()),
                                    new SchemaName("other"))
                            .begin())
                    .isTrue();
        });
        assertThat(meanwhile.get().instances()).isZero();
        assertThat(retention().keepFinished(WEEK).build().run().instances()).isOne();
    }

    @Test
    void old_checkpoints_go_and_the_current_state_stays_whole() {
        WorkflowSnapshot order = backend.createSnapshot(order("order-1"));
        for (int i = 0; i < 20; i++) {
            order = backend.saveSnapshot(
                    order.completeTask("t" + i % 3, Payload.utf8("output " + i)).moveTo(new AtTask("after-" + i)));
        }
        backend.saveTaskResult("order-1", "side", Payload.utf8("aside"));
        WorkflowSnapshot before = backend.loadSnapshot("order-1");
        age("order-1", WEEK.plusDays(1));

        Purged purged = retention().keepVersions(WEEK).build().run();

        assertThat(purged.versions()).isPositive();
        assertThat(backend.loadSnapshot("order-1")).isEqualTo(before);
        assertThat(backend.listVersions("order-1", 0, 100))
                .extracting(HistoryEntry::version)
                .containsExactly(before.version());
        assertThat(backend.loadVersion("order-1", before.version()).completedTasks())
                .isEqualTo(before.completedTasks());
        assertThatExceptionOfType(SnapshotNotFoundException.class).isThrownBy(() -> backend.loadVersion("order-1", 1));
        // The baseline, the latest three results, the last control state and the current one.
        assertThat(rows("sayiir_workflow_history")).isLessThanOrEqualTo(6);
        assertThat(retention().keepVersions(WEEK).build().run()).isEqualTo(new Purged(0, 0, 0, 0));
    }

    /** Random workflows, cut at a random place: all that is left to be listed is loaded exactly as it was. */
    @ParameterizedTest
    @ValueSource(ints = {1, 7, 1000})
    void every_version_that_stays_is_loaded_as_it_was(int batchSize) {
        SplittableRandom random = new SplittableRandom(batchSize);
        List<String> ids = new ArrayList<>();
        Map<String, Map<Long, WorkflowSnapshot>> before = new LinkedHashMap<>();
        for (int n = 0; n < 15; n++) {
            String id = "order-" + n;
            ids.add(id);
            WorkflowSnapshot snapshot = backend.createSnapshot(order(id));
            for (int step = 0; step < 25; step++) {
                snapshot = backend.saveSnapshot(changed(random, snapshot));
            }
            Map<Long, WorkflowSnapshot> versions = new LinkedHashMap<>();
            for (HistoryEntry entry : backend.listVersions(id, 0, 100)) {
                versions.put(entry.version(), backend.loadVersion(id, entry.version()));
            }
            before.put(id, versions);
            ageUpTo(id, 1 + random.nextInt(26));
        }

        Purged purged =
                retention().keepVersions(WEEK).batchSize(batchSize).build().run();

        assertThat(purged.versions()).isPositive();
        for (String id : ids) {
            List<HistoryEntry> left = backend.listVersions(id, 0, 100);
            long oldest = left.get(0).version();
            assertThat(left).extracting(HistoryEntry::version).last().isEqualTo(26L);
            assertThat(left).hasSize((int) (27 - oldest));
            for (HistoryEntry entry : left) {
                assertThat(backend.loadVersion(id, entry.version()))
                        .as(id + " version " + entry.version())
                        .isEqualTo(before.get(id).get(entry.version()));
            }
            assertThat(left.size() == 1 || !isOld(id, oldest + 1)).isTrue();
        }
        assertThat(dangling()).isZero();
        assertThat(retention().keepVersions(WEEK).build().run()).isEqualTo(new Purged(0, 0, 0, 0));
    }

    @Test
    void R26_what_has_failed_can_go_on_however_old_it_is_but_not_from_a_version_that_is_gone() {
        for (String id : List.of("failed", "running")) {
            WorkflowSnapshot order = backend.createSnapshot(order(id));
            order = backend.saveSnapshot(
                    order.completeTask("reserve", Payload.utf8("1")).moveTo(new AtTask("charge")));
            order = backend.saveSnapshot(
                    order.completeTask("charge", Payload.utf8("2")).moveTo(new AtTask("ship")));
            backend.saveSnapshot(id.equals("failed") ? order.fail("no boxes") : order.moveTo(new AtTask("thank")));
            age(id, WEEK.plusDays(1));
        }
        WorkflowSnapshot before = backend.loadVersion("failed", 3);
        retention().keepVersions(WEEK).build().run();
        assertThat(retention().keepVersions(WEEK).build().run()).isEqualTo(new Purged(0, 0, 0, 0));

        for (String id : List.of("failed", "running")) {
            assertThatExceptionOfType(SnapshotNotFoundException.class)
                    .isThrownBy(() -> backend.redrive(id, RedriveRequest.fromVersion(2), SignalRequest.unexplained()))
                    .withMessageContaining("no version 2");
            assertThatExceptionOfType(RepairRefusedException.class)
                    .isThrownBy(
                            () -> backend.redrive(id, RedriveRequest.fromTask("charge"), SignalRequest.unexplained()))
                    .withMessageContaining("'charge'");
        }
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> backend.fork("running", 3, "other", SignalRequest.unexplained()));

        WorkflowSnapshot redriven =
                backend.redrive("failed", RedriveRequest.fromFailure(), SignalRequest.unexplained());
        assertThat(redriven.state()).isEqualTo(before.state());
        assertThat(backend.loadVersion("failed", 3)).isEqualTo(before);
        assertThat(dangling()).isZero();
    }

    @Test
    void an_instance_goes_on_after_its_old_checkpoints_are_gone() {
        WorkflowSnapshot order = backend.createSnapshot(order("order-1"));
        order = backend.saveSnapshot(order.completeTask("t", Payload.utf8("1")).moveTo(new AtTask("u")));
        WorkflowSnapshot basis = order;
        age("order-1", WEEK.plusDays(1));
        retention().keepVersions(WEEK).build().run();

        WorkflowSnapshot next =
                backend.saveSnapshot(basis.completeTask("u", Payload.utf8("2")).moveTo(new AtTask("v")));
        assertThat(next.version()).isEqualTo(3);
        backend.deleteSnapshot("order-1");
        backend.createSnapshot(order("order-1"));
        assertThat(backend.listVersions("order-1", 0, 10)).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 1000})
    void old_log_entries_go_and_what_is_pending_stays(int batchSize) {
        backend.createSnapshot(order("order-1"));
        backend.sendEvent("order-1", "paid", Payload.utf8("1"));
        backend.sendEvent("order-1", "paid", Payload.utf8("2"));
        backend.consumeEvent("order-1", "paid");
        backend.storeSignal("order-1", SignalKind.PAUSE, SignalRequest.unexplained());
        backend.clearSignal("order-1", SignalKind.PAUSE);
        backend.storeSignal("order-1", SignalKind.CANCEL, SignalRequest.unexplained());
        age("order-1", WEEK.plusDays(1));
        backend.createSnapshot(order("order-2"));

        Purged purged =
                retention().keepEvents(WEEK).batchSize(batchSize).build().run();

        assertThat(purged).isEqualTo(new Purged(0, 0, 3, 0));
        assertThat(backend.listEvents("order-1", 0, 10))
                .extracting(WorkflowEvent::kind)
                .containsExactly(Kind.EVENT_SENT, Kind.CANCEL_REQUESTED);
        assertThat(backend.consumeEvent("order-1", "paid")).contains(Payload.utf8("2"));
        assertThat(backend.listEvents("order-2", 0, 10)).hasSize(1);
    }

    @Test
    void an_observer_is_told_what_goes() {
        finished("old-1");
        finished("old-2");
        age("old-1", WEEK.plusDays(1));
        age("old-2", WEEK.plusDays(1));
        Map<PurgedKind, Long> told = new EnumMap<>(PurgedKind.class);
        StoreObserver observer = new StoreObserver() {
            @Override
            public void purged(PurgedKind kind, long rows) {
                told.merge(kind, rows, Long::sum);
            }
        };

        retention().keepFinished(WEEK).batchSize(1).observer(observer).build().run();

        assertThat(told).isEqualTo(Map.of(PurgedKind.INSTANCES, 2L));
    }

    @Test
    void it_commits_on_its_own_whatever_becomes_of_the_caller_s_transaction() {
        finished("old");
        age("old", WEEK.plusDays(1));

        transaction.executeWithoutResult(status -> {
            retention().keepFinished(WEEK).build().run();
            status.setRollbackOnly();
        });

        assertThat(backend.listSnapshots()).isEmpty();
    }

    @Test
    void R19_durations_and_sizes_that_cannot_be_are_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> retention().keepFinished(Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> retention().keepVersions(Duration.ofDays(-1)));
        assertThatIllegalArgumentException().isThrownBy(() -> retention().keepEvents(Duration.ofDays(100_000)));
        assertThatIllegalArgumentException().isThrownBy(() -> retention().batchSize(0));
    }

    private Retention.Builder retention() {
        return Retention.builder(database.dataSource());
    }

    private void finished(String id) {
        backend.saveSnapshot(backend.createSnapshot(order(id)).complete(Payload.utf8("done")));
    }

    private static WorkflowSnapshot order(String id) {
        return WorkflowSnapshot.start(id, "fulfilment-v1", Payload.utf8("tea")).moveTo(new AtTask("reserve"));
    }

    private WorkflowSnapshot changed(SplittableRandom random, WorkflowSnapshot snapshot) {
        String task = "t" + random.nextInt(4);
        return switch (random.nextInt(10)) {
            case 0, 1 -> snapshot.withdrawTask(task);
            case 2, 3 -> snapshot.moveTo(new AtTask(task));
            // Made from scratch: a new baseline.
            case 4 -> snapshot.toBuilder().state(snapshot.state()).build();
            default -> snapshot.completeTask(task, Payload.utf8("output " + random.nextInt(1_000)));
        };
    }

    /** As if all that there is of the instance had been stored so long ago. */
    private void age(String id, Duration by) {
        ageUpTo(id, Integer.MAX_VALUE, by);
    }

    private void ageUpTo(String id, int version) {
        ageUpTo(id, version, WEEK.plusDays(1));
    }

    private void ageUpTo(String id, int version, Duration by) {
        String ago = " - interval '" + by.toSeconds() + " seconds'";
        transaction.executeWithoutResult(status -> {
            jdbc.execute("SET LOCAL session_replication_role = replica");
            jdbc.update(
                    "UPDATE sayiir.sayiir_workflows SET created_at = created_at" + ago + ", updated_at = updated_at"
                            + ago + " WHERE instance_id = ?",
                    id);
            jdbc.update(
                    "UPDATE sayiir.sayiir_workflow_history SET saved_at = saved_at" + ago
                            + " WHERE instance_id = ? AND version <= ?",
                    id,
                    version);
            jdbc.update(
                    "UPDATE sayiir.sayiir_workflow_events SET created_at = created_at" + ago + " WHERE instance_id = ?",
                    id);
        });
    }

    private boolean isOld(String id, long version) {
        return Boolean.TRUE.equals(jdbc.queryForObject(
                "SELECT saved_at < now() - interval '7 days' FROM sayiir.sayiir_workflow_history"
                        + " WHERE instance_id = ? AND version = ?",
                Boolean.class,
                id,
                version));
    }

    private long rows(String table) {
        return jdbc.queryForObject("SELECT count(*) FROM sayiir." + table, Long.class);
    }

    /** Pointers to checkpoints that are not there. */
    private long dangling() {
        return jdbc.queryForObject("""
                SELECT count(*)
                FROM (SELECT instance_id, version FROM sayiir.sayiir_workflows
                      UNION SELECT instance_id, data_version FROM sayiir.sayiir_workflows
                      UNION SELECT instance_id, base_version FROM sayiir.sayiir_workflows
                      UNION SELECT instance_id, kept_from FROM sayiir.sayiir_workflows
                      UNION SELECT instance_id, completed_version FROM sayiir.sayiir_workflow_tasks
                            WHERE completed_version IS NOT NULL) AS p
                WHERE NOT EXISTS (SELECT FROM sayiir.sayiir_workflow_history AS h
                                  WHERE h.instance_id = p.instance_id AND h.version = p.version)
                """, Long.class);
    }
}
