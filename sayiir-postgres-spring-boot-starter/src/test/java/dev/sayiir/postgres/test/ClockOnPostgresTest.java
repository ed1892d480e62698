package dev.sayiir.postgres.test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.transaction.support.TransactionTemplate;

/** Whose time a moved clock is, and whose it is not. */
class ClockOnPostgresTest {

    private static final Duration AHEAD = Duration.ofDays(2);
    private static final String AHEAD_BY_HOURS =
            "SELECT round(extract(epoch FROM clock_timestamp() - pg_catalog.clock_timestamp()) / 3600)::int";

    private Database database;
    private HikariDataSource pool;
    private ClockedDataSources clocked;
    private HikariDataSource followed;
    private JdbcTemplate jdbc;

    @BeforeEach
    void open() {
        database = PostgresServer.of(17).newDatabase();
        pool = pool(2);
        clocked = new ClockedDataSources();
        followed = (HikariDataSource) clocked.postProcessAfterInitialization(pool, "dataSource");
        jdbc = new JdbcTemplate(followed);
    }

    @AfterEach
    void close() {
        pool.close();
        database.close();
    }

    private HikariDataSource pool(int connections) {
        HikariDataSource made = new HikariDataSource();
        made.setJdbcUrl(database.url());
        made.setUsername(database.username());
        made.setPassword(database.password());
        made.setMaximumPoolSize(connections);
        return made;
    }

    private int ahead() {
        return ahead(jdbc);
    }

    private static int ahead(JdbcTemplate session) {
        Integer hours = session.queryForObject(AHEAD_BY_HOURS, Integer.class);
        return hours == null ? -1 : hours;
    }

    @Test
    void until_the_context_is_there_sessions_are_as_they_are_in_production() {
        String before = jdbc.queryForObject("SHOW search_path", String.class);

        assertThat(before).isEqualTo("\"$user\", public");
    }

    @Test
    void statements_that_were_prepared_before_see_the_moved_time() {
        clocked.follow(followed);
        for (int i = 0; i < 20; i++) {
            assertThat(ahead()).isZero(); // from the sixth time on by a plan of the server
        }

        clocked.move(AHEAD);
        assertThat(ahead()).isEqualTo(48);
        clocked.move(AHEAD.plusHours(1));
        assertThat(ahead()).isEqualTo(49);
    }

    @Test
    void functions_that_have_run_before_see_the_moved_time() {
        jdbc.execute("""
                CREATE FUNCTION hours() RETURNS int LANGUAGE plpgsql AS $$
                DECLARE now timestamptz;
                BEGIN
                    now := clock_timestamp();
                    RETURN round(extract(epoch FROM now - pg_catalog.clock_timestamp()) / 3600);
                END $$;
                CREATE FUNCTION hours_by_sql() RETURNS int LANGUAGE sql STABLE AS $$
                    SELECT round(extract(epoch FROM statement_timestamp() - pg_catalog.clock_timestamp()) / 3600)::int
                $$
                """);
        clocked.follow(followed);
        for (int i = 0; i < 20; i++) {
            assertThat(jdbc.queryForMap("SELECT hours(), hours_by_sql()"))
                    .containsEntry("hours", 0)
                    .containsEntry("hours_by_sql", 0);
        }

        clocked.move(AHEAD);

        assertThat(jdbc.queryForMap("SELECT hours(), hours_by_sql()"))
                .containsEntry("hours", 48)
                .containsEntry("hours_by_sql", 48);
    }

    @Test
    void a_session_that_is_in_a_transaction_sees_it_and_a_rollback_does_not_undo_it() {
        clocked.follow(followed);
        TransactionTemplate transaction = new TransactionTemplate(new DataSourceTransactionManager(followed));

        transaction.executeWithoutResult(status -> {
            assertThat(ahead()).isZero();
            clocked.move(AHEAD);
            assertThat(ahead()).isEqualTo(48);
            status.setRollbackOnly();
        });

        assertThat(ahead()).isEqualTo(48);
    }

