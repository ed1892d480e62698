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
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.transaction.CannotCreateTransactionException;
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
    private boolean isRun;
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
        if (isRun) {
            throw new IllegalStateException(
                    "The handler of task '" + held.claim().taskId() + "' was to be called twice, by a"
                            + " listener around it; a transaction that was rolled back or committed cannot go on");
        }
        isRun = true;
        try {
            transactions.executeWithoutResult(transaction -> inTransaction(transaction, handler));
        } catch (RuntimeException | Error e) {
            ending = ending(e).orElse(null);
            throw e;
        }
        if (failure != null && isForWantOfALock(failure)) {
            ending = undone(failure);
        } else if (failure == null) {
            ending = stored;
        }
        return outcome();
    }

    /**
     * What the handler returned, whatever a listener makes of it.
     *
     * @throws Exception what the handler threw, or that it was not called
     */
    TaskOutcome outcome() throws Exception {
        if (failure instanceof Exception thrown) {
            throw thrown;
        } else if (failure instanceof Error thrown) {
            throw thrown;
        } else if (outcome == null) {
            throw new IllegalStateException("The handler of task '"
                    + held.claim().taskId() + "' was not called, by a listener around it, and nothing is stored");
        }
        return outcome;
    }

    /** Whether the handler was called, or might have been. */
    boolean hasBegun() {
        return phase != Phase.BEGINNING;
    }

    /** What has become of it, whatever {@link #run} threw; empty if nothing is stored, and what it returned or threw counts. */
    Optional<Ending> ending() {
        return Optional.ofNullable(ending);
    }

    /** No handler is called. */
    private static final class TwoTransactionsException extends IllegalStateException {

        private static final long serialVersionUID = 1L;

        TwoTransactionsException(String message) {
            super(message);
        }
    }

    private void inTransaction(TransactionStatus transaction, Callable<TaskOutcome> handler) {
        if (!store.isInTransaction()) {
            throw new TwoTransactionsException(
                    "What task '" + held.claim().taskId() + "' writes and its commit would be two"
                            + " transactions: the transaction manager is not one of the DataSource that the store was built with. Give"
                            + " both the same DataSource, without a proxy around one of them");
        } else if (held.mayBeLost()) {
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
        if (e instanceof TwoTransactionsException) {
            return Optional.of(Refusal.ofAll(BlockReason.FAILURES, String.valueOf(e.getMessage())));
        } else if (e instanceof ClaimLostException) {
            return Optional.of(new Dropped(String.valueOf(e.getMessage()), Optional.empty()));
        } else if (e instanceof TerminalStateException || e instanceof SnapshotNotFoundException) {
            // Others have done that, or the handler itself in the transaction that is rolled back.
            return Optional.of(new Dropped(String.valueOf(e.getMessage()), Optional.of(() -> failed.apply(e))));
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
     * that no handler foresees a deadlock with what is stored of the task.
     */
    private boolean isForWantOfTheStore(RuntimeException e) {
        if (phase == Phase.ENDING) {
            return e instanceof PessimisticLockingFailureException
                    || (e instanceof TransactionSystemException && saysNothingOfTheCommit(e))
                    || (StoreFailures.mayBeOfTheStore(e) && !(e instanceof TransactionException));
        }
        return e instanceof TransientDataAccessException
                || (StoreFailures.mayBeOfTheStore(e) && !(e instanceof TransactionUsageException));
    }

    /** A commit that failed and could not be rolled back either, or that had nobody to talk to. */
    private static boolean saysNothingOfTheCommit(RuntimeException e) {
        return !(e.getCause() instanceof RuntimeException)
                && (String.valueOf(e.getMessage()).contains("rollback")
                        || NestedExceptionUtils.getMostSpecificCause(e) instanceof IOException);
    }

    /** Of the handler's own statements: a deadlock, or no connection for a transaction within this one. */
    private static boolean isForWantOfALock(Throwable failure) {
        return Causes.areOf(
                failure, List.of(PessimisticLockingFailureException.class, CannotCreateTransactionException.class));
    }
}
