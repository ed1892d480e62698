package dev.sayiir.postgres;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.retry.RetryPolicy;
import org.springframework.core.retry.RetryTemplate;

/** Waits for a server that has no connection to spare, as when a whole fleet starts at once, or is still starting itself. */
final class FreeConnection {

    /** Too many connections, of all or of this role or database; and the server comes up. */
    private static final Set<String> STATES = Set.of("53300", "57P03");

    private static final Logger log = LoggerFactory.getLogger(FreeConnection.class);

    private final AtomicBoolean said = new AtomicBoolean();
    private final SchemaName schema;
    private final Duration patience;
    private final RetryTemplate tries;

    /** @param patience for how long to try again */
    FreeConnection(SchemaName schema, Duration patience) {
        this.schema = schema;
        this.patience = patience;
        this.tries = new RetryTemplate(RetryPolicy.builder()
                .maxRetries(Long.MAX_VALUE)
                .delay(Duration.ofMillis(100))
                .multiplier(2)
                .jitter(Duration.ofMillis(50))
                .maxDelay(Duration.ofSeconds(2))
                .timeout(patience)
                .predicate(this::isWorthWaiting)
                .build());
    }

    /**
     * @param work what needs a connection; if it gets none, it is done again from the start
     * @throws SchemaMigrationException if there was none for too long
     */
    void await(Runnable work) {
        try {
            tries.invoke(() -> {
                work.run();
                return true;
            });
        } catch (RuntimeException e) {
            throw isLacking(e) ? SchemaMigrationException.noConnection(schema, patience, e) : e;
        }
    }

    private boolean isWorthWaiting(Throwable failure) {
        boolean lacking = isLacking(failure);
        if (lacking && !said.getAndSet(true)) {
            log.warn(
                    "The server has no connection to spare for the start; trying again for {} seconds at most",
                    patience.toSeconds());
        }
        return lacking;
    }

    private static boolean isLacking(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && STATES.contains(String.valueOf(sql.getSQLState()))) {
                return true;
            }
        }
        return false;
    }
}
