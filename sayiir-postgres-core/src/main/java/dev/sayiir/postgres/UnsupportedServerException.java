package dev.sayiir.postgres;

import dev.sayiir.workflow.SayiirException;

/** The server cannot hold the stores: it is too old, read-only, or not PostgreSQL. */
public final class UnsupportedServerException extends SayiirException {

    private static final long serialVersionUID = 1L;

    UnsupportedServerException(String message) {
        super(message);
    }
}
