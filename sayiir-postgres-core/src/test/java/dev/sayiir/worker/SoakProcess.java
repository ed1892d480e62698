package dev.sayiir.worker;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.postgres.MigrationMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.ChildJvm;
import dev.sayiir.workflow.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * A process with a worker, set up as the starter does it, that does tasks until it is killed. Each call of a handler books its
 * claim in a table of the test, and returns it as its output; now and then it fails after that.
 */
final class SoakProcess {

    static final Workflow WORKFLOW = new Workflow("soak-v1", "first");

    /** What its handlers do; what else stands in the history are waits and forks. */
    static final List<String> TASKS =
            List.of("first", "second", "third", "left", "left-2", "right", "right-2", "far", "join", "late");

    /** Those of which the booking is committed together with the task. */
    static final Set<String> TRANSACTIONAL = Set.of("second", "third", "left-2", "right", "join");

    /** Printed by a process that has done some tasks. */
    static final String WORKING = "Working";

    static final Duration TTL = Duration.ofSeconds(3);

    private static final int SOME = 30;
    private static final int POOL = 8;
    private static final int ONE_IN = 40;

    private static final RetryPolicy POLICY =
            new RetryPolicy(10_000, Duration.ofMillis(20), 2, Optional.of(Duration.ofSeconds(1)));

    /** What dies, and loses its claim, counts; nothing here is to end for that. */
    private static final FailurePolicy FAILURES = FailurePolicy.DEFAULT.crashLimit(10_000);

    private static final AtomicInteger DONE = new AtomicInteger();

    private SoakProcess() {}

    /** Takes the URL of the database, user and password. */
    public static void main(String[] arguments) throws InterruptedException {
        ChildJvm.endWithParent();
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(arguments[0]);
        pool.setUsername(arguments[1]);
        pool.setPassword(arguments[2]);
        pool.setMaximumPoolSize(POOL);
        pool.setMinimumIdle(0);
        PostgresBackend backend =
                PostgresBackend.builder(pool).migration(MigrationMode.NONE).build();
        PostgresBackend reserved = backend.reserving(TaskWorker.CONNECTIONS);
        JdbcTemplate jdbc = new JdbcTemplate(pool);
        TaskWorkerBuilder worker = TaskWorker.builder(reserved)
                .handlerStores(backend, backend)
                .transactionManager(backend.transactionManager())
                .workflow(WORKFLOW)
                .wakeUps(backend)
                .concurrency(16)
                .failurePolicy(FAILURES)
                .pollInterval(Duration.ofMillis(200))
                .claims(TTL, TTL.dividedBy(6));
        for (String task : TASKS) {
            FunctionHandler<Object> handler = TaskHandler.of(task, Object.class, (in, context) -> handle(jdbc, context))
                    .retries(POLICY);
            worker.handler(TRANSACTIONAL.contains(task) ? handler.transactional() : handler);
        }
        worker.build().start();
        Thread.currentThread().join(); // the worker's threads are daemons
    }

    private static TaskOutcome handle(JdbcTemplate jdbc, TaskContext task) {
        ThreadLocalRandom random = ThreadLocalRandom.current();
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(random.nextInt(20)));
        jdbc.update(
                "INSERT INTO public.bookings (instance_id, task_id, claim_token) VALUES (?, ?, ?)",
                task.instanceId(),
                task.taskId(),
                task.claimToken());
        if (random.nextInt(ONE_IN) == 0) {
            throw new IllegalStateException("now and then");
        } else if (task.instanceId().endsWith("7")) {
            // long enough for two to be at it, if one stands still that has lost its claim
            LockSupport.parkNanos(TimeUnit.SECONDS.toNanos(1));
        }
        if (DONE.incrementAndGet() == SOME) {
            System.out.println(WORKING);
        }
        return next(task, random);
    }

    private static TaskOutcome next(TaskContext task, ThreadLocalRandom random) {
        long output = task.claimToken();
        return switch (task.taskId()) {
            case "first" -> afterFirst(SoakLoad.kindOf(task.instanceId()), output, random);
            case "second" -> TaskOutcome.next("third", output);
            case "left" -> TaskOutcome.next("left-2", output);
            case "right" -> TaskOutcome.delay(Duration.ofMillis(random.nextInt(200)), "right-2", output);
            default -> TaskOutcome.complete(output);
        };
    }

    private static TaskOutcome afterFirst(String kind, long output, ThreadLocalRandom random) {
        return switch (kind) {
            case "fork" ->
                TaskOutcome.fork("join", output)
                        .branch("a", "left")
                        .branch("b", "right", "some input")
                        .branch("c", "far");
            case "wait" -> TaskOutcome.awaitEvent(SoakLoad.EVENT, "second", output);
            case "limited" ->
                TaskOutcome.awaitEvent(SoakLoad.EVENT, "second", output)
                        .orAfter(Duration.ofMillis(random.nextInt(5_000)), "late");
            case "delay" -> TaskOutcome.delay(Duration.ofMillis(random.nextInt(2_000)), "second", output);
            default -> TaskOutcome.next("second", output);
        };
    }
}
