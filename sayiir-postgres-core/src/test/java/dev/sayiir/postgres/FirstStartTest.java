package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sayiir.testing.ChildJvm;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * R24: many processes start at once on an empty database. The long form takes minutes: {@code mvn -B verify -pl
 * sayiir-postgres-core -Dtest=FirstStartTest -Dsayiir.test.start-processes=40 -Dsayiir.test.start-rounds=50}.
 */
@Tag("slow")
class FirstStartTest {

    private static final int PROCESSES = Integer.getInteger("sayiir.test.start-processes", 16);
    private static final int ROUNDS = Integer.getInteger("sayiir.test.start-rounds", 3);

    private static final List<ChildJvm> processes = new ArrayList<>();
    private static int starts;

    @BeforeAll
    static void start() throws IOException {
        Path folder = Files.createDirectories(Path.of("target", "first-start"));
        for (int i = 0; i < PROCESSES; i++) {
            processes.add(ChildJvm.start(StartingProcess.class, folder.resolve(i + ".log")));
        }
    }

    @AfterAll
    static void kill() {
        processes.forEach(ChildJvm::close);
    }

    @Test
    void R24_many_processes_start_at_once_on_an_empty_database() {
        startAllAtOnce(PostgresServer.of(17), 4);
    }

    @Test
    void R24_many_processes_start_at_once_on_the_oldest_server() {
        startAllAtOnce(PostgresServer.of(13), 4);
    }

    @Test
    void R24_many_processes_start_at_once_on_the_distributions_server() {
        assumeTrue(PostgresServer.hasDistribution(), "The distribution's PostgreSQL is not installed");
        startAllAtOnce(PostgresServer.ofDistribution().orElseThrow(), 2);
    }

    @Test
    void R24_a_pool_of_one_connection_is_enough() {
        startAllAtOnce(PostgresServer.of(17), 1);
    }

    @Test
    void R24_processes_wait_for_a_connection_if_the_server_has_too_few_for_all() {
        startAllAtOnce(PostgresServer.crowded(17), 2);
    }

    private static void startAllAtOnce(PostgresServer server, int poolSize) {
        for (int round = 1; round <= ROUNDS; round++) {
            try (Database database = server.newDatabase()) {
                startAllAtOnce(database, poolSize, round);
            }
        }
    }

    private static void startAllAtOnce(Database database, int poolSize, int round) {
        JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
        // No superuser, for whom the last connections are reserved.
        jdbc.execute("DO $$ BEGIN CREATE ROLE starter LOGIN PASSWORD 'starter';"
                + " EXCEPTION WHEN duplicate_object THEN NULL; END $$");
        jdbc.execute("GRANT CREATE ON DATABASE " + database.name() + " TO starter");
        starts++;
        for (int i = 0; i < processes.size(); i++) {
            processes
                    .get(i)
                    .say(String.join(
                            " ", database.url(), "starter", "starter", Integer.toString(poolSize), "from-" + i));
        }
        await().atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> processes.stream().allMatch(FirstStartTest::hasAnswered));

        Map<String, Long> answers = processes.stream()
                .map(FirstStartTest::answer)
                .collect(Collectors.groupingBy(Function.identity(), Collectors.counting()));
        assertThat(answers).as("round %d", round).containsOnly(Map.entry(StartingProcess.STARTED, (long) PROCESSES));
        assertThat(jdbc.queryForObject("SELECT count(*) FROM sayiir.sayiir_workflows", Long.class))
                .isEqualTo(PROCESSES);
        assertThat(jdbc.queryForList("SELECT version FROM sayiir.sayiir_schema_history", String.class))
                .containsExactlyInAnyOrder("0", "1");
        new SchemaMigrator(database.dataSource(), "sayiir").validate();
    }

    private static boolean hasAnswered(ChildJvm process) {
        return answers(process).size() >= starts;
    }

    private static String answer(ChildJvm process) {
        return answers(process).get(starts - 1);
    }

    private static List<String> answers(ChildJvm process) {
        assertThat(process.isAlive()).as("%s", process.output()).isTrue();
        return process.output().stream()
                .filter(line -> line.equals(StartingProcess.STARTED) || line.startsWith("failed: "))
                .toList();
    }
}
