package dev.sayiir.postgres;

import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.StoreOperation;
import dev.sayiir.postgres.InstanceRepository.Stored;
import java.util.Optional;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Writes what usually takes one statement, which says by its result whether it applied. Only if it did not is it found out
 * under the instance's lock why, and the write done then if nothing stands in its way.
 */
final class OnceLocked {

    private final TransientFailures failures;
    private final InstanceRepository instances;
    private final InstanceLock lock;

    OnceLocked(TransientFailures failures, InstanceRepository instances, InstanceLock lock) {
        this.failures = failures;
        this.instances = instances;
        this.lock = lock;
    }

    /**
     * Waits for whoever is changing the instance.
     *
     * @param direct the statement; empty if it did not apply
     * @param locked the same when the instance is locked, with what is stored of it; throws if it is refused
     */
    <T> T write(
            StoreOperation operation,
            String instanceId,
            Function<Write, Optional<T>> direct,
            BiFunction<Stored, Write, Optional<T>> locked) {
        return failures.retryWrite(
                operation,
                instanceId,
                write -> direct.apply(write)
                        .orElseGet(() -> lock.ifStored(
                                        instanceId,
                                        stored -> locked.apply(stored, write)
                                                .orElseThrow(() -> InstanceLock.broken(instanceId)))
                                .orElseThrow(() -> new SnapshotNotFoundException(instanceId))));
    }

    /** The same without waiting: empty if somebody else is changing the instance, or the task, at this moment. */
    <T> Optional<T> writeIfFree(
            StoreOperation operation,
            String instanceId,
            Write first,
            Function<Write, Optional<T>> direct,
            BiFunction<Stored, Write, Optional<T>> locked) {
        return failures.retryWrite(operation, instanceId, first, write -> {
            Optional<T> written = direct.apply(write);
            return written.isPresent()
                    ? written
                    : lock.ifFree(instanceId, stored -> locked.apply(stored, write))
                            .orElseGet(() -> nothingOf(instanceId));
        });
    }

    private <T> Optional<T> nothingOf(String instanceId) {
        if (instances.find(instanceId).isEmpty()) {
            throw new SnapshotNotFoundException(instanceId);
        }
        return Optional.empty();
    }
}
