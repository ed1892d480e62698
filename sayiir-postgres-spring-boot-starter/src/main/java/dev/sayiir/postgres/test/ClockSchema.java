package dev.sayiir.postgres.test;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.UUID;
import javax.sql.DataSource;
import org.postgresql.core.BaseConnection;
import org.postgresql.core.TransactionState;

/**
 * A clock in the test's database that can be moved, for sessions that ask for it. The library's statements and functions call
 * {@code clock_timestamp()} and {@code statement_timestamp()} without a schema. A session that finds this schema before the
 * server's own gets the functions of that name in it, which add how far the clock is ahead. Any other session, and one that
 * names no clock or a clock that was never moved, has the server's time.
 *
 * <p>How far ahead a clock is stands in a row, not in the session: so sessions that are in use at the moment see it as well,
 * each from its next statement on, and a rollback does not undo it.
 */
final class ClockSchema {

    /** Behind the session's own schemas, so that what is created without a schema lands where it always does. */
    private static final String PREPARE = """
            SELECT pg_catalog.set_config('search_path', CASE
                       WHEN s.path ~ 'sayiir_test_clock' THEN s.path
                       WHEN s.path ~ '(^|,)\\s*"?pg_catalog"?\\s*(,|$)'
                           THEN regexp_replace(s.path, '(^|,\\s*)"?pg_catalog"?(?=\\s*(,|$))',
                                               '\\1sayiir_test_clock, pg_catalog')
                       ELSE ltrim(s.path || ', sayiir_test_clock, pg_catalog', ', ') END, false),
                   pg_catalog.set_config('sayiir_test.clock', ?, false)
            FROM (SELECT pg_catalog.current_setting('search_path') AS path) AS s
            """;

    private static final String LOCK = "SELECT pg_advisory_xact_lock(7219044186304)";

    private static final String EXISTS = "SELECT FROM pg_namespace WHERE nspname = 'sayiir_test_clock'";

    private static final String CREATE = """
            CREATE SCHEMA sayiir_test_clock;
            CREATE TABLE sayiir_test_clock.clocks (
                name text PRIMARY KEY,
                ahead interval NOT NULL,
                moved_at timestamptz NOT NULL DEFAULT pg_catalog.now()
            );
            CREATE FUNCTION sayiir_test_clock.ahead() RETURNS interval LANGUAGE sql STABLE AS $$
                SELECT COALESCE((SELECT c.ahead FROM sayiir_test_clock.clocks AS c
                                 WHERE c.name = pg_catalog.current_setting('sayiir_test.clock', true)), interval '0')
            $$;
            CREATE FUNCTION sayiir_test_clock.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$
                SELECT pg_catalog.clock_timestamp() + sayiir_test_clock.ahead()
            $$;
            CREATE FUNCTION sayiir_test_clock.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS $$
                SELECT pg_catalog.statement_timestamp() + sayiir_test_clock.ahead()
            $$;
            """;

    private static final String FORGET_OLD =
            "DELETE FROM sayiir_test_clock.clocks WHERE moved_at < pg_catalog.now() - interval '1 day'";

    private static final String MOVE = """
            INSERT INTO sayiir_test_clock.clocks (name, ahead) VALUES (?, ? * interval '1 microsecond')
            ON CONFLICT (name) DO UPDATE SET ahead = excluded.ahead, moved_at = excluded.moved_at
            """;

    private static final String UNDEFINED_TABLE = "42P01";
    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    /** Of this context alone: others may use the same database at the same time. */
    private final String name = UUID.randomUUID().toString();

    /** Has a session follow the clock. One that is in a transaction has been asked before, and goes on as it is. */
    void prepare(Connection connection) throws SQLException {
        if (!connection.isWrapperFor(BaseConnection.class)
                || connection.unwrap(BaseConnection.class).getTransactionState() != TransactionState.IDLE) {
            return;
        }
        try (PreparedStatement prepare = connection.prepareStatement(PREPARE)) {
            prepare.setString(1, name);
            prepare.execute();
        }
        if (!connection.getAutoCommit()) {
            connection.commit(); // a rollback would undo it
        }
    }

    /**
     * Before the clock is moved for the first time: a session that was in a transaction by then would not find out about the
     * schema until its end. Without the right to do so there is none, and the clock stays where it is.
     */
    void setUp(DataSource dataSource) {
        try {
            onItsOwn(dataSource, connection -> {
                try (Statement statement = connection.createStatement()) {
                    statement.execute(LOCK);
                    if (!statement.executeQuery(EXISTS).next()) {
                        statement.execute(CREATE);
                    }
                }
            });
        } catch (SQLException e) {
            if (!INSUFFICIENT_PRIVILEGE.equals(e.getSQLState())) {
                throw new IllegalStateException("The clock of the test's database could not be set up", e);
            }
        }
    }

    /** @throws IllegalStateException if the role may not do that, or the database fails */
    void move(DataSource dataSource, Duration ahead) {
        try {
            onItsOwn(dataSource, connection -> {
                try (Statement statement = connection.createStatement();
                        PreparedStatement move = connection.prepareStatement(MOVE)) {
                    statement.execute(FORGET_OLD);
                    move.setString(1, name);
                    move.setLong(2, ahead.toNanos() / 1000);
                    move.executeUpdate();
                }
            });
        } catch (SQLException e) {
            boolean isMissing =
                    UNDEFINED_TABLE.equals(e.getSQLState()) || INSUFFICIENT_PRIVILEGE.equals(e.getSQLState());
            throw new IllegalStateException(
                    isMissing
                            ? "The test's role may not create the schema sayiir_test_clock, which moves the clock of its"
                                    + " database, or not use it; grant it CREATE on the database, in tests only"
                            : "The clock of the test's database could not be moved",
                    e);
        }
    }

    private interface Work {
        void on(Connection connection) throws SQLException;
    }

    /** In a transaction that is committed whatever the test's own does, and fails for no other test's sake. */
    private static void onItsOwn(DataSource dataSource, Work work) throws SQLException {
        try (Connection connection = dataSource.getConnection()) {
            boolean autoCommit = connection.getAutoCommit();
            int isolation = connection.getTransactionIsolation();
            connection.setTransactionIsolation(Connection.TRANSACTION_READ_COMMITTED);
            connection.setAutoCommit(false);
            try {
                work.on(connection);
                connection.commit();
            } catch (SQLException e) {
                connection.rollback();
                throw e;
            } finally {
                connection.setAutoCommit(autoCommit);
                connection.setTransactionIsolation(isolation);
            }
        }
    }
}
