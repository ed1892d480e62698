package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.LogLimit;
import dev.sayiir.testing.CountedStatements;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.LogLines;
import dev.sayiir.testing.Plans;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Good tasks behind a great many that cannot be decoded are reached soon, and the log stays readable. */
@Tag("slow")
class UndecodableFloodTest {

    private static final int GOOD = 10;
    private static final int MOST_STATEMENTS_OF_A_POLL = 21;

    /** PostgreSQL's default. */
    private static final double JIT_ABOVE_COST = 100_000;

    private final Database database = PostgresServer.of(17).newDatabase();
    private final JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
    private final CountedStatements counted = new CountedStatements(database.dataSource());
    private final LogLines log = LogLines.of("dev.sayiir");
    private PostgresBackend backend;

    @BeforeEach
    void migrate() {
        backend = PostgresBackend.builder(counted.dataSource())
                .notifyMode(NotifyMode.POLL)
                .build();
    }

    @AfterEach
    void drop() {
        log.close();
        database.close();
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 16})
    void R25_good_tasks_behind_many_bad_ones_cost_a_number_of_statements_that_grows_with_those(int limit) {
        long few = statementsToReachTheGood(2_000, limit);
        long many = statementsToReachTheGood(20_000, limit);

        System.out.println("Statements to reach " + GOOD + " good tasks behind 2,000 and 20,000 bad ones, " + limit
                + " at a time: " + few + ", " + many);
        assertThat(many).isLessThan(11 * few);
        assertThat(many).isLessThan(20_000 / 50);
        assertThat(log.lines().stream().filter(line -> line.startsWith("WARN")))
                .hasSizeLessThanOrEqualTo(LogLimit.LINES);
    }

    @Test
    void R18_no_more_are_handed_out_than_asked_for_and_what_was_claimed_beyond_is_free_at_once() {
        insertUndecodable(40);
        createGood(GOOD);

        assertThat(claim(3)).hasSize(3);
        assertThat(claim(100)).hasSize(GOOD - 3);
        assertThat(jdbc.queryForObject("SELECT max(crashes) FROM sayiir.sayiir_task_claims", Integer.class))
                .isZero();
    }

    @Test
    void R25_a_poll_that_leaves_some_for_the_next_one_asks_for_that_at_once() {
        AtomicInteger asked = new AtomicInteger();
        backend.onWakeUp(source -> asked.incrementAndGet());
        insertUndecodable(3_000);

        assertThat(claim(16)).isEmpty();
        await().until(() -> asked.get() == 1);

        assertThat(claim(16)).isEmpty();
        jdbc.update(
                "UPDATE sayiir.sayiir_task_claims SET ready_at = now() WHERE task_id = 't' AND instance_id = 'bad-1'");
        assertThat(claim(16)).isEmpty();
        createGood(1);
        await().until(() -> asked.get() == 2);
    }

    @Test
    void R24_the_statement_that_puts_them_aside_is_not_compiled() {
        insertUndecodable(300);
        List<Plans.Plan> plans = Plans.ofEach(
                database.dataSource(),
                dataSource -> PostgresBackend.builder(dataSource)
                        .migration(MigrationMode.NONE)
                        .notifyMode(NotifyMode.POLL)
                        .build()
                        .claimAvailableTasks(ClaimQuery.of("w", 16, Duration.ofHours(1))));

        assertThat(plans)
                .filteredOn(plan -> plan.text().contains("error = r.error"))
                .isNotEmpty()
                .allMatch(plan -> plan.cost() < JIT_ABOVE_COST);
    }

    private long statementsToReachTheGood(int bad, int limit) {
        jdbc.execute(
                "TRUNCATE sayiir.sayiir_workflows, sayiir.sayiir_workflow_tasks, sayiir.sayiir_task_claims, sayiir.sayiir_workflow_history,"
                        + " sayiir.sayiir_workflow_events");
        insertUndecodable(bad);
        cancelEveryTenth();
        createGood(GOOD);
        jdbc.execute("VACUUM ANALYZE sayiir.sayiir_task_claims");
        List<ClaimedTask> reached = new ArrayList<>();
        long total = 0;
        while (reached.size() < GOOD) {
            long statements = counted.during(() -> reached.addAll(claim(limit)));
            assertThat(statements).isPositive().isLessThanOrEqualTo(MOST_STATEMENTS_OF_A_POLL);
            total += statements;
        }
        assertThat(reached).extracting(task -> task.claim().instanceId()).allMatch(id -> id.startsWith("good"));
        assertThat(jdbc.queryForMap(
                        "SELECT max(attempts) AS attempts, count(*) FILTER (WHERE error IS NOT NULL) AS reported"
                                + " FROM sayiir.sayiir_task_claims WHERE instance_id LIKE 'bad%'"))
                .containsEntry("attempts", 1)
                .containsEntry("reported", (long) bad);
        return total;
    }

    private List<ClaimedTask> claim(int limit) {
        List<ClaimedTask> claimed = backend.claimAvailableTasks(ClaimQuery.of("w", limit, Duration.ofHours(1)));
        assertThat(claimed).hasSizeLessThanOrEqualTo(limit);
        return claimed;
    }

    private void insertUndecodable(int count) {
        new TransactionTemplate(new DataSourceTransactionManager(database.dataSource())).executeWithoutResult(tx -> {
            jdbc.execute("SET LOCAL session_replication_role = replica");
            jdbc.update(
                    "INSERT INTO sayiir.sayiir_workflows (instance_id, version, data_version, base_version, incarnation,"
                            + " created_at, updated_at, completed_task_count, task_priority, status, definition_hash, task_tags)"
                            + " SELECT 'bad-' || i, 1, 1, 1, 1, now(), now(), 0, 3, 'InProgress', 'd', '{}'"
                            + " FROM generate_series(1, " + count + ") AS i");
            jdbc.update(
                    "INSERT INTO sayiir.sayiir_workflow_history (instance_id, version, saved_at, baseline, status, data,"
                            + " initial_input, write_id) SELECT 'bad-' || i, 1, now(), true, 'InProgress', '\\x00', '\\x00', 1"
                            + " FROM generate_series(1, " + count + ") AS i");
            jdbc.update(
                    "INSERT INTO sayiir.sayiir_task_claims (instance_id, branch, task_id, status, ready_at, started_at,"
                            + " task_priority, definition_hash, task_tags)"
                            + " SELECT 'bad-' || i, '', 't', 'active', now() - interval '1 minute', now(), 3, 'd', '{}'"
                            + " FROM generate_series(1, " + count + ") AS i");
        });
    }

    /** To be cancelled, which takes what cannot be decoded. */
    private void cancelEveryTenth() {
        jdbc.update(
                "INSERT INTO sayiir.sayiir_workflow_events (instance_id, created_at, kind)"
                        + " SELECT instance_id, now(), 'CancelRequested' FROM sayiir.sayiir_workflows WHERE instance_id LIKE 'bad%0'");
    }

    private void createGood(int count) {
        for (int i = 0; i < count; i++) {
            backend.createSnapshot(
                    WorkflowSnapshot.start("good-" + i, "d", Payload.empty()).moveTo(new AtTask("t")));
        }
    }
}
