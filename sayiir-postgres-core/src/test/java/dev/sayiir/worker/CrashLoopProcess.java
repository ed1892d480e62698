package dev.sayiir.worker;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.postgres.MigrationMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.ChildJvm;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** A process with a worker, which ends with the task of one instance; those of all others take a while. */
final class CrashLoopProcess {

    static final Workflow WORKFLOW = new Workflow("crash-loop-v1", "first");
    static final String GUILTY = "guilty";

    private static final Duration TTL = Duration.ofSeconds(1);

    private CrashLoopProcess() {}

    /** Takes the URL of the database, user and password. */
    public static void main(String[] arguments) throws InterruptedException {
        ChildJvm.endWithParent();
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(arguments[0]);
        pool.setUsername(arguments[1]);
        pool.setPassword(arguments[2]);
        pool.setMaximumPoolSize(TaskWorker.CONNECTIONS);
        TaskWorker.builder(PostgresBackend.builder(pool)
                        .migration(MigrationMode.NONE)
                        .build())
                .workflow(WORKFLOW)
                .handler(TaskHandler.of("first", String.class, (in, task) -> handle(task)))
                .claims(TTL, TTL.dividedBy(5))
                .pollInterval(TTL.dividedBy(10))
                .build()
                .start();
        Thread.currentThread().join(); // the worker's threads are daemons
    }

    private static TaskOutcome handle(TaskContext task) {
        if (task.instanceId().equals(GUILTY)) {
            Runtime.getRuntime().halt(1);
        }
        LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(200));
        return TaskOutcome.complete("done");
    }
}
