package dev.sayiir.postgres.autoconfigure;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionDetailsFactory;
import org.springframework.boot.testcontainers.service.connection.ContainerConnectionSource;
import org.testcontainers.containers.JdbcDatabaseContainer;

/**
 * Connects to a container marked with {@code @ServiceConnection(name = "sayiir", type = SayiirConnectionDetails.class)}. By
 * the name only: any other container is the application's DataSource.
 */
final class SayiirContainerConnectionDetailsFactory
        extends ContainerConnectionDetailsFactory<JdbcDatabaseContainer<?>, SayiirConnectionDetails> {

    SayiirContainerConnectionDetailsFactory() {
        super("sayiir");
    }

    @Override
    protected SayiirConnectionDetails getContainerConnectionDetails(
            ContainerConnectionSource<JdbcDatabaseContainer<?>> source) {
        return new ContainerDetails(source);
    }

    private static final class ContainerDetails extends ContainerConnectionDetails<JdbcDatabaseContainer<?>>
            implements SayiirConnectionDetails {

        ContainerDetails(ContainerConnectionSource<JdbcDatabaseContainer<?>> source) {
            super(source);
        }

        @Override
        public String getJdbcUrl() {
            return getContainer().getJdbcUrl();
        }

        @Override
        public @Nullable String getUsername() {
            return getContainer().getUsername();
        }

        @Override
        public @Nullable String getPassword() {
            return getContainer().getPassword();
        }

        @Override
        public @Nullable String getDriverClassName() {
            return getContainer().getDriverClassName();
        }
    }
}
