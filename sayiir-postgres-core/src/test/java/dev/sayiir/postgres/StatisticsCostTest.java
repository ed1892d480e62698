package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.WorkflowFigures;
import dev.sayiir.postgres.RetentionRepository.Entry;
import dev.sayiir.postgres.RetentionRepository.Instance;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.Plans;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What is finished costs neither the figures nor retention anything: counted in pages, with a million of it. */
@Tag("slow")
class StatisticsCostTest {

    private static final int FINISHED = 1_000_000;
    private static final int OPEN = 200;

    /** A page for each open task at most, a few for the pending rows, and the counts, of which there are few. */
    private static final long PAGES = OPEN + 100;

    private static final Pattern TOP_BUFFERS = Pattern.compile("Buffers: shared (?:hit=(\\d+))?(?: ?read=(\\d+))?");

    private static Database database;
    private static JdbcTemplate jdbc;
    private static PostgresBackend backend;

    @BeforeAll
    static void fill() {
        database = PostgresServer.of(17).newDatabase();
        jdbc = new JdbcTemplate(database.dataSource());
        backend = PostgresBackend.builder(database.dataSource()).build();
        instances("running", OPEN, "'InProgress'");
        // Without its events, which are a million as well and come below.
        jdbc.execute("ALTER TABLE sayiir.sayiir_workflows DISABLE TRIGGER sayiir_log_creation");
        instances("finished", FINISHED, "'Completed'");
        jdbc.execute("ALTER TABLE sayiir.sayiir_workflows ENABLE TRIGGER sayiir_log_creation");
        jdbc.update("""
                INSERT INTO sayiir.sayiir_workflow_events (instance_id, created_at, kind)
                SELECT w.instance_id, now(), 'Completed' FROM sayiir.sayiir_workflows AS w
                """);
        jdbc.update("""
                INSERT INTO sayiir.sayiir_workflow_tasks
                    (instance_id, task_id, status, completed_version, started_at, completed_at, attempts)
                SELECT w.instance_id, 't', 'completed', 1, now(), now(), 1
                FROM sayiir.sayiir_workflows AS w
                WHERE w.status = 'Completed'
                """);
        jdbc.update("""
                INSERT INTO sayiir.sayiir_task_claims
                    (instance_id, branch, task_id, status, ready_at, started_at, task_priority, definition_hash, task_tags)
                SELECT w.instance_id, '', 't', 'active', now() - interval '1 hour', now(), 3, 'd', '{}'
                FROM sayiir.sayiir_workflows AS w
                WHERE w.status = 'InProgress'
                """);
        jdbc.update("""
                INSERT INTO sayiir.sayiir_workflow_history (instance_id, version, saved_at, baseline, status, data, write_id)
                SELECT w.instance_id, 1, now(), true, w.status, '\\x00', 1
                FROM sayiir.sayiir_workflows AS w WHERE w.incarnation <= 10000
                """);
        jdbc.execute("VACUUM ANALYZE");
    }

    private static void instances(String what, int count, String status) {
        jdbc.update(
                "INSERT INTO sayiir.sayiir_workflows (instance_id, version, data_version, base_version, incarnation, created_at,"
                        + " updated_at, completed_task_count, task_priority, status, definition_hash, task_tags)"
                        + " SELECT ? || '-' || i, 1, 1, 1, i, now() - interval '1 hour', now(), 1, 3, " + status
                        + ", 'd', '{}' FROM generate_series(1, ?) AS i",
                what,
                count);
    }

    @AfterAll
    static void drop() {
        database.close();
    }

    @Test
    void the_figures_are_right_and_read_only_what_is_open() {
        List<String> plans = Plans.withBuffers(
                database.dataSource(), dataSource -> backend(dataSource).currentFigures());

        assertThat(plans).hasSize(1);
        assertThat(plans.get(0))
                .contains(
                        "sayiir_task_claims",
                        "sayiir_workflow_events_pending_request",
                        "sayiir_workflow_events_pending_event")
                .doesNotContain("Seq Scan on sayiir_workflows", "Seq Scan on sayiir_workflow_tasks")
                .doesNotContain("Seq Scan on sayiir_workflow_events");
        assertThat(pages(plans.get(0))).as(plans.get(0)).isLessThan(PAGES);

        WorkflowFigures figures = backend.currentFigures();
        assertThat(figures.workflows())
                .containsEntry(WorkflowStatus.COMPLETED, (long) FINISHED)
                .containsEntry(WorkflowStatus.IN_PROGRESS, (long) OPEN)
                .containsEntry(WorkflowStatus.FAILED, 0L);
        assertThat(figures.activeTasks()).isEqualTo(OPEN);
        assertThat(figures.readyTasks()).isEqualTo(OPEN);
        assertThat(figures.oldestReadyAge()).isGreaterThanOrEqualTo(Duration.ofHours(1));
    }

    @Test
    void what_has_changed_is_put_together_once_it_is_much() {
        for (int i = 0; i < 400; i++) {
            backend.createSnapshot(
                    WorkflowSnapshot.start("short-" + i, "d", Payload.empty()).complete(Payload.empty()));
            backend.deleteSnapshot("short-" + i);
        }
        long before = changes();
        WorkflowFigures figures = backend.currentFigures();
        assertThat(changes()).isEqualTo(before); // not yet

        for (int i = 0; i < 200; i++) {
            backend.createSnapshot(
                    WorkflowSnapshot.start("short-" + i, "d", Payload.empty()).complete(Payload.empty()));
            backend.deleteSnapshot("short-" + i);
        }
        assertThat(backend.currentFigures().workflows()).isEqualTo(figures.workflows());
        assertThat(changes()).isLessThan(6);
        assertThat(backend.countByStatus()).isEqualTo(figures.workflows());
    }

