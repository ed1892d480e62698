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
                },
                cause);
    }
}
