package dev.sayiir.postgres;

import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.StoreOperation;
import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.retry.RetryPolicy;
import org.springframework.core.retry.RetryTemplate;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.CannotGetJdbcConnectionException;
import org.springframework.transaction.CannotCreateTransactionException;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.TransactionSystemException;

/**
 * Tries an operation again when it failed for a reason that passes: a deadlock, a lost or refused connection, a server that
 * restarts. Only where the operation has a transaction of its own; in one of the caller's it is the caller who has to begin
 * again.
 */
final class TransientFailures {

    private static final Logger log = LoggerFactory.getLogger(TransientFailures.class);

    private static final String READ_ONLY = "25006";

    /** Serialization failure, deadlock, the server goes down or comes up, too many connections, lock timeout. */
    private static final Set<String> STATES =
            Set.of("40001", "40P01", "57P01", "57P02", "57P03", "53300", "55P03", READ_ONLY);

    private static final Set<String> SHUT_DOWN = Set.of("57P01", "57P02");

    /** Shut down, starting up, too many connections, read-only. */
    private static final Set<String> AWAY = Set.of("57P01", "57P02", "57P03", "53300", READ_ONLY);

    /** The class of everything that befalls a connection. */
    private static final String CONNECTION = "08";

    private final DataSource dataSource;
    private final CallersTransaction callersTransaction;
    private final StoreObserver observer;
    private final RetryTemplate retries;

    TransientFailures(DataSource dataSource, StoreObserver observer) {
        this.dataSource = dataSource;
        this.callersTransaction = new CallersTransaction(dataSource);
        this.observer = observer;
        this.retries = new RetryTemplate(RetryPolicy.builder()
                .maxRetries(6)
                .delay(Duration.ofMillis(20))
                .multiplier(3)
                .jitter(Duration.ofMillis(10))
                .maxDelay(Duration.ofSeconds(1))
                .timeout(Duration.ofSeconds(10))
                .predicate(this::isWorthAnotherTry)
                .build());
    }

    /** Whether operations take part in a transaction of the caller's now: then an error of the server dooms it. */
    boolean inCallersTransaction() {
        return callersTransaction.isActive();
    }

    <T> T retry(StoreOperation operation, Supplier<T> work) {
        if (inCallersTransaction()) {
            return work.get();
        }
        AtomicBoolean again = new AtomicBoolean();
        return retries.invoke(() -> {
            if (again.getAndSet(true)) {
                observer.retried(operation);
            }
            return work.get();
        });
    }

    /**
     * For what must not be done twice: each attempt is told which write it is part of, and whether one before it may have
     * been carried out. If that cannot be found out any more, the caller has to know.
     */
    <T> T retryWrite(StoreOperation operation, String instanceId, Function<Write, T> work) {
        return retryWrite(operation, instanceId, Write.first(), work);
    }

    /** The same for a write of which an attempt may have been made already. */
    <T> T retryWrite(StoreOperation operation, String instanceId, Write first, Function<Write, T> work) {
        if (inCallersTransaction()) {
            return work.apply(first);
        }
        long id = first.id();
        AtomicBoolean inDoubt = new AtomicBoolean(first.inDoubt());
        try {
            return retry(operation, () -> {
                try {
                    return work.apply(new Write(id, inDoubt.get()));
                } catch (DataAccessException | TransactionException failure) {
                    inDoubt.compareAndSet(false, leavesDoubt(failure));
                    throw failure;
                }
            });
        } catch (DataAccessException | TransactionException failure) {
            throw inDoubt.get() && !(failure instanceof UnknownOutcomeException)
                    ? new UnknownOutcomeException(instanceId, failure)
                    : failure;
        }
    }

    /** Whether the connection was there and broke; a server that is shut down may have committed before it said so. */
    static boolean leavesDoubt(RuntimeException failure) {
        if (failure instanceof CannotGetJdbcConnectionException
                || failure instanceof CannotCreateTransactionException) {
            return false;
        }
        return couldNotRollBack(failure)
                || cause(failure)
                        .map(cause -> String.valueOf(cause.getSQLState()))
                        .filter(state -> state.startsWith(CONNECTION) || SHUT_DOWN.contains(state))
                        .isPresent();
    }

    /**
     * Whether a commit failed, and so did the rollback after that, whose failure is all that Spring's translating manager throws
     * then: the connection is gone, and a pool does not say by a state that it was.
     */
    private static boolean couldNotRollBack(Throwable failure) {
        return failure instanceof TransactionSystemException
                && String.valueOf(failure.getMessage()).contains("rollback");
    }

    /** Whether it is the database that cannot be reached or used at all, and not what was asked of it. */
    static boolean isOutOfReach(RuntimeException failure) {
        if (failure instanceof CannotGetJdbcConnectionException
                || failure instanceof CannotCreateTransactionException) {
            return true;
        }
        return couldNotRollBack(failure)
                || cause(failure)
                        .map(cause -> String.valueOf(cause.getSQLState()))
                        .filter(state -> state.startsWith(CONNECTION) || AWAY.contains(state))
                        .isPresent();
    }

    /** What the server says, without the statement. */
    static String textOf(DataAccessException failure) {
        return cause(failure)
                .map(cause -> cause.getMessage() + " (SQLSTATE " + cause.getSQLState() + ")")
                .orElseGet(failure::toString);
    }

    private boolean isWorthAnotherTry(Throwable failure) {
        Optional<SQLException> cause = cause(failure);
        if (failure instanceof UnknownOutcomeException || cause.isEmpty()) {
            return false;
        }
        String state = String.valueOf(cause.get().getSQLState());
        if (state.equals(READ_ONLY)) {
            leaveReadOnlyServer();
        }
        boolean passes = couldNotRollBack(failure)
                || STATES.contains(state)
                || state.startsWith(CONNECTION)
                || cause.get() instanceof SQLTransientConnectionException;
        if (passes) {
            log.debug("An operation failed with SQLSTATE {} and is tried again", state);
        }
        return passes;
    }

    /** After a failover the pool still leads to what is a standby now. Other pools than HikariCP have to find out by themselves. */
    private void leaveReadOnlyServer() {
        Pools.evict(dataSource);
    }

    static Optional<SQLException> cause(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                return Optional.of(sql);
            }
        }
        return Optional.empty();
    }
}
