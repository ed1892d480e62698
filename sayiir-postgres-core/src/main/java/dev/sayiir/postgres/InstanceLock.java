package dev.sayiir.postgres;

import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.StoreOperation;
import dev.sayiir.persistence.TerminalStateException;
import dev.sayiir.postgres.InstanceRepository.Stored;
import dev.sayiir.workflow.SayiirException;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Does what takes more than one statement while the instance's row is locked, in the caller's transaction or one of its
 * own. Every such operation takes this lock first, so that no two of them can deadlock.
 *
 * <p>Actions refuse by a {@link SayiirException} before they write anything. It is thrown on outside the transaction, so
 * that a refusal, which is an expected outcome, does not doom the caller's.
 */
final class InstanceLock {

    private final InstanceRepository instances;
    private final TransactionOperations transactions;
    private final TransientFailures failures;

    InstanceLock(InstanceRepository instances, TransactionOperations transactions, TransientFailures failures) {
        this.instances = instances;
        this.transactions = transactions;
        this.failures = failures;
    }

    /** Empty if there is no such instance. */
    <T> Optional<T> ifStored(String instanceId, Function<Stored, T> action) {
        return locked(instanceId, instances::lock, action);
    }

    /** For what can wait but must not: empty as well if somebody else is changing the instance at this moment. */
    <T> Optional<T> ifFree(String instanceId, Function<Stored, T> action) {
        return locked(instanceId, instances::lockIfFree, action);
    }

    private <T> Optional<T> locked(
            String instanceId, Function<String, Optional<Stored>> lock, Function<Stored, T> action) {
        AtomicReference<@Nullable Done<T>> done = new AtomicReference<>();
        try {
            Optional<Supplier<T>> outcome =
                    transactions.execute(transaction -> lock.apply(instanceId).map(stored -> {
                        Supplier<T> result = outcome(stored, action);
                        if (transaction.isNewTransaction()) {
                            done.set(new Done<>(stored.transactionId().orElseThrow(), result));
                        }
                        return result;
                    }));
            return outcome.map(Supplier::get);
        } catch (TransactionException | DataAccessException failure) {
            Done<T> committing = done.get();
            if (committing != null && isCommitted(instanceId, committing, failure)) {
                return Optional.of(committing.result().get());
            }
            throw causeOf(failure);
        }
    }

    /** On a connection that is lost there is no rolling back either, which says less about it. */
    private static RuntimeException causeOf(RuntimeException failure) {
        return failure instanceof TransactionSystemException rollback
                        && rollback.getApplicationException() instanceof RuntimeException cause
                ? cause
                : failure;
    }

    /** What an action came to, and the transaction that was to be committed after it. */
    private record Done<T>(String transactionId, Supplier<T> result) {}

    /**
     * Whether a commit that was not acknowledged took place. The server may still be at it: waiting for the row is waiting
     * for its end.
     */
    private boolean isCommitted(String instanceId, Done<?> done, RuntimeException failure) {
        try {
            return failures.retry(
                    StoreOperation.on("lock", instanceId),
                    () -> transactions.execute(transaction -> {
                        instances.lock(instanceId);
                        return instances.isCommitted(done.transactionId());
                    }));
        } catch (TransactionException | DataAccessException e) {
            failure.addSuppressed(e);
            throw new UnknownOutcomeException(instanceId, failure);
        }
    }

    static void requireUnfinished(String instanceId, Stored stored) {
        if (stored.status().isTerminal()) {
            throw new TerminalStateException(instanceId, stored.status());
        }
    }

    /** The same, refused if there is no such instance or it is finished. */
    <T> T unfinished(String instanceId, Function<Stored, T> action) {
        return ifStored(instanceId, stored -> {
                    requireUnfinished(instanceId, stored);
                    return action.apply(stored);
                })
                .orElseThrow(() -> new SnapshotNotFoundException(instanceId));
    }

    /** What to throw if a locked row has changed all the same. */
    static IllegalStateException broken(String instanceId) {
        return new IllegalStateException("Instance '" + instanceId
                + "' changed while its row was locked. Run the operation in a transaction that is READ COMMITTED, and "
                + "see that no trigger of yours changes the table");
    }

    private static <T> Supplier<T> outcome(Stored stored, Function<Stored, T> action) {
        try {
            T result = action.apply(stored);
            return () -> result;
        } catch (SayiirException refusal) {
            return () -> {
                throw refusal;
            };
        }
    }
}
