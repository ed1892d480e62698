package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.NotifyMode;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How workers hear from other processes that a task may be due.
 *
 * @param mode Whether to use LISTEN and NOTIFY. Workers poll as well in any case.
 * @param url JDBC URL to listen through, for instance past a connection pooler. By default a connection of the DataSource
 *     listens.
 * @param username Role to listen as, used with that URL. By default the role of the backend's DataSource.
 * @param password Password of that role.
 */
@ConfigurationProperties("sayiir.postgres.notify")
record SayiirNotifyProperties(
        @DefaultValue("auto") NotifyMode mode,
        @Nullable String url,
        @Nullable String username,
        @Nullable String password) {

    /** Without URL, user name and password. */
    @Override
    public String toString() {
        return "SayiirNotifyProperties[mode=" + mode + "]";
    }
}
