package dev.sayiir.postgres.autoconfigure;

import com.zaxxer.hikari.HikariConfig;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import org.jspecify.annotations.Nullable;
import org.springframework.aot.hint.MemberCategory;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;

/**
 * What a native image has to have and cannot tell by itself. The properties are not here: Spring Boot sees to those that it
 * binds.
 */
final class SayiirPostgresRuntimeHints implements RuntimeHintsRegistrar {

    @Override
    public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
        hints.resources()
                .registerPattern("dev/sayiir/postgres/migration/*/*.sql")
                .registerPattern("dev/sayiir/postgres/schema-objects.txt");
        // Connections that do not tell Flyway their URL.
        hints.proxies().registerJdkProxy(Connection.class).registerJdkProxy(DatabaseMetaData.class);
        // Settings of the pool are copied field by field.
        hints.reflection().registerType(HikariConfig.class, MemberCategory.ACCESS_DECLARED_FIELDS);
        // The driver makes it by its name.
        hints.reflection().registerType(SslBundleSocketFactory.class, MemberCategory.INVOKE_PUBLIC_CONSTRUCTORS);
    }
}
