package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.UnsupportedServerException;
import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

/** Says what to set when a server cannot hold the stores. */
final class UnsupportedServerFailureAnalyzer extends AbstractFailureAnalyzer<UnsupportedServerException> {

    @Override
    protected FailureAnalysis analyze(Throwable rootFailure, UnsupportedServerException cause) {
        return new FailureAnalysis(
                "Workflows cannot be kept in this database. " + cause.getMessage() + ".",
                switch (cause.reason()) {
                    case NOT_POSTGRESQL ->
                        "Set sayiir.postgres.url to the JDBC URL of a PostgreSQL database, or mark the DataSource that"
                                + " leads to one with @SayiirDataSource; or set sayiir.postgres.enabled=false.";
                    case TOO_OLD ->
                        "Upgrade the server, or set sayiir.postgres.url to the JDBC URL of one with PostgreSQL 13 or"
                                + " later.";
                    case READ_ONLY ->
                        "Let sayiir.postgres.url, or spring.datasource.url if that is not set, lead to the primary. To"
                                + " start on a server that is only read from, set"
                                + " sayiir.postgres.migration.mode=validate.";
                    case ENCODING ->
                        "Create a database whose encoding is UTF8, which the same server can have, and set"
                                + " sayiir.postgres.url to its JDBC URL.";
                    case SETTING ->
                        "Take the setting back for the role and the database, or give workflows a role of their own with"
                                + " sayiir.postgres.url, sayiir.postgres.username and sayiir.postgres.password.";
                },
                cause);
    }
}
