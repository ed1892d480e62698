package dev.sayiir.worker;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.CommitResult.Stored;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TerminalStateException;
import dev.sayiir.worker.HeldTask.Stop;
import dev.sayiir.worker.TaskOutcome.Retry;
import dev.sayiir.workflow.SayiirException;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.TransactionStatus;
import org.springframework.transaction.TransactionSystemException;
import org.springframework.transaction.TransactionUsageException;
import org.springframework.transaction.support.TransactionOperations;

/**
 * One call of a handler in a transaction in which what comes out of it is stored as well, or which is rolled back. What the
 * handler throws does not leave the transaction, so that whatever does is a failure of the transaction itself.
 */
final class TransactionalCall {

    private enum Phase {
        BEGINNING,
        HANDLING,
        STORING,
        ENDING
    }

    private final TransactionOperations transactions;
    private final TransactionalStore store;
    private final HeldTask held;
    private final Function<TaskOutcome, PendingCommit> pending;
    private final Function<Throwable, Ending> failed;
    private Phase phase = Phase.BEGINNING;
    private @Nullable TaskOutcome outcome;
    private @Nullable Throwable failure;
    private @Nullable StoredAlready stored;
    private @Nullable Ending ending;

    /**
     * @param pending what is to be stored of an outcome
     * @param failed what comes of the task if that is its failure
     */
    TransactionalCall(
            TransactionOperations transactions,
            TransactionalStore store,
            HeldTask held,
            Function<TaskOutcome, PendingCommit> pending,
            Function<Throwable, Ending> failed) {
        this.transactions = transactions;
        this.store = store;
        this.held = held;
        this.pending = pending;
        this.failed = failed;
    }

    /**
     * To be called once.
     *
     * @return what the handler returned
     * @throws Exception what the handler threw, or why it was not called or nothing was stored
     */
    TaskOutcome run(Callable<TaskOutcome> handler) throws Exception {
        try {
            transactions.executeWithoutResult(transaction -> inTransaction(transaction, handler));
        } catch (RuntimeException | Error e) {
            ending = ending(e).orElse(null);
            throw e;
        }
        if (failure instanceof Exception thrown) {
            throw thrown;
        } else if (failure instanceof Error thrown) {
            throw thrown;
        }
        ending = stored;
        return Objects.requireNonNull(outcome);
    }

    /** What has become of it, whatever {@link #run} threw; empty if nothing is stored, and what it returned or threw counts. */
    Optional<Ending> ending() {
        return Optional.ofNullable(ending);
    }

    private void inTransaction(TransactionStatus transaction, Callable<TaskOutcome> handler) {
        if (held.mayBeLost()) {
            store.requireHeld(held.claim());
        }
        phase = Phase.HANDLING;
        Optional<PendingCommit> result = handled(transaction, handler);
        if (result.isEmpty()) {
            transaction.setRollbackOnly();
            return;
        }
        phase = Phase.STORING;
        Stored done = store.store(result.get());
        phase = Phase.ENDING;
        stored = new StoredAlready(result.get(), done);
    }

    /** What is to be stored. From the end of the handler on nothing interrupts this thread any more. */
    private Optional<PendingCommit> handled(TransactionStatus transaction, Callable<TaskOutcome> handler) {
        try {
            outcome = handler.call();
            boolean isToStop =
                    held.end().filter(stop -> stop != Stop.WORKER_STOPS).isPresent();
            if (isToStop || outcome instanceof Retry) {
                return Optional.empty();
            }
            requireCommittable(transaction);
            return Optional.of(pending.apply(outcome));
        } catch (Throwable e) {
            failure = e;
            return Optional.empty();
        }
    }

    private void requireCommittable(TransactionStatus transaction) {
        if (transaction.isRollbackOnly()) {
            throw new IllegalStateException(
                    "The transaction of task '" + held.claim().taskId() + "' was marked to be"
                            + " rolled back, by its handler or by a transactional method that failed, and the handler returned an"
                            + " outcome all the same. Let the handler throw, or return a retry");
        }
    }

    /** Empty if the task has failed by it. A transaction that cannot even be rolled back has lost its connection. */
    private Optional<Ending> ending(Throwable e) {
        return switch (phase) {
            case BEGINNING, STORING -> notStored(e);
            case HANDLING -> Optional.of(undone(e));
            case ENDING ->
                Optional.of(new InDoubt(
                        Objects.requireNonNull(stored), () -> notStored(e).orElseGet(() -> failed.apply(e))));
        };
    }

    private Optional<Ending> notStored(Throwable e) {
        if (e instanceof ClaimLostException
                || e instanceof TerminalStateException
                || e instanceof SnapshotNotFoundException) {
            return Optional.of(new Dropped(String.valueOf(e.getMessage())));
        } else if (e instanceof SayiirException && phase == Phase.STORING) {
            return Optional.of(Refusal.ofAll(
                    BlockReason.UNWRITABLE_OUTPUT,
                    "The outcome of task '" + held.claim().taskId() + "' cannot be stored: "
                            + StoreFailures.describe(e)));
        }
        return e instanceof RuntimeException reason && isForWantOfTheStore(reason)
                ? Optional.of(undone(e))
                : Optional.empty();
    }

    /** Not for ever: what looks like want of the store may have to do with the task after all. */
    private Ending undone(Throwable e) {
        TaskClaim claim = held.claim();
        long inVain = claim.attempt() - claim.failures() - claim.crashes();
        return inVain < Undone.MOST
                ? new Undone()
                : Refusal.ofAll(
                        BlockReason.FAILURES,
                        "The transaction of task '" + claim.taskId() + "' came to nothing " + inVain
                                + " times, for want of the database or of a lock; the last time: "
                                + ErrorText.of(e));
    }

    /**
     * What fails at the end may be the handler's doing, as a constraint that is checked then, or what JPA writes then; except
     * that no handler foresees a deadlock with what is stored of the task. Where it cannot be told, as by a commit that failed
     * and could not be rolled back either, there is something beneath that no application throws.
     */
    private boolean isForWantOfTheStore(RuntimeException e) {
        if (phase == Phase.ENDING) {
            return e instanceof PessimisticLockingFailureException
                    || (e instanceof TransactionSystemException && !(e.getCause() instanceof RuntimeException))
                    || (StoreFailures.mayBeOfTheStore(e) && !(e instanceof TransactionException));
        }
        return e instanceof TransientDataAccessException
                || (StoreFailures.mayBeOfTheStore(e) && !(e instanceof TransactionUsageException));
    }
}
