package dev.sayiir.postgres;

import java.sql.SQLException;
import java.time.Duration;
import java.util.Set;
import org.springframework.core.retry.RetryPolicy;
import org.springframework.core.retry.RetryTemplate;

/** Waits for a server that has no connection to spare, as when a whole fleet starts at once, or is still starting itself. */
final class FreeConnection {

    /** Too many connections, of all or of this role or database; and the server comes up. */
    private static final Set<String> STATES = Set.of("53300", "57P03");

    private final SchemaName schema;
    private final Duration patience;
    private final RetryTemplate tries;

    /** @param patience for how long to try again */
    FreeConnection(SchemaName schema, Duration patience) {
        this.schema = schema;
        this.patience = patience;
        this.tries = new RetryTemplate(RetryPolicy.builder()
                .maxRetries(Long.MAX_VALUE)
                .delay(Duration.ofMillis(50))
                .multiplier(1.5)
                .jitter(Duration.ofMillis(25))
                .maxDelay(Duration.ofSeconds(1))
                .timeout(patience)
                .predicate(FreeConnection::isLacking)
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

    private static boolean isLacking(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && STATES.contains(String.valueOf(sql.getSQLState()))) {
                return true;
            }
        }
        return false;
    }
}
