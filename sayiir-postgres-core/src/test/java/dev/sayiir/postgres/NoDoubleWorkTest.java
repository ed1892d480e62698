package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.testing.ChildJvm;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Eight workers in four processes, of which one is killed every second, and two more that are late more often than not; on a
 * durable server. Counted from what the
 * database holds afterwards, and from a record of all claims that a trigger of this test keeps.
 */
@Tag("slow")
class NoDoubleWorkTest {

    private static final int INSTANCES = Integer.getInteger("sayiir.test.instances", 2_000);
    private static final int PROCESSES = 4;
    private static final Duration BETWEEN_KILLS = Duration.ofSeconds(1);
    private static final Path LOGS = Path.of("target", "worker-processes");

    private final List<ChildJvm> processes = new ArrayList<>();
    private int started;
    private int killed;
    private long fencedOff;

    @Test
    void R17_every_task_is_committed_exactly_once_though_workers_are_killed_and_stand_still() throws Exception {
        Files.createDirectories(LOGS);
        try (Database database = PostgresServer.durable(17).newDatabase()) {
            JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
            PostgresBackend backend = prepare(database, jdbc);
            long begin = System.nanoTime();
            try (ChildJvm late = start(database, 2, WorkerProcess.TTL.multipliedBy(20))) {
                IntStream.range(0, PROCESSES).forEach(i -> processes.add(startOrdinary(database)));
                await().atMost(Duration.ofMinutes(8))
                        .pollDelay(BETWEEN_KILLS)
                        .pollInterval(BETWEEN_KILLS)
                        .until(() -> isDone(backend) || !killOne(database));
                countFencedOff(late);
            } finally {
                processes.forEach(ChildJvm::close);
            }
            report(jdbc, Duration.ofNanos(System.nanoTime() - begin));
            assertEveryTaskCommittedOnce(jdbc);
            assertNoFormerHolderCommitted(jdbc);
        }
    }

    private static PostgresBackend prepare(Database database, JdbcTemplate jdbc) {
        assertThat(jdbc.queryForObject("SHOW fsync", String.class)).isEqualTo("on");
        assertThat(jdbc.queryForObject("SHOW synchronous_commit", String.class)).isEqualTo("on");
        PostgresBackend backend = PostgresBackend.builder(database.dataSource()).build();
        IntStream.range(0, INSTANCES)
                .parallel()
                .forEach(i -> backend.createSnapshot(WorkflowSnapshot.start("order-" + i, "steps-v1", Payload.empty())
                        .moveTo(new AtTask("step-1"))));
        jdbc.execute("CREATE TABLE claims (instance_id text, task_id text, claim_token bigint)");
        jdbc.execute("""
                CREATE FUNCTION record_claim() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO public.claims VALUES (NEW.instance_id, NEW.task_id, NEW.claim_token);
                    RETURN NULL;
                END
                $$
                """);
        jdbc.execute("""
                CREATE TRIGGER record_claim AFTER INSERT OR UPDATE OF claim_token ON sayiir.sayiir_task_claims
                FOR EACH ROW WHEN (NEW.claim_token IS NOT NULL) EXECUTE FUNCTION record_claim()
                """);
        return backend;
    }

    private ChildJvm startOrdinary(Database database) {
        return start(database, 100, WorkerProcess.TTL.multipliedBy(3).dividedBy(2));
    }

    private ChildJvm start(Database database, int tasksBetweenStops, Duration longestStop) {
        return ChildJvm.start(
                WorkerProcess.class,
                LOGS.resolve("process-" + started + ".log"),
                database.url(),
                database.username(),
                database.password(),
                "process-" + started++,
                Integer.toString(tasksBetweenStops),
                longestStop.toString());
    }

    private static boolean isDone(PostgresBackend backend) {
        return backend.countByStatus().get(WorkflowStatus.COMPLETED) == INSTANCES;
    }

    /** The longest-running one, if it has done something by now, and puts another in its place. */
    private boolean killOne(Database database) {
        ChildJvm oldest = processes.get(0);
        assertThat(oldest.isAlive())
                .as("a worker process ended by itself; see %s", LOGS)
                .isTrue();
        if (oldest.output().contains(WorkerProcess.WORKING)) {
            oldest.kill();
            killed++;
            countFencedOff(oldest);
            processes.remove(0);
            processes.add(startOrdinary(database));
        }
        return true;
    }

    private void countFencedOff(ChildJvm process) {
        fencedOff += process.output().stream()
                .filter(line -> line.startsWith(WorkerProcess.FENCED_OFF))
                .count();
    }

    private void report(JdbcTemplate jdbc, Duration time) {
        Long takenOver = jdbc.queryForObject(
                "SELECT count(*) FROM (SELECT FROM claims GROUP BY instance_id, task_id HAVING count(*) > 1) AS t",
                Long.class);
        System.out.printf(
                "%d tasks in %d s, %d processes killed, %d tasks taken over, %d commits of former holders refused%n",
                INSTANCES * WorkerProcess.TASKS.size(), time.toSeconds(), killed, takenOver, fencedOff);
        assertThat(killed).isGreaterThan(2);
        assertThat(takenOver).isPositive();
        assertThat(fencedOff).isPositive();
    }

    /** One checkpoint for each task and one for the creation; no version is missing, none has another task. */
    private static void assertEveryTaskCommittedOnce(JdbcTemplate jdbc) {
        assertThat(jdbc.queryForList("""
                SELECT h.instance_id
                FROM sayiir.sayiir_workflow_history AS h
                GROUP BY h.instance_id
                HAVING array_to_string(array_agg(h.completed_task_ids[1] ORDER BY h.version), ' ') NOT IN (
                           'step-1 step-2 step-3 left-1 left-2 right-1 step-4 step-5',
                           'step-1 step-2 step-3 left-1 right-1 left-2 step-4 step-5',
                           'step-1 step-2 step-3 right-1 left-1 left-2 step-4 step-5')
                    OR max(cardinality(h.completed_task_ids)) <> 1
                    OR max(h.version) <> 9
                """)).isEmpty();
        assertThat(jdbc.queryForObject(
                        "SELECT count(DISTINCT instance_id) FROM sayiir.sayiir_workflow_history", Integer.class))
                .isEqualTo(INSTANCES);
        assertThat(jdbc.queryForObject(
                        "SELECT sum(cardinality(completed_task_ids)) FROM sayiir.sayiir_workflow_history",
                        Integer.class))
                .isEqualTo(INSTANCES * WorkerProcess.TASKS.size());
    }

    /** Whoever committed a task was the last to claim it. */
    private static void assertNoFormerHolderCommitted(JdbcTemplate jdbc) {
        assertThat(jdbc.queryForObject("""
                SELECT count(*)
                FROM sayiir.sayiir_workflow_history AS h
                JOIN LATERAL (
                    SELECT max(c.claim_token) AS token
                    FROM claims AS c
                    WHERE c.instance_id = h.instance_id AND c.task_id = h.completed_task_ids[1]
                ) AS last ON last.token::text = convert_from(h.outputs[1], 'UTF8')
                """, Integer.class)).isEqualTo(INSTANCES * WorkerProcess.TASKS.size());
    }
}
