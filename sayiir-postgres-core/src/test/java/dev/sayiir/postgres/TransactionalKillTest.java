package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.testing.ChildJvm;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.WorkflowStatus;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.TransactionException;

/**
 * Workers whose tasks write a business row each are killed, or stand still for longer than their claims last, and the server
 * crashes, at random points in turn. Never is there a business row without its checkpoint, nor the reverse. A thousand times:
 *
 * <pre>{@code mvn -B -pl sayiir-postgres-core test -Dtest=TransactionalKillTest -Dsayiir.test.kills=1000}</pre>
 */
@Tag("slow")
class TransactionalKillTest {

    private static final int KILLS = Integer.getInteger("sayiir.test.kills", 24);
    private static final long SEED = Long.getLong("sayiir.test.seed", System.nanoTime());
    private static final Path LOGS = Path.of("target", "transactional-processes");
    private static final int PROCESSES = 3;
    private static final int OPEN = 40;

    private final Random random = new Random(SEED);
    private final List<ChildJvm> processes = new ArrayList<>();
    private final List<CompletableFuture<Process>> standing = new ArrayList<>();
    private int started;
    private int instances;
    private int crashes;

    @Test
    void R31_there_is_no_business_row_without_its_checkpoint_nor_the_reverse_whatever_is_killed() throws Exception {
        Files.createDirectories(LOGS);
        try (RestartableServer server = RestartableServer.start(17);
                HikariDataSource pool = server.pool()) {
            PostgresBackend backend =
                    PostgresBackend.builder(pool).notifyMode(NotifyMode.POLL).build();
            JdbcTemplate jdbc = new JdbcTemplate(pool);
            jdbc.execute("CREATE TABLE public.payments (instance_id text, task_id text, claim_token bigint)");
            Workflows workflows = Workflows.of(backend);
            try {
                for (int i = 0; i < PROCESSES; i++) {
                    processes.add(start(server));
                }
                for (int kill = 0; kill < KILLS; kill++) {
                    onceTheServerAnswers(() -> isKeptOpen(workflows, backend));
                    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(50 + random.nextInt(400)));
                    harm(server, jdbc, kill);
                    assertThat(processes).allMatch(ChildJvm::isAlive);
                }
                standing.forEach(CompletableFuture::join);
                await().atMost(Duration.ofMinutes(3))
                        .ignoreExceptionsInstanceOf(DataAccessException.class)
                        .until(() -> backend.countByStatus().get(WorkflowStatus.COMPLETED) == instances);
            } finally {
                processes.forEach(ChildJvm::close);
            }
            report(jdbc);
            assertRowsAndCheckpointsAreTheSame(jdbc);
        }
    }

    private ChildJvm start(RestartableServer server) {
        return ChildJvm.start(
                TransactionalProcess.class,
                LOGS.resolve("process-" + started++ + ".log"),
                server.url(),
                RestartableServer.USER,
                RestartableServer.PASSWORD);
    }

    private void harm(RestartableServer server, JdbcTemplate jdbc, int kill) {
        int which = random.nextInt(PROCESSES);
        switch (kill % 4) {
            case 0 -> {
                processes.get(which).kill();
                processes.set(which, start(server));
            }
            case 1 -> standing.add(processes.get(which).standStill(TransactionalProcess.TTL.multipliedBy(3)));
            default -> crash(server, jdbc);
        }
    }

    /** By the process of a worker's connection that is at work, if there is one, else one that is idle. */
    private void crash(RestartableServer server, JdbcTemplate jdbc) {
        onceTheServerAnswers(() -> {
            List<Long> pids = jdbc.queryForList("""
                    SELECT pid FROM pg_catalog.pg_stat_activity
                    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
                    ORDER BY state = 'idle', random()
                    """, Long.class);
            if (!pids.isEmpty()) {
                server.crash(pids.get(0));
                crashes++;
            }
            return !pids.isEmpty();
        });
    }

    private boolean isKeptOpen(Workflows workflows, PostgresBackend backend) {
        long completed = backend.countByStatus().get(WorkflowStatus.COMPLETED);
        while (instances < completed + OPEN) {
            workflows.startIfAbsent(TransactionalProcess.WORKFLOW, "order-" + instances, "in");
            instances++;
        }
        return true;
    }

    private static void onceTheServerAnswers(Callable<Boolean> work) {
        await().atMost(Duration.ofMinutes(1))
                .pollInterval(Duration.ofMillis(50))
                .ignoreExceptionsInstanceOf(DataAccessException.class)
                .ignoreExceptionsInstanceOf(TransactionException.class)
                .until(work);
    }

    private void report(JdbcTemplate jdbc) {
        System.out.printf(
                "%d instances, %d payments; %d processes, %d crashes of the server (-Dsayiir.test.seed=%d)%n",
                instances,
                jdbc.queryForObject("SELECT count(*) FROM public.payments", Integer.class),
                started,
                crashes,
                SEED);
        assertThat(crashes).isEqualTo(KILLS / 2);
    }

    /** The output of each task is the claim by which it was done, and so is what its row says. */
    private void assertRowsAndCheckpointsAreTheSame(JdbcTemplate jdbc) {
        assertThat(jdbc.queryForList("""
                SELECT p.instance_id, p.task_id, p.claim_token, c.instance_id, c.task_id, c.output
                FROM public.payments AS p
                FULL JOIN (SELECT h.instance_id, d.task_id, convert_from(d.output, 'UTF8') AS output
                           FROM sayiir.sayiir_workflow_history AS h
                           CROSS JOIN unnest(h.completed_task_ids, h.outputs) AS d (task_id, output)) AS c
                       ON c.instance_id = p.instance_id AND c.task_id = p.task_id AND c.output = p.claim_token::text
                WHERE p.instance_id IS NULL OR c.instance_id IS NULL
                """)).isEmpty();
        assertThat(jdbc.queryForObject("SELECT count(*) FROM public.payments", Integer.class))
                .isEqualTo(instances * TransactionalProcess.TASKS.size());
    }
}
