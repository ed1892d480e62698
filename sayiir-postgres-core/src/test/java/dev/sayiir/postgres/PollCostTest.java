package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.Plans;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** A poll reads what it returns, whatever else there is: counted in pages. */
class PollCostTest {

    private static final Pattern BUFFERS = Pattern.compile("Buffers: shared (?:hit=(\\d+))?(?: ?read=(\\d+))?");
    private static final int BATCH = 32;
    private static final int READY = 500;

    /** To go down the indexes ten times. */
    private static final long EMPTY_POLL_PAGES = 100;

    /** To read and lock a row; each of the five priorities is asked for a whole batch. */
    private static final long PAGES_PER_CANDIDATE = 5;

    /** To update a row, to change three indexes, and to read the instance: four primary keys and what is pending for it. */
    private static final long PAGES_PER_TASK = 45;

    private static final long FULL_POLL_PAGES = EMPTY_POLL_PAGES + BATCH * (5 * PAGES_PER_CANDIDATE + PAGES_PER_TASK);

    private static Database database;
    private static JdbcTemplate jdbc;
    private static SingleConnectionDataSource connectedBefore;

    @BeforeAll
    static void fill() {
        database = PostgresServer.of(17).newDatabase();
        jdbc = new JdbcTemplate(database.dataSource());
        new SchemaMigrator(database.dataSource(), "sayiir").migrate();
        pollOnEmptyTables();
        insert("delayed", 200_000, "'waiting', now() + interval '1 day' + i * interval '1 second'");
        insert("paused", 10_000, "'active', NULL");
        insert("backlog", 20_000, "'active', now()");
        createReady(READY);
    }

    /** The server keeps the plan for the connection until it knows more of the tables. */
    private static void pollOnEmptyTables() {
        connectedBefore =
                new SingleConnectionDataSource(database.url(), database.username(), database.password(), true);
        PostgresBackend backend = PostgresBackend.builder(connectedBefore)
                .migration(MigrationMode.NONE)
                .notifyMode(NotifyMode.POLL)
                .build();
        assertThat(backend.claimAvailableTasks(ClaimQuery.of("w", BATCH, Duration.ofHours(1))))
                .isEmpty();
    }

    private static void insert(String what, int count, String statusAndReadyAt) {
        jdbc.update(
                "INSERT INTO sayiir.sayiir_task_claims (instance_id, branch, task_id, started_at, task_priority, definition_hash, "
                        + "task_tags, status, ready_at) SELECT ? || '-' || i, '', 't', now(), 1 + i % 5, 'd', '{}', "
                        + statusAndReadyAt + " FROM generate_series(1, ?) AS i",
                what,
                count);
    }

    private static void createReady(int count) {
        PostgresBackend backend = backend();
        for (int i = 0; i < count; i++) {
            backend.createSnapshot(WorkflowSnapshot.builder("ready-" + i, "d")
                    .taskPriority(TaskPriority.ofLevel(1 + i % 5))
                    .build()
                    .moveTo(new AtTask("t")));
        }
        jdbc.update("UPDATE sayiir.sayiir_task_claims SET ready_at = now() - interval '1 hour'"
                + " WHERE instance_id LIKE 'ready-%'");
    }

    @AfterAll
    static void drop() {
        connectedBefore.destroy();
        database.close();
    }

    @Test
    void R18_a_poll_reads_only_what_it_returns_and_nothing_to_do_costs_nothing() {
        assertThat(pagesOfPoll(BATCH)).as("with a plan for empty tables").isLessThan(FULL_POLL_PAGES);

        jdbc.execute("VACUUM ANALYZE sayiir.sayiir_task_claims");
        assertThat(pagesOfPoll(BATCH)).isLessThan(FULL_POLL_PAGES);

        jdbc.update("DELETE FROM sayiir.sayiir_task_claims WHERE instance_id LIKE 'backlog-%'");
        jdbc.execute("VACUUM sayiir.sayiir_task_claims");
        List<ClaimedTask> rest = backend().claimAvailableTasks(ClaimQuery.of("w", 1000, Duration.ofHours(1)));
        assertThat(rest).hasSize(READY - 4 * BATCH);
        pagesOfPoll(0); // marks the index entries of rows that have moved
        assertThat(pagesOfPoll(0)).isLessThan(EMPTY_POLL_PAGES);
    }

    private static long pagesOfPoll(int expected) {
        List<String> plans = Plans.withBuffers(
                connectedBefore,
                dataSource -> assertThat(PostgresBackend.builder(dataSource)
                                .migration(MigrationMode.NONE)
                                .build()
                                .claimAvailableTasks(ClaimQuery.of("w", BATCH, Duration.ofHours(1))
                                        .definitions(Set.of("d", "e"))
                                        .taskIds(Set.of("t", "u"))
                                        .tags(Set.of("gpu"))))
                        .hasSize(expected));
        assertThat(plans).hasSize(1);
        long pages = pages(plans.get(0));
        System.out.println("A poll that finds " + expected + " tasks touches " + pages + " pages");
        return pages;
    }

    private static long pages(String plan) {
        Matcher buffers = BUFFERS.matcher(plan);
        assertThat(buffers.find()).as(plan).isTrue();
        return number(buffers.group(1)) + number(buffers.group(2));
    }

    private static long number(String group) {
        return group == null ? 0 : Long.parseLong(group);
    }

    private static PostgresBackend backend() {
        return PostgresBackend.builder(database.dataSource())
                .migration(MigrationMode.NONE)
                .build();
    }
}
