package dev.sayiir.postgres;

import java.sql.SQLException;
import java.util.Set;
import org.postgresql.util.PSQLException;
import org.postgresql.util.ServerErrorMessage;

/** Why something could not be deleted. */
final class RetentionFailure {

    /**
     * Classes of SQLSTATEs that say something of the server or of what it was asked, whatever was to be deleted: connections,
     * transactions that may not write, roles, names, resources, shutdown, the system around it. A statement that was
     * cancelled because it took too long is none of them: fewer rows take less.
     */
    private static final Set<String> OF_THE_SERVER = Set.of("08", "25", "28", "3D", "3F", "42", "53", "57", "58");

    private static final String CANCELLED = "57014";

    private RetentionFailure() {}

    /** Whether the same may well be possible for other rows. */
    static boolean isOfWhatWasToBeDeleted(RuntimeException failure) {
        return TransientFailures.cause(failure)
                .map(SQLException::getSQLState)
                .filter(state -> state.equals(CANCELLED) || !OF_THE_SERVER.contains(state.substring(0, 2)))
                .isPresent();
    }

    /** For the log: without the detail, in which the server shows the row. */
    static String text(RuntimeException failure) {
        return TransientFailures.cause(failure)
                .map(cause -> {
                    ServerErrorMessage server =
                            cause instanceof PSQLException postgres ? postgres.getServerErrorMessage() : null;
                    return (server == null ? cause.getClass().getName() : server.getMessage()) + " (SQLSTATE "
                            + cause.getSQLState() + ")";
                })
                .orElseGet(() -> failure.getClass().getName());
    }
}
