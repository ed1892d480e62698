package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.postgres.NotifyMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowStatus;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
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
    @ValueSource(booleans = {true, false})
    void R25_a_branch_costs_the_same_in_a_fork_ten_times_as_large(boolean ownInputs) {
        Cost few = costOfBranch(FEW, ownInputs);
        Cost many = costOfBranch(MANY, ownInputs);

        System.out.println(
                "A branch, own inputs " + ownInputs + ": " + few + " of " + FEW + ", " + many + " of " + MANY);
        assertThat(many.pages()).isLessThan(1.5 * few.pages());
        assertThat(many.rows()).isLessThan(1.5 * few.rows());
        assertThat(many.walBytes()).isLessThan(1.5 * few.walBytes());
    }

    @Test
    void an_output_of_50_kB_is_given_to_100_branches_and_each_gives_back_as_much() {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            run(database, 100, Payload.of(("\"" + "x".repeat(50_000) + "\"").getBytes(StandardCharsets.UTF_8)), false);
        }
    }

    private static Cost costOfBranch(int branches, boolean ownInputs) {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
            PostgresBackend.builder(database.dataSource()).build();
            for (String table : new String[] {"workflows", "workflow_history", "workflow_tasks"}) {
                jdbc.execute("ALTER TABLE sayiir.sayiir_" + table + " SET (autovacuum_enabled = off)");
            }
            long[] before = counts(jdbc);
            run(database, branches, Payload.of(new byte[1_000]), ownInputs);
            long[] after = counts(jdbc);
            return new Cost(
                    (double) (after[0] - before[0]) / branches,
                    (double) (after[1] - before[1]) / branches,
                    (double) (after[2] - before[2]) / branches);
        }
    }

    /** Sessions report what they did at their end at the latest. */
    private static long[] counts(JdbcTemplate jdbc) {
        return jdbc.queryForObject("""
                SELECT blks_hit + blks_read, tup_returned + tup_fetched, pg_current_wal_insert_lsn() - '0/0'
                FROM pg_stat_database WHERE datname = current_database()
                """, (row, number) -> new long[] {row.getLong(1), row.getLong(2), row.getLong(3)});
    }

    private static void run(Database database, int branches, Payload output, boolean ownInputs) {
        try (HikariDataSource pool = new HikariDataSource(database.poolConfig(database.url()))) {
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
