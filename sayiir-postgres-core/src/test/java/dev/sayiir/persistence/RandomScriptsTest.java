package dev.sayiir.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.postgres.MigrationMode;
import dev.sayiir.postgres.NotifyMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.Retention;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.testing.RowRules;
import dev.sayiir.workflow.Snapshots;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The in-memory backend is the model: whatever is done, PostgreSQL answers and ends the same. A script for which it does
 * not is cut down before it is shown; {@code -Dsayiir.test.seed} tries other ones, {@code -Dsayiir.test.scripts} more.
 */
@Tag("slow")
class RandomScriptsTest {

    private static final int SCRIPTS = Integer.getInteger("sayiir.test.scripts", 20_000);
    private static final int LENGTH = 8;
    private static final int PLAYERS = 4;

    /** Plays a script on PostgreSQL. */
    private interface Stage extends Function<Script, List<String>> {}

    /**
     * The clock of a database goes forward when a session says so, as nothing of the library says where its functions are
     * found: those of a schema that comes before the server's own stand in for them.
     */
    private static final String CLOCK = """
            CREATE SCHEMA ahead;
            CREATE FUNCTION ahead.clock_timestamp() RETURNS timestamptz LANGUAGE sql VOLATILE AS
                'SELECT pg_catalog.clock_timestamp() + pg_catalog.current_setting(''test.ahead'')::interval';
            CREATE FUNCTION ahead.statement_timestamp() RETURNS timestamptz LANGUAGE sql STABLE AS
                'SELECT pg_catalog.statement_timestamp() + pg_catalog.current_setting(''test.ahead'')::interval';
            """;

    @Test
    void any_script_comes_to_the_same_on_postgresql_as_in_memory() throws Exception {
        SplittableRandom random = Snapshots.seeded(SCRIPTS + " scripts");
        ExecutorService players = Executors.newFixedThreadPool(PLAYERS);
        try (Database database = PostgresServer.of(17).newDatabase()) {
            PostgresBackend.builder(database.dataSource()).build();
            RowRules.enforce(database.dataSource());
            new JdbcTemplate(database.dataSource()).execute(CLOCK);
            List<Future<Optional<String>>> differences = new ArrayList<>();
            for (int i = 0; i < PLAYERS; i++) {
                String name = "player-" + i;
                boolean autocommit = i == 0;
                SplittableRandom mine = random.split();
                int count = autocommit ? SCRIPTS / 10 : SCRIPTS * 9 / 10 / (PLAYERS - 1);
                differences.add(players.submit(() -> {
                    try (OnPostgres world = new OnPostgres(database, autocommit)) {
                        Player player = new Player(world.stores(), world, name);
                        Stage stage = script -> world.play(player, script);
                        return firstDifference(count, mine, name, stage);
                    }
                }));
            }
            for (Future<Optional<String>> difference : differences) {
                assertThat(difference.get()).isEmpty();
            }
        } finally {
            players.shutdownNow();
        }
    }

    /** A session of its own, with a clock of its own. */
    private static final class OnPostgres implements Player.World, AutoCloseable {

        private final SingleConnectionDataSource session;
        private final JdbcTemplate jdbc;
        private final TransactionTemplate transaction;
        private final boolean autocommit;
        private Duration ahead = Duration.ZERO;

        OnPostgres(Database database, boolean autocommit) {
            this.session = new SingleConnectionDataSource(
                    database.url() + "?options=-c%20search_path=ahead,pg_catalog%20-c%20test.ahead=0",
                    database.username(),
                    database.password(),
                    true);
            this.jdbc = new JdbcTemplate(session);
            this.transaction = new TransactionTemplate(new DataSourceTransactionManager(session));
            this.autocommit = autocommit;
        }

        Stores stores() {
            return Stores.of(PostgresBackend.builder(session)
                    .migration(MigrationMode.NONE)
                    .notifyMode(NotifyMode.POLL)
                    .build());
        }

        /** Each operation in a transaction of its own; or all of it in one of the caller's, which is faster. */
        List<String> play(Player player, Script script) {
            ahead = Duration.ZERO;
            letPass(Duration.ZERO);
            if (autocommit) {
                List<String> notes = player.play(script);
                player.forget();
                return notes;
            }
            return transaction.execute(status -> {
                status.setRollbackOnly();
                return player.play(script);
            });
        }

        @Override
        public void letPass(Duration time) {
            ahead = ahead.plus(time);
            jdbc.queryForObject(
                    "SELECT set_config('test.ahead', ?, false)", String.class, ahead.toSeconds() + " seconds");
        }

        /** In transactions of its own, which would not find what another one has not committed. */
        @Override
        public void forgetThePast() {
            if (autocommit) {
                Retention.builder(session)
                        .keepVersions(Duration.ofMinutes(5))
                        .keepEvents(Duration.ofMinutes(5))
                        .build()
                        .run();
            }
        }

        @Override
        public void close() {
            session.destroy();
        }
    }

    /** No two readings of its clock are the same, as on PostgreSQL. */
    private static final class InMemory extends Clock implements Player.World {

        private Instant now = Instant.now().truncatedTo(ChronoUnit.MICROS);

        @Override
        public void letPass(Duration time) {
            now = now.plus(time);
        }

        @Override
        public void forgetThePast() {
            // it never does
        }

        @Override
        public Instant instant() {
            now = now.plus(1, ChronoUnit.MICROS);
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }

    private static Optional<String> firstDifference(int count, SplittableRandom random, String name, Stage postgres) {
        for (int i = 0; i < count; i++) {
            Script script = Script.random(random, LENGTH);
            if (differs(script, name, postgres)) {
                Script shortest = script.cutDown(shorter -> differs(shorter, name, postgres));
                return Optional.of(shortest + "in memory:\n" + String.join("\n", inMemory(shortest, name))
                        + "\non PostgreSQL:\n" + String.join("\n", postgres.apply(shortest)));
            }
        }
        return Optional.empty();
    }

    private static boolean differs(Script script, String name, Stage postgres) {
        return !inMemory(script, name).equals(postgres.apply(script));
    }

    private static List<String> inMemory(Script script, String name) {
        InMemory world = new InMemory();
        return new Player(Stores.of(new InMemoryBackend(world)), world, name).play(script);
    }
}
