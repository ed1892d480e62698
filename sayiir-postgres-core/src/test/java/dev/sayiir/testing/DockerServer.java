package dev.sayiir.testing;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.postgresql.PostgreSQLContainer;

/** A server in a container. */
final class DockerServer implements RunningServer {

    private final PostgreSQLContainer container;

    private DockerServer(PostgreSQLContainer container) {
        this.container = container;
    }

    /** Asking takes a while, so it is done once. */
    private static final class Engine {
        static final boolean ANSWERS = DockerClientFactory.instance().isDockerAvailable();
    }

    static boolean isPossible() {
        return Engine.ANSWERS;
    }

    /** Debian's image, since Alpine's knows no language's sort order: ids must be ordered by bytes all the same. */
    @SuppressWarnings("resource") // kept by the server that is returned
    static DockerServer start(int major, Map<String, String> settings) {
        PostgreSQLContainer container = new PostgreSQLContainer("postgres:" + major)
                .withDatabaseName("postgres")
                .withUsername("postgres")
                .withPassword(UUID.randomUUID().toString())
                .withCommand(command(settings));
        container.start();
        return new DockerServer(container);
    }

    private static String[] command(Map<String, String> settings) {
        List<String> command = new ArrayList<>(List.of("postgres"));
        settings.forEach((name, value) -> command.addAll(List.of("-c", name + "=" + value)));
        return command.toArray(String[]::new);
    }

    @Override
    public String url(String database) {
        return "jdbc:postgresql://" + container.getHost() + ":"
                + container.getMappedPort(PostgreSQLContainer.POSTGRESQL_PORT) + "/" + database;
    }

    @Override
    public String username() {
        return container.getUsername();
    }

    @Override
    public String password() {
        return container.getPassword();
    }

    @Override
    public void close() {
        container.stop();
    }
}
