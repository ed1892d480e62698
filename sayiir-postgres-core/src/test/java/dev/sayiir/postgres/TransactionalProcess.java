package dev.sayiir.postgres;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.testing.ChildJvm;
import dev.sayiir.worker.FailurePolicy;
import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.TaskWorker;
import dev.sayiir.worker.TaskWorkerBuilder;
import dev.sayiir.worker.Workflow;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.springframework.jdbc.core.JdbcTemplate;

/** A process with a worker whose tasks each write a row in the transaction that commits them, until it is killed. */
final class TransactionalProcess {

    static final Workflow WORKFLOW = new Workflow("payments-v1", "one");

    /** The second one forks into the third and the fourth, which the last one joins. None may fail, as none is tried again. */
    static final List<String> TASKS = List.of("one", "two", "left", "right", "last");

    static final Duration TTL = Duration.ofSeconds(2);

    private TransactionalProcess() {}

    /** Takes the URL of the database, user and password. */
    public static void main(String[] arguments) throws InterruptedException {
        ChildJvm.endWithParent();
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(arguments[0]);
        pool.setUsername(arguments[1]);
        pool.setPassword(arguments[2]);
        pool.setMaximumPoolSize(10);
        pool.setMinimumIdle(0);
        pool.setInitializationFailTimeout(-1);
        PostgresBackend backend = PostgresBackend.builder(pool)
                .migration(MigrationMode.NONE)
                .notifyMode(NotifyMode.POLL)
                .build();
        JdbcTemplate jdbc = new JdbcTemplate(pool);
        TaskWorkerBuilder worker = TaskWorker.builder(backend.reserving(TaskWorker.CONNECTIONS))
                .handlerStores(backend, backend)
                .transactionManager(backend.transactionManager())
                .workflow(WORKFLOW)
                .concurrency(6)
                .failurePolicy(FailurePolicy.DEFAULT.crashLimit(10_000))
                .pollInterval(Duration.ofMillis(50))
                .claims(TTL, TTL.dividedBy(5));
        for (String task : TASKS) {
            worker.handler(TaskHandler.of(task, Object.class, (in, context) -> handle(jdbc, context))
                    .transactional());
        }
        worker.build().start();
        Thread.currentThread().join(); // the worker's threads are daemons
    }

    private static TaskOutcome handle(JdbcTemplate jdbc, TaskContext task) {
        jdbc.update(
                "INSERT INTO public.payments VALUES (?, ?, ?)", task.instanceId(), task.taskId(), task.claimToken());
        LockSupport.parkNanos(
                TimeUnit.MICROSECONDS.toNanos(ThreadLocalRandom.current().nextInt(5_000)));
        return switch (task.taskId()) {
            case "one" -> TaskOutcome.next("two", task.claimToken());
            case "two" ->
                TaskOutcome.fork("last", task.claimToken())
                        .branch("left", "left")
                        .branch("right", "right");
            default -> TaskOutcome.complete(task.claimToken());
        };
    }
}
