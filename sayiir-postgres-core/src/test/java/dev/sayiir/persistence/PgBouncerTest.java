package dev.sayiir.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PgBouncer;
import dev.sayiir.testing.PostgresServer;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/** That the contract suite runs through PgBouncer in transaction mode; it says so where it does not. */
class PgBouncerTest {

    @Test
    void R6_the_contract_suite_runs_through_pgbouncer_which_gives_each_transaction_another_session()
            throws SQLException {
        assumeTrue(PgBouncer.isInstalled(), PgBouncer.MISSING);
        assertThat(Backends.all()).anyMatch(backend -> backend.name().contains("pgbouncer"));

        try (Database database = PostgresServer.of(17).newDatabase();
                HikariDataSource pool = new HikariDataSource(
                        database.poolConfig(PgBouncer.before(database).through(database.url())))) {
            openSessions(pool, 3);
            JdbcTemplate jdbc = new JdbcTemplate(new SingleConnectionDataSource(pool.getConnection(), true));
            Set<Integer> sessions = new HashSet<>();
            for (int i = 0; i < 100; i++) {
                sessions.add(jdbc.queryForObject("SELECT pg_backend_pid()", Integer.class));
            }
            assertThat(sessions)
                    .as("sessions that one client connection has had")
                    .hasSize(3);
        }
    }

    /** Each transaction that is open at the same time needs one. */
    private static void openSessions(HikariDataSource pool, int count) throws SQLException {
        if (count > 0) {
            try (Connection connection = pool.getConnection()) {
                connection.setAutoCommit(false);
                connection.createStatement().execute("SELECT 1");
                openSessions(pool, count - 1);
                connection.commit();
            }
        }
    }
}
