package dev.sayiir.postgres.autoconfigure;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.annotation.Order;
import org.springframework.core.env.Environment;

/**
 * Says what to set when there is no database to keep workflows in. Spring Boot may be the one that fails for want of
 * it, and would advise to use an embedded database: hence this goes first.
 */
@Order(0)
final class DataSourceSetupFailureAnalyzer implements FailureAnalyzer {

    static final String ACTION = "Set sayiir.postgres.url to the JDBC URL of a PostgreSQL database, or"
            + " spring.datasource.url to keep workflows in the application's own; or set sayiir.postgres.enabled=false.";

    /** Not visible, so told by its name. */
    private static final String BOOTS_FAILURE =
            "org.springframework.boot.jdbc.autoconfigure.DataSourceProperties$DataSourceBeanCreationException";

    private final Environment environment;

    DataSourceSetupFailureAnalyzer(Environment environment) {
        this.environment = environment;
    }

    @Override
    public @Nullable FailureAnalysis analyze(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof DataSourceSetupException setup) {
                return new FailureAnalysis(setup.description(), setup.action(), setup);
            }
            if (cause.getClass().getName().equals(BOOTS_FAILURE) && isForWantOfSettings()) {
                return new FailureAnalysis(
                        "There is no database to keep workflows in: neither sayiir.postgres.url nor"
                                + " spring.datasource.url is set.",
                        ACTION + " An application with no database at all needs spring.autoconfigure.exclude="
                                + "org.springframework.boot.jdbc.autoconfigure.DataSourceAutoConfiguration as well.",
                        cause);
            }
        }
        return null;
    }

    private boolean isForWantOfSettings() {
        return environment.getProperty("sayiir.postgres.enabled", Boolean.class, true)
                && !NoDataSourceSettingsCondition.isSet(environment);
    }
}
