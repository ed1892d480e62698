package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.postgres.NotifyMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Everything at once, for a while: instances of all kinds, callers, retention, and worker processes that are killed, stand
 * still and lose their connections and locks, at random. Then everything ends, and nothing was done twice. Runs on the
 * distribution's server as shipped, where there is one. The long form is
 *
 * <pre>{@code mvn -B -pl sayiir-postgres-core test -Dtest=SoakTest -Dsayiir.test.soak=PT20M}</pre>
 *
 * <p>and {@code -Dsayiir.test.seed=…} repeats what was drawn, though not when it meets what. The disk is not filled: that
 * would harm whatever else is on it.
 */
@Tag("slow")
class SoakTest {

    private static final Duration TIME = Duration.parse(System.getProperty("sayiir.test.soak", "PT25S"));
    private static final long SEED = Long.getLong("sayiir.test.seed", System.nanoTime());

    /** A commit for each group of results, a poll, a booking by the handler, and what failed and was done again. */
    private static final long MOST_TRANSACTIONS_OF_A_TASK = 8;

    /** Of each of the processes, three at a time: polls, heartbeats, looks for cancels, pools that are made anew. */
    private static final long MOST_TRANSACTIONS_OF_A_SECOND = 150;

    /** Ten of each kind of line. */
    private static final long MOST_LINES_OF_A_PROCESS_IN_A_MINUTE = 200;

    @Test
    void R24_to_R31_everything_ends_and_nothing_is_done_twice_whatever_befalls_workers_and_rows() throws Exception {
        PostgresServer server = PostgresServer.ofDistribution().orElseGet(() -> PostgresServer.durable(17));
        System.out.printf(
                "Soak for %s on %s%s: -Dsayiir.test.seed=%d%n",
                TIME,
                server,
                PostgresServer.hasDistribution() ? " of the distribution" : ", embedded, as no other is installed",
                SEED);
        try (Database database = server.newDatabase();
                HikariDataSource own = new HikariDataSource(database.poolConfig(SoakFaults.ownUrl(database)));
                PostgresBackend backend =
                        PostgresBackend.builder(own).notifyMode(NotifyMode.POLL).build()) {
            JdbcTemplate jdbc = new JdbcTemplate(own);
            SoakAudit audit = new SoakAudit(jdbc);
            audit.begin();
            SoakLoad load = new SoakLoad(own, backend, SEED);
            long begin = System.nanoTime();
            try (SoakFaults faults = new SoakFaults(database, jdbc, SEED)) {
                faults.startProcesses();
                load.begin();
                try {
                    faults.inject(TIME, () -> load.purged() > 0);
                } finally {
                    load.end();
                }
                await().atMost(Duration.ofMinutes(3))
                        .pollInterval(Duration.ofMillis(500))
                        .until(load::isAllDone);
                assertBounded(audit, load, faults, Duration.ofNanos(System.nanoTime() - begin));
            }
            assertThat(load.failures()).isEmpty();
            assertEverythingEnded(audit, load);
            audit.assertNothingTwice();
        }
    }

    private static void assertBounded(SoakAudit audit, SoakLoad load, SoakFaults faults, Duration time) {
        long tasks = audit.tasks();
        long transactions = audit.transactions();
        List<String> lines = faults.logged();
        System.out.printf(
                "%d s, %d instances, %d tasks, %d calls of handlers, %d cancels, %d deleted, %d purged; faults %s,"
                        + " %d processes; %d transactions, %d by callers; %d log lines%n",
                time.toSeconds(),
                load.started().size(),
                tasks,
                audit.bookings(),
                load.cancelled().size(),
                load.deleted().size(),
                load.purged(),
                faults.counts(),
                faults.processesStarted(),
                transactions,
                load.operations(),
                lines.size());
        assertThat(tasks).isPositive();
        assertThat(transactions)
                .isLessThan(MOST_TRANSACTIONS_OF_A_TASK * tasks
                        + MOST_TRANSACTIONS_OF_A_SECOND * time.toSeconds()
                        + 10 * load.operations());
        assertThat((long) lines.size())
                .isLessThan(MOST_LINES_OF_A_PROCESS_IN_A_MINUTE * (faults.processesStarted() + 3 * time.toMinutes()));
        assertThat(lines).noneMatch(line -> line.contains(" ERROR "));
    }

    /** Retention has deleted most of it, so this is from what the test has recorded. */
    private static void assertEverythingEnded(SoakAudit audit, SoakLoad load) {
        Set<String> mayBeCancelled = new HashSet<>(load.cancelled());
        mayBeCancelled.addAll(load.deleted());
        Set<String> completed = audit.endedWith("Completed");
        assertThat(load.started()).allMatch(id -> completed.contains(id) || mayBeCancelled.contains(id));
        assertThat(audit.endedWith("Cancelled")).isSubsetOf(load.cancelled());
        assertThat(audit.endedWith("Failed")).isEmpty();
    }
}
