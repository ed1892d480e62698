package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.postgres.DisturbedOperation.Given;
import dev.sayiir.testing.CuttingProxy;
import dev.sayiir.testing.CuttingProxy.Loss;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.LockWaits;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Connections that break in the middle of an operation: before the server has heard of a request, after it has carried it
 * out, and while it is at it. Each operation comes to the same as if nothing had happened, and happens once.
 */
@Tag("slow")
class LostAnswerTest {

    private static Database database;
    private static JdbcTemplate jdbc;
    private static PostgresBackend undisturbed;

    private CuttingProxy proxy;
    private HikariDataSource pool;
    private PostgresBackend backend;

    @BeforeAll
    static void migrate() {
        database = PostgresServer.of(17).newDatabase();
        jdbc = new JdbcTemplate(database.dataSource());
        undisturbed = PostgresBackend.builder(database.dataSource()).build();
    }

    @AfterAll
    static void drop() {
        database.close();
    }

    /** One connection is enough for every operation. */
    @BeforeEach
    void connect() {
        proxy = CuttingProxy.before(database.url());
        HikariConfig config = database.poolConfig(proxy.through(database.url()));
        config.setMaximumPoolSize(1);
        pool = new HikariDataSource(config);
        backend = PostgresBackend.builder(pool)
                .migration(MigrationMode.NONE)
                .notifyMode(NotifyMode.POLL) // notifications would take requests of the operation for their own
                .build();
    }

    @AfterEach
    void disconnect() {
        pool.close();
        proxy.close();
        // What the server has been left at alone is done before the next operation begins anew.
        await().until(() -> working() == 0);
    }

    private static int working() {
        Integer count = jdbc.queryForObject("""
                SELECT count(*) FROM pg_catalog.pg_stat_activity
                WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'
                """, Integer.class);
        return count == null ? 0 : count;
    }

    record Outcome(Object result, List<Map<String, Object>> stored) {

        static Outcome of(Object result) {
            return new Outcome(
                    result instanceof WorkflowSnapshot snapshot ? atNoTime(snapshot) : result, StoredRows.all(jdbc));
        }

        private static WorkflowSnapshot atNoTime(WorkflowSnapshot snapshot) {
            return snapshot.toBuilder().updatedAt(Instant.EPOCH).build();
        }
    }

    @ParameterizedTest
    @EnumSource
    void R7_a_connection_that_breaks_at_any_request_makes_no_difference(DisturbedOperation operation) {
        Outcome expected = Outcome.of(operation.run(undisturbed, operation.given(undisturbed)));
        for (Loss loss : Loss.values()) {
            int skipped = 0;
            boolean cut = true;
            while (cut) {
                Given given = operation.given(undisturbed);
                backend.countByStatus();
                proxy.loseNext(loss, skipped);
                assertThat(Outcome.of(operation.run(backend, given)))
                        .as("%s no. %d is lost", loss, skipped)
                        .isEqualTo(expected);
                cut = proxy.disarm() < 0;
                skipped++;
            }
            assertThat(skipped).as("requests of which each was lost once").isGreaterThan(1);
        }
    }

    /** The server does not notice that the client is gone: it waits for a lock, and then does what it was asked for. */
    @ParameterizedTest
    @EnumSource(
            mode = EnumSource.Mode.EXCLUDE,
            // These wait for no lock.
            names = {"EXTEND", "RELEASE", "CHECK_AND_PAUSE", "COMMIT_TOGETHER", "COMMIT_BRANCHES_TOGETHER"})
    void R7_a_connection_that_breaks_while_the_server_works_makes_no_difference(DisturbedOperation operation)
            throws Exception {
        Outcome expected = Outcome.of(operation.run(undisturbed, operation.given(undisturbed)));
        Given given = operation.given(undisturbed);
        CompletableFuture<Object> result;
        try (Connection other = database.dataSource().getConnection()) {
            other.setAutoCommit(false);
            lockAll(other);
            result = CompletableFuture.supplyAsync(() -> operation.run(backend, given));
            await().until(() -> LockWaits.count(jdbc) == 1);
            proxy.cutAll();
            await().until(() -> LockWaits.count(jdbc) == 2);
            other.rollback();
        }

        assertThat(Outcome.of(result.get(30, TimeUnit.SECONDS))).isEqualTo(expected);
    }

    /** The instances there are, their tasks, and the id of one that is to be. */
    private static void lockAll(Connection connection) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute("SELECT FROM sayiir.sayiir_workflows FOR UPDATE");
            statement.execute("SELECT FROM sayiir.sayiir_task_claims FOR UPDATE");
            statement.execute("""
                    INSERT INTO sayiir.sayiir_workflows (instance_id, version, data_version, base_version, incarnation,
                        created_at, updated_at, completed_task_count, task_priority, status, definition_hash, task_tags)
                    VALUES ('another', 1, 1, 1, 1, now(), now(), 0, 3, 'InProgress', 'd', '{}')
                    """);
        }
    }
}
