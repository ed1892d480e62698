package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.SchemaMigrationException;
import java.sql.SQLException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says what to set when the schema could not be migrated, above all for want of rights. */
final class SchemaMigrationFailureAnalyzer extends AbstractFailureAnalyzer<SchemaMigrationException> {

    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, SchemaMigrationException cause) {
        SQLException refusal = findCause(cause, SQLException.class);
        boolean forWantOfRights = refusal != null && INSUFFICIENT_PRIVILEGE.equals(refusal.getSQLState());
        return new FailureAnalysis(
                String.valueOf(cause.getMessage()),
                forWantOfRights
                        ? "Set sayiir.postgres.migration.username and sayiir.postgres.migration.password to a role that"
                                + " may create schemas and tables, or sayiir.postgres.migration.role to one that this"
                                + " role is a member of. Or have the SQL that SchemaMigrator.sql writes out run by"
                                + " somebody else, and set sayiir.postgres.migration.mode=validate."
                        : "See to the cause. If the schema is set up by somebody else, set"
                                + " sayiir.postgres.migration.mode=validate.",
                cause);
    }
}
