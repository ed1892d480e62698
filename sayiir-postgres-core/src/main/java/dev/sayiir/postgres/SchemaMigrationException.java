package dev.sayiir.postgres;

import dev.sayiir.workflow.SayiirException;
import java.sql.SQLException;
import java.time.Duration;
import org.springframework.core.NestedExceptionUtils;

/** The schema could not be created or upgraded. Nothing was changed. */
public final class SchemaMigrationException extends SayiirException {

    private static final long serialVersionUID = 1L;

    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    private final Reason reason;

    private SchemaMigrationException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    private SchemaMigrationException(Reason reason, String message, Throwable cause) {
        super(message, cause);
        this.reason = reason;
    }

    /** @return why */
    public Reason reason() {
        return reason;
    }

    /** Why a schema could not be migrated. */
    public enum Reason {
        /** The role that migrates lacks a right. */
        NO_RIGHT,
        /** The server had no connection to spare for as long as was waited. */
        NO_CONNECTION,
        /** Another process was at it for as long as was waited. */
        NOT_IN_TURN,
        /** There are tables of the library, but no record of the migrations that made them. */
        UNRECORDED,
        /** Something else, which the message tells. */
        OTHER
    }

    static SchemaMigrationException of(SchemaName schema, RuntimeException failure) {
        Throwable cause = NestedExceptionUtils.getMostSpecificCause(failure);
        boolean forWantOfRights =
                cause instanceof SQLException refusal && INSUFFICIENT_PRIVILEGE.equals(refusal.getSQLState());
        return new SchemaMigrationException(
                forWantOfRights ? Reason.NO_RIGHT : Reason.OTHER,
                "Schema '" + schema.name() + "' could not be migrated. "
                        + (forWantOfRights ? "This role may not do it; migrate as another one. " : "")
                        + cause.getMessage(),
                failure);
    }

    static SchemaMigrationException noConnection(SchemaName schema, Duration waited, RuntimeException failure) {
        return new SchemaMigrationException(
                Reason.NO_CONNECTION,
                "Schema '" + schema.name()
                        + "' could be neither migrated nor checked: the server has had no connection to "
                        + "spare for " + waited.toSeconds()
                        + " seconds. Start fewer processes at once, give each a smaller "
                        + "pool, or raise max_connections. "
                        + NestedExceptionUtils.getMostSpecificCause(failure).getMessage(),
                failure);
    }

    static SchemaMigrationException notInTurn(SchemaName schema, Duration waited, RuntimeException failure) {
        return new SchemaMigrationException(
                Reason.NOT_IN_TURN,
                "Schema '" + schema.name() + "' could not be migrated: another process has been at it for "
                        + waited.toSeconds()
                        + " seconds. Start again when it is done; who it is say pg_locks (locktype "
                        + "advisory) and pg_stat_activity. "
                        + NestedExceptionUtils.getMostSpecificCause(failure).getMessage(),
                failure);
    }

    static SchemaMigrationException unrecorded(SchemaName schema, String historyTable) {
        return new SchemaMigrationException(
                Reason.UNRECORDED,
                "Schema '" + schema.name() + "' has tables of sayiir-postgres, but no record of migrations in "
                        + historyTable + ": they were made by hand, or recorded in another history table. Use the mode "
                        + "validate with it, or name that table");
    }
}
