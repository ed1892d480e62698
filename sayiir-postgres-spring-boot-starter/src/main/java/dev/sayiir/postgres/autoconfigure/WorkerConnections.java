package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.worker.TaskWorker;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sees to it that the worker does not wait for connections behind its own handlers. */
final class WorkerConnections {

    private static final Logger log = LoggerFactory.getLogger(WorkerConnections.class);

    private WorkerConnections() {}

    /** Stores with connections of their own for the worker; empty if the stores are not the backend's, or there are none to spare. */
    static Optional<PostgresBackend> reserved(SignalStore signals, TaskClaimStore claims, int concurrency) {
        if (!(claims instanceof PostgresBackend backend) || signals != claims) {
            return Optional.empty();
        }
        OptionalInt most = backend.maxConnections();
        int reserved = Math.min(TaskWorker.CONNECTIONS, most.orElse(Integer.MAX_VALUE) / 2);
        if (most.isPresent() && most.getAsInt() < concurrency + reserved) {
            log.warn(
                    "The worker does up to {} tasks at once and keeps {} connections for itself, and the connection pool has"
                            + " {}: handlers that need a connection will wait for each other. Set maximum-pool-size to {}"
                            + " or more, or sayiir.postgres.worker.concurrency to {} or less",
                    concurrency,
                    reserved,
                    most.getAsInt(),
                    concurrency + reserved,
                    Math.max(1, most.getAsInt() - reserved));
        }
        return reserved == 0 ? Optional.empty() : Optional.of(backend.reserving(reserved));
    }
}
