package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.SchemaValidationException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Lists what is missing, and says how to get it. */
final class SchemaValidationFailureAnalyzer extends AbstractFailureAnalyzer<SchemaValidationException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, SchemaValidationException cause) {
        return new FailureAnalysis(
                String.valueOf(cause.getMessage()),
                "Set sayiir.postgres.migration.mode=migrate to have the schema created or upgraded, or run the SQL that"
                        + " SchemaMigrator.sql writes out. If the tables are elsewhere, set sayiir.postgres.schema.",
                cause);
    }
}
