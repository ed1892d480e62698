package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sayiir.postgres.SchemaMigrationException.Reason;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.OddSettings;
import dev.sayiir.testing.PostgresServer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** R24: a start waits for its turn and for a connection, and says so if it has waited long enough. */
class WaitingStartTest {

    private static final String LOCK_OF_MIGRATIONS = "(126862485973362)";
    private static final Duration SHORT = Duration.ofMillis(400);

    private final Database database = PostgresServer.of(17).newDatabase();

    @AfterEach
    void drop() {
        database.close();
    }

    /** It has seen before that there is no schema, which a session remembers, and a transaction can go on seeing. */
    @ParameterizedTest
    @ValueSource(strings = {"read committed", "repeatable read", "serializable"})
    void R24_who_has_waited_sees_what_the_other_process_has_made(String isolation) {
        try (SingleConnectionDataSource other = single();
                SingleConnectionDataSource waiting = single()) {
            JdbcTemplate holder = new JdbcTemplate(other);
            holder.execute("SELECT pg_advisory_lock" + LOCK_OF_MIGRATIONS);
            new JdbcTemplate(waiting).execute("SET default_transaction_isolation = '" + isolation + "'");
            new JdbcTemplate(waiting)
                    .execute(
                            "SELECT to_regclass('sayiir.sayiir_schema_history'), to_regclass('sayiir.sayiir_workflows')");
            var upgrade = upgrade(waiting, Duration.ofMinutes(1));
            CompletableFuture<Void> start = CompletableFuture.runAsync(upgrade::run);
            await().until(() -> isWaiting(holder));

            upgrade(other, Duration.ofMinutes(1)).run();
            holder.execute("SELECT pg_advisory_unlock" + LOCK_OF_MIGRATIONS);

            start.join();
            assertThat(holder.queryForList("SELECT version FROM sayiir.sayiir_schema_history", String.class))
                    .containsExactlyInAnyOrder("0", "1");
        }
    }

    /** The timeouts of the role are for what it does later. */
    @Test
    void R24_who_waits_in_vain_is_told_that_another_process_is_at_it() {
        OddSettings.set(database, "statement_timeout = '200ms'");
        OddSettings.set(database, "lock_timeout = '100ms'");
        OddSettings.set(database, "transaction_timeout = '200ms'");
        try (SingleConnectionDataSource other = single()) {
            new JdbcTemplate(other).execute("SELECT pg_advisory_lock" + LOCK_OF_MIGRATIONS);

            assertThatThrownBy(migrator(database.dataSource())::migrate)
                    .isInstanceOfSatisfying(
                            SchemaMigrationException.class,
                            e -> assertThat(e.reason()).as("%s", e).isEqualTo(Reason.NOT_IN_TURN))
                    .hasMessageContaining("another process has been at it")
                    .hasMessageContaining("pg_locks");
        }
    }

    @Test
    void R24_who_gets_no_connection_is_told_that_the_server_has_none_to_spare() {
        JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
        jdbc.execute("CREATE ROLE lonely LOGIN PASSWORD 'lonely' CONNECTION LIMIT 0");
        try {
            DataSource refused = new DriverManagerDataSource(database.url(), "lonely", "lonely");
            for (Runnable start : new Runnable[] {migrator(refused)::migrate, migrator(refused)::validate}) {
                assertThatThrownBy(start::run)
                        .isInstanceOfSatisfying(
                                SchemaMigrationException.class,
                                e -> assertThat(e.reason()).isEqualTo(Reason.NO_CONNECTION))
                        .hasMessageContaining("no connection to spare")
                        .hasMessageContaining("max_connections")
                        .hasMessageContaining("too many connections for role");
            }
        } finally {
            jdbc.execute("DROP ROLE lonely");
        }
    }

    /** A wrong password does not pass. */
    @Test
    void R24_what_does_not_pass_is_not_waited_for() {
        DataSource unknown = new DriverManagerDataSource(database.url(), "nobody_of_that_name", "secret");
        CompletableFuture<Void> start = CompletableFuture.runAsync(new SchemaMigrator(unknown, "sayiir")::migrate);

        await().atMost(Duration.ofSeconds(30)).until(start::isCompletedExceptionally);
    }

    private SingleConnectionDataSource single() {
        return new SingleConnectionDataSource(database.url(), database.username(), database.password(), true);
    }

    private static SchemaMigrator migrator(DataSource dataSource) {
        return new SchemaMigrator(dataSource, "sayiir", SchemaMigrator.HISTORY_TABLE, SHORT);
    }

    private static SchemaUpgrade upgrade(DataSource dataSource, Duration patience) {
        return new SchemaUpgrade(dataSource, new SchemaName("sayiir"), SchemaMigrator.HISTORY_TABLE, patience);
    }

    private static boolean isWaiting(JdbcTemplate jdbc) {
        return Boolean.TRUE.equals(jdbc.queryForObject(
                "SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)", Boolean.class));
    }
}
