package dev.sayiir.postgres;

import java.sql.SQLException;
import java.sql.SQLTransientConnectionException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.retry.RetryPolicy;
import org.springframework.core.retry.RetryTemplate;
import org.springframework.transaction.support.TransactionSynchronizationManager;

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

    /** The class of everything that befalls a connection. */
    private static final String CONNECTION = "08";

    private final DataSource dataSource;
    private final RetryTemplate retries;

    TransientFailures(DataSource dataSource) {
        this.dataSource = dataSource;
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

    <T> T retry(Supplier<T> operation) {
        return isInCallersTransaction() ? operation.get() : retries.invoke(operation);
    }

    private boolean isInCallersTransaction() {
        return TransactionSynchronizationManager.hasResource(dataSource);
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
        boolean passes = STATES.contains(state)
                || state.startsWith(CONNECTION)
                || cause.get() instanceof SQLTransientConnectionException;
        if (passes) {
            log.debug("An operation failed with SQLSTATE {} and is tried again", state);
        }
        return passes;
    }

    /** After a failover the pool still leads to what is a standby now. Other pools than HikariCP have to find out by themselves. */
    private void leaveReadOnlyServer() {
        Pools.hikari(dataSource).ifPresent(pool -> pool.getHikariPoolMXBean().softEvictConnections());
    }

    private static Optional<SQLException> cause(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql) {
                return Optional.of(sql);
            }
        }
        return Optional.empty();
    }
}
