package dev.sayiir.postgres.autoconfigure;

import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What {@code sayiir.postgres.url} and its companions say. Made only where it is set. */
final class PropertiesSayiirConnectionDetails implements SayiirConnectionDetails {

    private final SayiirPostgresProperties properties;

    PropertiesSayiirConnectionDetails(SayiirPostgresProperties properties) {
        this.properties = properties;
    }

    @Override
    public String getJdbcUrl() {
        return Objects.requireNonNull(properties.url());
    }

    @Override
    public @Nullable String getUsername() {
        return properties.username();
    }

    @Override
    public @Nullable String getPassword() {
        return properties.password();
    }

    @Override
    public @Nullable String getDriverClassName() {
        return properties.driverClassName();
    }
}
