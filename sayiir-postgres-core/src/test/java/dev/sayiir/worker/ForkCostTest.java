package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.postgres.NotifyMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * A branch costs the same in a fork of two hundred and of two thousand, through a worker, from the fork to the end of the
 * join: counted in the pages and rows that the server touches, and in the write-ahead log.
 */
class ForkCostTest {

    private static final Workflow WORKFLOW = new Workflow("fanout", "first");
    private static final int FEW = 200;
    private static final int MANY = 10 * FEW;

    /** Of one branch. */
    private record Cost(double pages, double rows, double walBytes) {}

    @ParameterizedTest
    @CsvSource({"false, false", "false, true", "true, false", "true, true"})
    void R25_a_branch_costs_the_same_in_a_fork_ten_times_as_large(boolean ownInputs, boolean statistics) {
        Cost few = costOfBranch(FEW, ownInputs, statistics);
        Cost many = costOfBranch(MANY, ownInputs, statistics);

        System.out.println("A branch, own inputs " + ownInputs + ", statistics " + statistics + ": " + few + " of "
                + FEW + ", " + many + " of " + MANY);
        assertThat(many.pages()).isLessThan(1.3 * few.pages());
        assertThat(many.rows()).isLessThan(1.3 * few.rows());
        assertThat(many.walBytes()).isLessThan(1.3 * few.walBytes());
    }

    @Test
    void an_output_of_50_kB_is_given_to_100_branches_and_each_gives_back_as_much() {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            run(database, 100, Payload.of(("\"" + "x".repeat(50_000) + "\"").getBytes(StandardCharsets.UTF_8)), false);
        }
    }

    /** @param statistics whether there are any, of a time without forks */
    private static Cost costOfBranch(int branches, boolean ownInputs, boolean statistics) {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            try (HikariDataSource pool = new HikariDataSource(database.poolConfig(database.url()))) {
                PostgresBackend.builder(pool).build();
                fill(new JdbcTemplate(pool));
            }
            JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
            if (statistics) {
                jdbc.execute("ANALYZE");
            }
            awaitQuiet(jdbc);
            long[] before = counts(jdbc);
            run(database, branches, Payload.of(new byte[1_000]), ownInputs);
            awaitQuiet(jdbc);
            long[] after = counts(jdbc);
            return new Cost(
                    (double) (after[0] - before[0]) / branches,
                    (double) (after[1] - before[1]) / branches,
                    (double) (after[2] - before[2]) / branches);
        }
    }

    /** With so much beside it that no index grows by a level on the way from one fork to the other. */
    private static void fill(JdbcTemplate jdbc) {
        for (String table : List.of("workflows", "workflow_history", "workflow_tasks", "task_claims")) {
            jdbc.execute("ALTER TABLE sayiir.sayiir_" + table + " SET (autovacuum_enabled = off)");
        }
        jdbc.update("""
                INSERT INTO sayiir.sayiir_workflow_history (instance_id, version, saved_at, baseline, status, data, write_id)
                SELECT 'other-' || i, 1, now(), true, 'Completed', '\\x00', i FROM generate_series(1, 50000) AS i
                """);
        jdbc.update("""
                INSERT INTO sayiir.sayiir_workflow_tasks
                    (instance_id, task_id, status, started_at, completed_at, attempts)
                SELECT 'other-' || i, 'task', 'skipped', now(), now(), 1
                FROM generate_series(1, 50000) AS i
                WHERE i % 5 > 0
                """);
        jdbc.update("""
                INSERT INTO sayiir.sayiir_task_claims
                    (instance_id, branch, task_id, status, started_at, task_priority, definition_hash, task_tags, ready_at)
                SELECT 'other-' || i * 5, '', 'task', 'waiting', now(), 3, 'other', '{}', now() + interval '1 day'
                FROM generate_series(1, 10000) AS i
                """);
    }

    /** Sessions report what they did at their end at the latest, and are not listed any more when they have. */
    private static void awaitQuiet(JdbcTemplate jdbc) {
        await().until(() -> Objects.equals(
                jdbc.queryForObject(
                        "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()",
                        Long.class),
                0L));
    }

    private static long[] counts(JdbcTemplate jdbc) {
        return jdbc.queryForObject("""
                SELECT blks_hit + blks_read, tup_returned + tup_fetched, pg_current_wal_insert_lsn() - '0/0'
                FROM pg_stat_database WHERE datname = current_database()
                """, (row, number) -> new long[] {row.getLong(1), row.getLong(2), row.getLong(3)});
    }

    private static void run(Database database, int branches, Payload output, boolean ownInputs) {
        HikariConfig config = database.poolConfig(database.url());
        config.setMaximumPoolSize(2); // what a session does once is little beside what is measured
        try (HikariDataSource pool = new HikariDataSource(config)) {
            PostgresBackend backend =
                    PostgresBackend.builder(pool).notifyMode(NotifyMode.POLL).build();
            TaskOutcome.Fork fork = TaskOutcome.fork("join", output);
            for (int i = 0; i < branches; i++) {
                fork = ownInputs
                        ? fork.branch("b" + i, "do-" + i, Payload.utf8("own " + i))
                        : fork.branch("b" + i, "do-" + i);
            }
            TaskOutcome outcome = fork;
            TaskWorkerBuilder worker = TaskWorker.builder(backend)
                    .workflow(WORKFLOW)
                    .pollInterval(Duration.ofMillis(20))
                    .handler(TaskHandler.of("first", Payload.class, (in, task) -> outcome))
                    .handler(TaskHandler.of(
                            "join",
                            Payload.class,
                            (all, task) -> TaskOutcome.complete(IntStream.range(0, branches)
                                    .allMatch(i -> task.branchResult("b" + i, Payload.class)
                                            .filter(ownInputs ? Payload.utf8("own " + i)::equals : output::equals)
                                            .isPresent()))));
            IntStream.range(0, branches)
                    .forEach(i -> worker.handler(
                            TaskHandler.of("do-" + i, Payload.class, (in, task) -> TaskOutcome.complete(in))));
            TaskWorker running = worker.build();
            try {
                Workflows workflows = Workflows.of(backend);
                running.start();
                workflows.start(WORKFLOW, "fork", Map.of());
                await().atMost(Duration.ofMinutes(5))
                        .until(() -> workflows.status("fork") != WorkflowStatus.IN_PROGRESS);
                assertThat(workflows.result("fork", Boolean.class)).contains(true);
            } finally {
                running.stop(Duration.ofMinutes(1));
            }
        }
    }
}
