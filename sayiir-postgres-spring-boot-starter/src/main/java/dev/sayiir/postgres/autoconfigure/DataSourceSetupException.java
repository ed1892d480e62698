package dev.sayiir.postgres.autoconfigure;

/** There is no DataSource for the backend, it is not clear which, or it does not do what it is to be used for. */
final class DataSourceSetupException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String description;
    private final String action;

    DataSourceSetupException(String description, String action) {
        super(description + " " + action);
        this.description = description;
        this.action = action;
    }

    DataSourceSetupException(String description, String action, Throwable cause) {
        this(description, action);
        initCause(cause);
    }

    String description() {
        return description;
    }

    String action() {
        return action;
    }
}
