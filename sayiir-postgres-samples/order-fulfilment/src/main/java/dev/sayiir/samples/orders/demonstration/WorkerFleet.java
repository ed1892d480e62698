package dev.sayiir.samples.orders.demonstration;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/** Keeps so many worker processes running: whoever dies is replaced, as any supervisor of processes does. */
final class WorkerFleet implements AutoCloseable {

    private final Run run;
    private final DatabaseSettings database;
    private final Options options;
    private final List<WorkerProcess> running = new ArrayList<>();
    private int started;
    private boolean closed;

    WorkerFleet(Run run, DatabaseSettings database, Options options) {
        this.run = run;
        this.database = database;
        this.options = options;
    }

    /** Replaces those that are no more. */
    synchronized void keepUp() {
        running.removeIf(worker -> !worker.isAlive());
        while (!closed && running.size() < options.workers()) {
            try {
                String workerId = run.workerId(started + 1);
                running.add(WorkerProcess.start(workerId, run, database, options.springArguments()));
                started++;
            } catch (IOException e) {
                throw new UncheckedIOException("Java does not start once more", e);
            }
        }
    }

    /** Those that run, the oldest first. */
    synchronized List<WorkerProcess> running() {
        return running.stream().filter(WorkerProcess::isAlive).toList();
    }

    /** How many have been started so far. */
    synchronized int started() {
        return started;
    }

    /** Stops all of them, together; none is started after that. */
    @Override
    public synchronized void close() {
        closed = true;
        running.forEach(worker -> worker.process().destroy());
        running.forEach(WorkerProcess::stop);
        running.clear();
    }
}
