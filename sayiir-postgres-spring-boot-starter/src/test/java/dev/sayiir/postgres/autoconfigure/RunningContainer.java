package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.testing.Database;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** A container as a test has it, but for the engine: it runs wherever the database of this test does. */
public final class RunningContainer extends PostgreSQLContainer {

    private final Database database;

    /** @param database what it offers */
    public RunningContainer(Database database) {
        super("postgres:17");
        this.database = database;
    }

    @Override
    public String getDockerImageName() {
        return "postgres:17";
    }

    @Override
    public void start() {}

    @Override
    public void stop() {}

    @Override
    public String getJdbcUrl() {
        return database.url();
    }

    @Override
    public String getUsername() {
        return database.username();
    }

    @Override
    public String getPassword() {
        return database.password();
    }
}
