package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.worker.TaskWorker;
import java.util.Optional;
import java.util.function.Supplier;
import org.springframework.context.SmartLifecycle;

/**
 * Lets a worker work as long as the application is up: it starts after everything else, and stops before everything else,
 * so while the database can still be reached. Each start makes a new worker.
 */
final class TaskWorkerLifecycle implements SmartLifecycle {

    private final Supplier<Optional<Running>> factory;
    private Optional<Running> running = Optional.empty();

    /** @param factory makes the worker, if there is anything for it to do */
    TaskWorkerLifecycle(Supplier<Optional<Running>> factory) {
        this.factory = factory;
    }

    /** A worker, and the connections that it has for itself, if it has any. */
    record Running(TaskWorker worker, Optional<PostgresBackend> reserved) {}

    @Override
    public synchronized void start() {
        if (running.isEmpty()) {
            running = factory.get();
            running.ifPresent(it -> it.worker().start());
        }
    }

    @Override
    public synchronized void stop() {
        running.ifPresent(it -> {
            it.worker().close();
            it.reserved().ifPresent(PostgresBackend::close);
        });
        running = Optional.empty();
    }

    @Override
    public synchronized boolean isRunning() {
        return running.isPresent();
    }
}
