package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.PostgresBackendBuilder;
import java.util.Optional;
import java.util.Properties;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;

/** Tells a backend how it is to hear from other processes. */
final class NotifySettings {

    private static final String URL = "sayiir.postgres.notify.url";

    private NotifySettings() {}

    static void apply(
            SayiirNotifyProperties notify,
            SayiirPostgresProperties properties,
            DataSource dataSource,
            PostgresBackendBuilder backend) {
        backend.notifyMode(notify.mode());
        if (notify.url() == null) {
            return;
        }
        String username = firstOf(notify.username(), properties.username())
                .orElseThrow(() -> new DataSourceSetupException(
                        URL + " is set, and no user to connect as.", "Set sayiir.postgres.notify.username as well."));
        String password = firstOf(notify.password(), properties.password()).orElse("");
        Properties settings = PoolDriverProperties.of(dataSource);
        settings.setProperty("user", username);
        settings.setProperty("password", password);
        try {
            backend.notifyUrl(notify.url(), settings);
        } catch (IllegalArgumentException e) {
            throw new DataSourceSetupException(
                    "The value of " + URL + " cannot be used. " + e.getMessage() + ".",
                    "Write it as jdbc:postgresql://host:port/database, and put the user into"
                            + " sayiir.postgres.notify.username and the password into sayiir.postgres.notify.password.");
        }
    }

    private static Optional<String> firstOf(@Nullable String first, @Nullable String second) {
        return Optional.ofNullable(first).or(() -> Optional.ofNullable(second));
    }
}
