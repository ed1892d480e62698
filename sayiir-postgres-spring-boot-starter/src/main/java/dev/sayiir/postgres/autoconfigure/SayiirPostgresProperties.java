package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.postgres.MigrationMode;
import dev.sayiir.postgres.SchemaMigrator;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * Settings of the PostgreSQL backend.
 *
 * @param enabled Whether to set up the PostgreSQL backend.
 * @param url JDBC URL of the database, if it is not the one of the application's DataSource.
 * @param username Role to connect as, used with the URL.
 * @param password Password of that role, used with the URL.
 * @param schema Schema that holds the tables.
 * @param codec Name of the codec that snapshots are written with: json, smile or that of a SnapshotCodec bean.
 * @param migration What to do about the schema at start-up.
 */
@ConfigurationProperties("sayiir.postgres")
record SayiirPostgresProperties(
        @DefaultValue("true") boolean enabled,
        @Nullable String url,
        @Nullable String username,
        @Nullable String password,
        @DefaultValue(SchemaMigrator.DEFAULT_SCHEMA) String schema,
        @DefaultValue("json") String codec,
        @DefaultValue Migration migration) {

    /**
     * Settings of the schema's migration.
     *
     * @param mode What to do about the schema before the backend is used.
     */
    record Migration(@DefaultValue("migrate") MigrationMode mode) {}

    /** Without URL, user name and password. */
    @Override
    public String toString() {
        return "SayiirPostgresProperties[schema=" + schema + ", codec=" + codec + ", " + migration + "]";
    }
}
