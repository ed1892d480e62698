package dev.sayiir.worker;

import dev.sayiir.workflow.SayiirException;
import org.springframework.dao.NonTransientDataAccessResourceException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.dao.TransientDataAccessResourceException;
import org.springframework.dao.UncategorizedDataAccessException;
import org.springframework.transaction.TransactionException;

/** What failures of the store say about the one thing that was asked of it. */
final class StoreFailures {

    private StoreFailures() {}

    /** Whether to try again later may help. */
    static boolean isPassing(RuntimeException failure) {
        return mayBeOfTheStore(failure)
                || failure instanceof TransientDataAccessException
                || failure instanceof UncategorizedDataAccessException;
    }

    /**
     * Whether it may have nothing to do with what was asked: the connection, the server's start and stop, its disk and
     * memory. Then whatever is asked fails as well, for as long as that takes.
     */
    static boolean mayBeOfTheStore(RuntimeException failure) {
        return failure instanceof NonTransientDataAccessResourceException
                || failure instanceof TransientDataAccessResourceException
                || failure instanceof RecoverableDataAccessException
                || failure instanceof TransactionException;
    }

    /** For a log line. What others say may quote what was to be stored, so of that there is the kind only. */
    static String describe(Throwable failure) {
        return failure instanceof SayiirException refusal
                ? String.valueOf(refusal.getMessage())
                : failure.getClass().getName();
    }
}
