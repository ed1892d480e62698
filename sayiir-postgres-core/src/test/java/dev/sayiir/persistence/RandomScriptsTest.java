package dev.sayiir.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.testing.RowRules;
import dev.sayiir.workflow.Snapshots;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * The in-memory backend is the model: whatever is done, PostgreSQL answers and ends the same. A script for which it does
 * not is cut down before it is shown; {@code -Dsayiir.test.seed} tries other ones, {@code -Dsayiir.test.scripts} more.
 */
class RandomScriptsTest {

    private static final int SCRIPTS = Integer.getInteger("sayiir.test.scripts", 20_000);
    private static final int LENGTH = 8;
    private static final int PLAYERS = 4;

    /** Plays a script on PostgreSQL. */
    private interface Stage extends Function<Script, List<String>> {}

    @Test
    void any_script_comes_to_the_same_on_postgresql_as_in_memory() throws Exception {
        SplittableRandom random = Snapshots.seeded(SCRIPTS + " scripts");
        ExecutorService players = Executors.newFixedThreadPool(PLAYERS);
        try (Database database = PostgresServer.of(17).newDatabase()) {
            Stores postgres =
                    Stores.of(PostgresBackend.builder(database.dataSource()).build());
            RowRules.enforce(database.dataSource());
            TransactionTemplate transaction =
                    new TransactionTemplate(new DataSourceTransactionManager(database.dataSource()));
            List<Future<Optional<String>>> differences = new ArrayList<>();
            for (int i = 0; i < PLAYERS; i++) {
                String name = "player-" + i;
                SplittableRandom mine = random.split();
                Player player = new Player(postgres, name);
                Stage stage =
                        i == 0 ? script -> inAutocommit(player, script) : script -> undone(player, script, transaction);
                int count = i == 0 ? SCRIPTS / 10 : SCRIPTS * 9 / 10 / (PLAYERS - 1);
                differences.add(players.submit(() -> firstDifference(count, mine, name, stage)));
            }
            for (Future<Optional<String>> difference : differences) {
                assertThat(difference.get()).isEmpty();
            }
        } finally {
            players.shutdownNow();
        }
    }

    /** Each operation in a transaction of its own. */
    private static List<String> inAutocommit(Player player, Script script) {
        List<String> notes = player.play(script);
        player.forget();
        return notes;
    }

    /** All of it in one of the caller's, which is faster. */
    private static List<String> undone(Player player, Script script, TransactionTemplate transaction) {
        return transaction.execute(status -> {
            status.setRollbackOnly();
            return player.play(script);
        });
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
        return new Player(Stores.of(new InMemoryBackend()), name).play(script);
    }
}
