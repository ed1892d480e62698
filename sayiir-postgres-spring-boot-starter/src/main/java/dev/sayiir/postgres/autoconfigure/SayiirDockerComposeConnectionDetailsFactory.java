package dev.sayiir.postgres.autoconfigure;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.docker.compose.core.RunningService;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionDetailsFactory;
import org.springframework.boot.docker.compose.service.connection.DockerComposeConnectionSource;

/**
 * Connects to a service of Docker Compose with the label {@code org.springframework.boot.service-connection: sayiir}, and the
 * environment of PostgreSQL's official image.
 */
final class SayiirDockerComposeConnectionDetailsFactory
        extends DockerComposeConnectionDetailsFactory<SayiirConnectionDetails> {

    private static final int POSTGRESQL_PORT = 5432;

    SayiirDockerComposeConnectionDetailsFactory() {
        super("sayiir");
    }

    @Override
    protected SayiirConnectionDetails getDockerComposeConnectionDetails(DockerComposeConnectionSource source) {
        return new ServiceDetails(source.getRunningService());
    }

    private static final class ServiceDetails extends DockerComposeConnectionDetails
            implements SayiirConnectionDetails {

        private final RunningService service;

        ServiceDetails(RunningService service) {
            super(service);
            this.service = service;
        }

        @Override
        public String getJdbcUrl() {
            String database = service.env().get("POSTGRES_DB");
            return "jdbc:postgresql://" + service.host() + ":" + service.ports().get(POSTGRESQL_PORT) + "/"
                    + (database == null ? getUsername() : database);
        }

        @Override
        public String getUsername() {
            String user = service.env().get("POSTGRES_USER");
            return user == null ? "postgres" : user;
        }

        @Override
        public @Nullable String getPassword() {
            return service.env().get("POSTGRES_PASSWORD");
        }
    }
}
