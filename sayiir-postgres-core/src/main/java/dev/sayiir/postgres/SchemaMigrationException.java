package dev.sayiir.postgres;

import dev.sayiir.workflow.SayiirException;

/** The schema could not be created or upgraded. */
public final class SchemaMigrationException extends SayiirException {

    private static final long serialVersionUID = 1L;

    SchemaMigrationException(String message) {
        super(message);
    }

    SchemaMigrationException(String message, Throwable cause) {
        super(message, cause);
    }
}
