package dev.sayiir.postgres.autoconfigure;

import org.jspecify.annotations.Nullable;
import org.springframework.boot.autoconfigure.service.connection.ConnectionDetails;

/**
 * How to connect to the database that workflows are kept in, if it is another one than the application's. A bean of this
 * type makes a connection pool as {@code sayiir.postgres.url} does, and takes precedence over it. A container marked with
 * {@code @ServiceConnection(name = "sayiir", type = SayiirConnectionDetails.class)} makes one, and so does a service of
 * Docker Compose with the label {@code org.springframework.boot.service-connection: sayiir}.
 */
public interface SayiirConnectionDetails extends ConnectionDetails {

    /** @return the JDBC URL of the database */
    String getJdbcUrl();

    /** @return the role to connect as, or {@code null} for the driver's default */
    @Nullable
    String getUsername();

    /** @return the password of that role, or {@code null} if it has none */
    @Nullable
    String getPassword();

    /** @return the fully qualified name of the JDBC driver, or {@code null} for the one that the URL tells */
    default @Nullable String getDriverClassName() {
        return null;
    }
}