    @Test
    void a_pool_that_does_not_commit_by_itself_sees_it_after_a_rollback() throws SQLException {
        pool.setAutoCommit(false);
        clocked.follow(followed);
        clocked.move(AHEAD);

        try (Connection connection = followed.getConnection()) {
            connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ); // not within a transaction
            JdbcTemplate session = new JdbcTemplate(new SingleConnectionDataSource(connection, true));
            assertThat(ahead(session)).isEqualTo(48);
            connection.rollback();
            assertThat(ahead(session)).isEqualTo(48);
            connection.rollback();
        }
    }

    @Test
    void nobody_else_sees_it() throws SQLException {
        clocked.follow(followed);
        clocked.move(AHEAD);
        ClockedDataSources others = new ClockedDataSources();
        HikariDataSource otherPool = pool(1);
        try (Connection plain = DriverManager.getConnection(database.url(), database.username(), database.password());
                HikariDataSource ignored = otherPool) {
            HikariDataSource otherTest =
                    (HikariDataSource) others.postProcessAfterInitialization(otherPool, "dataSource");
            others.follow(otherTest);

            assertThat(ahead(new JdbcTemplate(new SingleConnectionDataSource(plain, true))))
                    .isZero();
            assertThat(ahead(new JdbcTemplate(otherTest))).isZero();
            others.move(Duration.ofHours(1));
            assertThat(ahead(new JdbcTemplate(otherTest))).isEqualTo(1);
            assertThat(ahead()).isEqualTo(48);
        }
    }

    @Test
    void tests_that_begin_at_the_same_time_are_not_in_each_other_s_way() throws Exception {
        jdbc.execute("ALTER ROLE CURRENT_USER IN DATABASE " + pool.getJdbcUrl().replaceAll(".*/(\\w+).*", "$1")
                + " SET default_transaction_isolation = serializable");
        int tests = 8;
        CyclicBarrier together = new CyclicBarrier(tests);
        ExecutorService threads = Executors.newFixedThreadPool(tests);
        try {
            List<Future<Integer>> hours = new ArrayList<>();
            for (int i = 1; i <= tests; i++) {
                int hour = i;
                hours.add(threads.submit(() -> {
                    try (HikariDataSource own = pool(1)) {
                        ClockedDataSources clock = new ClockedDataSources();
                        HikariDataSource session =
                                (HikariDataSource) clock.postProcessAfterInitialization(own, "dataSource");
                        together.await(1, TimeUnit.MINUTES);
                        clock.follow(session);
                        clock.move(Duration.ofHours(hour));
                        return ahead(new JdbcTemplate(session));
                    }
                }));
            }
            for (int i = 1; i <= tests; i++) {
                assertThat(hours.get(i - 1).get()).isEqualTo(i);
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void another_data_source_of_the_context_is_left_alone() {
        HikariDataSource otherPool = pool(1);
        try (otherPool) {
            HikariDataSource other = (HikariDataSource) clocked.postProcessAfterInitialization(otherPool, "other");
            clocked.follow(followed);
            clocked.move(AHEAD);

            assertThat(new JdbcTemplate(other).queryForObject("SHOW search_path", String.class))
                    .isEqualTo("\"$user\", public");
        }
    }

    @Test
    void what_the_application_does_is_done_as_before() {
        clocked.follow(followed);
        clocked.move(AHEAD);

        jdbc.execute("CREATE TABLE shelves (id int, made timestamptz DEFAULT now())");
        jdbc.update("INSERT INTO shelves (id) VALUES (1)");

        assertThat(jdbc.queryForObject("SELECT current_schema()", String.class)).isEqualTo("public");
        assertThat(jdbc.queryForObject("SELECT count(*) FROM public.shelves WHERE made <= now()", Integer.class))
                .isEqualTo(1);
        assertThat(jdbc.queryForObject("SELECT now() - pg_catalog.now() = interval '0'", Boolean.class))
                .isTrue();
        assertThat(jdbc.queryForObject("SELECT current_timestamp < pg_catalog.clock_timestamp()", Boolean.class))
                .isTrue();
    }

    @ParameterizedTest
    @MethodSource
    void the_search_path_of_the_session_goes_first(String path, String followed) {
        try (HikariDataSource sessions = pool(1)) {
            sessions.setConnectionInitSql("SET search_path = " + path);
            HikariDataSource session =
                    (HikariDataSource) clocked.postProcessAfterInitialization(sessions, "dataSource");
            clocked.follow(session);
            clocked.move(AHEAD);
            JdbcTemplate template = new JdbcTemplate(session);

            assertThat(template.queryForObject("SHOW search_path", String.class))
                    .isEqualTo(followed);
            assertThat(ahead(template)).isEqualTo(48);
        }
    }

    static Stream<Arguments> the_search_path_of_the_session_goes_first() {
        return Stream.of(
                Arguments.of("\"$user\", public", "\"$user\", public, sayiir_test_clock, pg_catalog"),
                Arguments.of("shop", "shop, sayiir_test_clock, pg_catalog"),
                Arguments.of("shop, pg_catalog", "shop, sayiir_test_clock, pg_catalog"),
                Arguments.of("pg_catalog, shop", "sayiir_test_clock, pg_catalog, shop"),
                Arguments.of("''", "\"\", sayiir_test_clock, pg_catalog"));
    }

    @Test
    void a_role_that_may_not_is_told_what_to_grant() {
        JdbcTemplate admin = new JdbcTemplate(database.dataSource());
        admin.execute("CREATE ROLE clerk LOGIN PASSWORD 'clerk'");
        try (HikariDataSource clerks = pool(1)) {
            clerks.setUsername("clerk");
            clerks.setPassword("clerk");
            clocked.follow(clerks);

            assertThatThrownBy(() -> clocked.move(AHEAD))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContainingAll("sayiir_test_clock", "grant it CREATE on the database");
        } finally {
            admin.execute("DROP ROLE clerk");
        }
    }
}
