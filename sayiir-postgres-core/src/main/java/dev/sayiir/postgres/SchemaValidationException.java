package dev.sayiir.postgres;

import dev.sayiir.workflow.SayiirException;
import java.util.List;

/** The schema lacks something that the stores need, or has something else in its place. */
public final class SchemaValidationException extends SayiirException {

    private static final long serialVersionUID = 1L;

    private final transient List<String> differences;

    SchemaValidationException(String schema, List<String> differences) {
        super("Schema '" + schema + "' is not what this version of sayiir-postgres needs; migrate it, or have it "
                + "migrated with the SQL that SchemaMigrator writes out:\n  " + String.join("\n  ", differences));
        this.differences = List.copyOf(differences);
    }

    /** @return one line for each object that is missing or differs */
    public List<String> differences() {
        return differences;
    }
}
