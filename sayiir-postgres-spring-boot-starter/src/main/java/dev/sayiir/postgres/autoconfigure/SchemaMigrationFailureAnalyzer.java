package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.SchemaMigrationException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says what to do when the schema could not be migrated. */
final class SchemaMigrationFailureAnalyzer extends AbstractFailureAnalyzer<SchemaMigrationException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, SchemaMigrationException cause) {
        return new FailureAnalysis(
                String.valueOf(cause.getMessage()),
                switch (cause.reason()) {
                    case NO_RIGHT ->
                        "Set sayiir.postgres.migration.username and sayiir.postgres.migration.password to a role that"
                                + " may create schemas and tables, or sayiir.postgres.migration.role to one that this"
                                + " role is a member of. Or have the SQL that SchemaMigrator.sql writes out run by"
                                + " somebody else, and set sayiir.postgres.migration.mode=validate.";
                    case NO_CONNECTION ->
                        "Start fewer instances of the application at once, set spring.datasource.hikari.maximum-pool-size"
                                + " and sayiir.postgres.hikari.maximum-pool-size so that all pools together stay below"
                                + " max_connections of the server, or raise that.";
                    case NOT_IN_TURN ->
                        "Start again when the other process has migrated the schema. If it hangs, end its session with"
                                + " pg_terminate_backend.";
                    case UNRECORDED, OTHER ->
                        "See to the cause. If the schema is set up by somebody else, set"
                                + " sayiir.postgres.migration.mode=validate.";
                },
                cause);
    }
}
