package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.worker.TaskWorker;
import java.util.Optional;
import java.util.OptionalInt;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shares out the connections of the pool: some for the worker, so that it does not wait behind its own handlers, and the
 * rest for them.
 *
 * @param signals where the worker looks for signals
 * @param claims what the worker claims from
 * @param concurrency how many handlers run at once, at most
 * @param listens whether one connection of the pool listens for notifications
 * @param servesHandlers whether handlers take connections from the pool as well
 */
record WorkerConnections(
        SignalStore signals, TaskClaimStore claims, int concurrency, boolean listens, boolean servesHandlers) {

    private static final Logger log = LoggerFactory.getLogger(WorkerConnections.class);

    /** Stores with connections of their own for the worker; empty if the stores are not the backend's, or there are none to spare. */
    Optional<PostgresBackend> reserve() {
        if (!(claims instanceof PostgresBackend backend) || signals != claims) {
            return Optional.empty();
        }
        OptionalInt pool = backend.maxConnections();
        int reserved = Math.min(TaskWorker.CONNECTIONS, (pool.orElse(Integer.MAX_VALUE) - listener()) / 2);
        if (servesHandlers) {
            pool.ifPresent(size -> sayWhatIsLeft(size, reserved));
        }
        return reserved == 0 ? Optional.empty() : Optional.of(backend.reserving(reserved));
    }

    /** Waiting for each other is what a pool is for; one connection for all handlers, or for the worker as well, is no pool. */
    private void sayWhatIsLeft(int size, int reserved) {
        // A pool of one is not listened with.
        int left = Math.max(1, size - reserved - listener());
        int oneEach = concurrency + TaskWorker.CONNECTIONS + listener();
        if (reserved == 0 || left < Math.min(2, concurrency)) {
            log.warn(
                    "The connection pool is too small for the worker: it has {}, the worker keeps {} for itself, and up to {}"
                            + " handlers at once share {} with everything else. Those that hold one keep the others"
                            + " waiting, and the worker too if it keeps none. Set maximum-pool-size to {} or more",
                    size,
                    reserved,
                    concurrency,
                    left,
                    oneEach);
        } else if (left < concurrency) {
            log.info(
                    "Up to {} handlers at once share {} of the {} connections of the pool: those that hold one all the time"
                            + " wait for each other. For one each set maximum-pool-size to {}, or"
                            + " sayiir.postgres.worker.concurrency to {}",
                    concurrency,
                    left,
                    size,
                    oneEach,
                    left);
        }
    }

    private int listener() {
        return listens ? 1 : 0;
    }
}
