package dev.sayiir.postgres;

import dev.sayiir.workflow.SayiirException;
import org.springframework.core.NestedExceptionUtils;

/** The schema could not be created or upgraded. */
public final class SchemaMigrationException extends SayiirException {

    private static final long serialVersionUID = 1L;

    SchemaMigrationException(String message) {
        super(message);
    }

    private SchemaMigrationException(String message, Throwable cause) {
        super(message, cause);
    }

    static SchemaMigrationException of(SchemaName schema, RuntimeException cause) {
        return new SchemaMigrationException(
                "Schema '" + schema.name()
                        + "' could not be migrated. If this role may not create tables, migrate as "
                        + "another one. "
                        + NestedExceptionUtils.getMostSpecificCause(cause).getMessage(),
                cause);
    }
}
