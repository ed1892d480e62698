package dev.sayiir.postgres.autoconfigure;

/** There is no DataSource for the backend, or it is not clear which. */
final class DataSourceSetupException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String description;
    private final String action;

    DataSourceSetupException(String description, String action) {
        super(description + " " + action);
        this.description = description;
        this.action = action;
    }

    String description() {
        return description;
    }

    String action() {
        return action;
    }
}
