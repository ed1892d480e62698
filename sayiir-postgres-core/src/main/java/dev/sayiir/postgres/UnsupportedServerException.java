package dev.sayiir.postgres;

import dev.sayiir.workflow.SayiirException;

/** The server cannot hold the stores: it is too old, read-only, set to something that cannot work, or not PostgreSQL. */
public final class UnsupportedServerException extends SayiirException {

    private static final long serialVersionUID = 1L;

    private final Reason reason;

    UnsupportedServerException(Reason reason, String message) {
        super(message);
        this.reason = reason;
    }

    /** @return what is wrong with the server */
    public Reason reason() {
        return reason;
    }

    /** What can be wrong with a server. */
    public enum Reason {
        /** It is another database. */
        NOT_POSTGRESQL,
        /** It is older than PostgreSQL 13. */
        TOO_OLD,
        /** It is a standby, or its transactions are read-only. */
        READ_ONLY,
        /** The encoding of the database is not UTF-8. */
        ENCODING,
        /** A setting of the role, the database or the pool, which the message names, is one that cannot work. */
        SETTING
    }
}
