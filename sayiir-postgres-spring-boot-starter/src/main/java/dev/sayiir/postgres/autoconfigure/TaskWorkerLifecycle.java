package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.worker.TaskWorker;
import java.util.Optional;
import java.util.function.Supplier;
import org.springframework.context.SmartLifecycle;

/**
 * Lets a worker work as long as the application is up: it starts after everything else, and stops before everything else,
 * so while the database can still be reached. Each start makes a new worker.
 */
final class TaskWorkerLifecycle implements SmartLifecycle {

    private final Supplier<Optional<TaskWorker>> factory;
    private Optional<TaskWorker> worker = Optional.empty();

    /** @param factory makes the worker, if there is anything for it to do */
    TaskWorkerLifecycle(Supplier<Optional<TaskWorker>> factory) {
        this.factory = factory;
    }

    @Override
    public synchronized void start() {
        if (worker.isEmpty()) {
            worker = factory.get();
            worker.ifPresent(TaskWorker::start);
        }
    }

    @Override
    public synchronized void stop() {
        worker.ifPresent(TaskWorker::close);
        worker = Optional.empty();
    }

    @Override
    public synchronized boolean isRunning() {
        return worker.isPresent();
    }
}