    @Test
    void what_many_changes_leave_behind_when_they_are_put_together_is_not_read_again() {
        jdbc.update("INSERT INTO sayiir.sayiir_workflow_counts (status, change)"
                + " SELECT 'Failed', CASE i % 2 WHEN 0 THEN 1 ELSE -1 END FROM generate_series(1, 200000) AS i");
        backend.currentFigures();
        assertThat(changes()).isLessThan(10);
        assertThat(jdbc.queryForObject("SELECT pg_relation_size('sayiir.sayiir_workflow_counts') / 8192", Long.class))
                .isGreaterThan(1000);
        jdbc.execute("VACUUM (TRUNCATE OFF) sayiir.sayiir_workflow_counts");

        List<String> plans = Plans.withBuffers(
                database.dataSource(), dataSource -> backend(dataSource).currentFigures());

        assertThat(plans).hasSize(1);
        assertThat(pages(plans.get(0))).as(plans.get(0)).isLessThan(PAGES);
    }

    private static long changes() {
        return jdbc.queryForObject("SELECT count(*) FROM sayiir.sayiir_workflow_counts", Long.class);
    }

    @Test
    void nothing_is_written_in_a_read_only_transaction() {
        jdbc.update("INSERT INTO sayiir.sayiir_workflow_counts (status, change)"
                + " SELECT 'Failed', CASE i % 2 WHEN 0 THEN 1 ELSE -1 END FROM generate_series(1, 2000) AS i");
        TransactionTemplate readOnly = new TransactionTemplate(new DataSourceTransactionManager(database.dataSource()));
        readOnly.setReadOnly(true);

        WorkflowFigures figures = readOnly.execute(status -> backend.currentFigures());

        assertThat(figures.workflows()).containsEntry(WorkflowStatus.FAILED, 0L);
        assertThat(changes()).isGreaterThanOrEqualTo(2000);
        assertThat(backend.currentFigures()).isNotNull();
        assertThat(changes()).isLessThan(10);
    }

    @Test
    void retention_with_nothing_old_enough_reads_next_to_nothing() {
        List<String> plans = Plans.withBuffers(
                database.dataSource(),
                dataSource -> Retention.builder(dataSource)
                        .keepFinished(Duration.ofDays(1))
                        .keepVersions(Duration.ofDays(1))
                        .keepEvents(Duration.ofDays(1))
                        .batchSize(100)
                        .build()
                        .run());

        List<String> batches =
                plans.stream().filter(plan -> plan.contains("sayiir_workflow")).toList();
        assertThat(batches).hasSize(5);
        for (String plan : batches) {
            assertThat(plan).doesNotContain("Seq Scan on sayiir_workflow");
            assertThat(pages(plan)).as(plan).isLessThan(50);
        }
    }

    @Test
    void a_batch_of_retention_reads_what_it_deletes() {
        List<String> plans = Plans.of(
                database.dataSource(),
                dataSource -> Retention.builder(dataSource)
                        .keepFinished(Duration.ofDays(1))
                        .keepVersions(Duration.ofDays(1))
                        .keepEvents(Duration.ofDays(1))
                        .build()
                        .run());

        assertThat(plans).allSatisfy(plan -> assertThat(plan).doesNotContain("Seq Scan on"));
        assertThat(plans.stream().filter(plan -> plan.contains("CTE walk")))
                .hasSize(3)
                .allSatisfy(plan -> assertThat(plan).contains("sayiir_workflows_by_"));
        assertThat(plans.stream()
                        .filter(plan -> !plan.contains("walk") && plan.contains("sayiir_workflows_by_creation")))
                .hasSize(1);
        assertThat(plans.stream().filter(plan -> plan.contains("sayiir_workflow_events_by_id")))
                .hasSize(1);
    }

    @Test
    void retention_finds_what_it_deletes_by_its_keys() {
        List<Instance> some =
                List.of(new Instance(Instant.EPOCH, "finished-1"), new Instance(Instant.EPOCH, "finished-2"));
        List<String> plans = Plans.of(database.dataSource(), dataSource -> {
            RetentionRepository retention = new RetentionRepository(
                    new NamedParameterJdbcTemplate(dataSource), new SchemaName(SchemaMigrator.DEFAULT_SCHEMA));
            retention.deleteFinished(some, WorkflowStatus.COMPLETED, Duration.ofDays(1));
            retention.deleteVersions(some, Duration.ofDays(1), 1000);
            retention.deleteEvents(List.of(new Entry("finished-1", 1), new Entry("finished-2", 2)));
        });

        assertThat(plans)
                .hasSize(3)
                .allSatisfy(plan -> assertThat(plan)
                        .contains("Index Scan using sayiir_workflow")
                        .doesNotContain("Seq Scan on"));
    }

    private static PostgresBackend backend(javax.sql.DataSource dataSource) {
        return PostgresBackend.builder(dataSource).migration(MigrationMode.NONE).build();
    }

    /** Those of the topmost node, which has those of all below it. */
    private static long pages(String plan) {
        MatchResult buffers = TOP_BUFFERS.matcher(plan).results().findFirst().orElseThrow();
        return number(buffers.group(1)) + number(buffers.group(2));
    }

    private static long number(String group) {
        return group == null ? 0 : Long.parseLong(group);
    }
}
