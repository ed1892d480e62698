package dev.sayiir.postgres;

import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.TerminalStateException;
import dev.sayiir.postgres.InstanceRepository.Stored;
import dev.sayiir.workflow.SayiirException;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Supplier;
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

    InstanceLock(InstanceRepository instances, TransactionOperations transactions) {
        this.instances = instances;
        this.transactions = transactions;
    }

    /** Empty if there is no such instance. */
    <T> Optional<T> ifStored(String instanceId, Function<Stored, T> action) {
        Optional<Supplier<T>> outcome =
                transactions.execute(transaction -> instances.lock(instanceId).map(stored -> outcome(stored, action)));
        return outcome.map(Supplier::get);
    }

    /** The same, refused if the instance is finished. */
    <T> Optional<T> unfinishedIfStored(String instanceId, Function<Stored, T> action) {
        return ifStored(instanceId, stored -> {
            if (stored.status().isTerminal()) {
                throw new TerminalStateException(instanceId, stored.status());
            }
            return action.apply(stored);
        });
    }

    /** The same, refused if there is no such instance. */
    <T> T unfinished(String instanceId, Function<Stored, T> action) {
        return unfinishedIfStored(instanceId, action).orElseThrow(() -> new SnapshotNotFoundException(instanceId));
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
