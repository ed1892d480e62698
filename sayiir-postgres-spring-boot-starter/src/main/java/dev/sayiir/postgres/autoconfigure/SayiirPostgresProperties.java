package dev.sayiir.postgres.autoconfigure;

import com.zaxxer.hikari.HikariConfig;
import dev.sayiir.postgres.MigrationMode;
import dev.sayiir.postgres.SchemaMigrator;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * Settings of the PostgreSQL backend.
 *
 * @param enabled Whether to set up the PostgreSQL backend.
 * @param url JDBC URL of the database, if it is not the one of the application's DataSource.
 * @param username Role to connect as, used with the URL.
 * @param password Password of that role, used with the URL.
 * @param driverClassName Fully qualified name of the JDBC driver, used with the URL. Detected from it by default.
 * @param ssl How connections are encrypted, used with the URL.
 * @param hikari Settings of the connection pool that the URL makes.
 * @param schema Schema that holds the tables.
 * @param codec Name of the codec that snapshots are written with: json, smile or that of a SnapshotCodec bean.
 * @param statementTimeout Time after which a statement of a store is cancelled, at least 1s. Never by default.
 * @param blob Settings of the snapshots as they are stored.
 * @param payload Settings of inputs, outputs and events.
 * @param migration What to do about the schema at start-up.
 */
@ConfigurationProperties("sayiir.postgres")
record SayiirPostgresProperties(
        @DefaultValue("true") boolean enabled,
        @Nullable String url,
        @Nullable String username,
        @Nullable String password,
        @Nullable String driverClassName,
        @DefaultValue Ssl ssl,
        @NestedConfigurationProperty @Nullable HikariConfig hikari,
        @DefaultValue(SchemaMigrator.DEFAULT_SCHEMA) String schema,
        @DefaultValue("json") String codec,
        @Nullable Duration statementTimeout,
        @DefaultValue Blob blob,
        @DefaultValue Payload payload,
        @DefaultValue Migration migration) {

    /**
     * How connections are encrypted.
     *
     * @param bundle SSL bundle to connect with, used with the URL. The server has to be the one that its certificate is for.
     */
    record Ssl(@Nullable String bundle) {}

    /**
     * Settings of the snapshots as they are stored.
     *
     * @param maxSize Size of a stored snapshot beyond which it is neither written nor read, from 4KB.
     */
    record Blob(@DefaultValue("16MB") DataSize maxSize) {}

    /**
     * Settings of inputs, outputs and events, which are stored beside the snapshots.
     *
     * @param maxSize Size of an initial input, a task's output or an event beyond which it is not written, 4KB to 256MB.
     */
    record Payload(@DefaultValue("16MB") DataSize maxSize) {}

    /**
     * Settings of the schema's migration.
     *
     * @param mode What to do about the schema before the backend is used.
     * @param historyTable Table in the same schema that records the migrations that have run.
     * @param url JDBC URL to migrate through, for instance past a connection pooler. By default that of the DataSource.
     * @param username Role to migrate as, if it is not the one that the backend works as.
     * @param password Password of that role.
     * @param role Role to take on for the migration with SET ROLE, for instance the owner of the tables.
     */
    record Migration(
            @DefaultValue("migrate") MigrationMode mode,
            @DefaultValue(SchemaMigrator.HISTORY_TABLE) String historyTable,
            @Nullable String url,
            @Nullable String username,
            @Nullable String password,
            @Nullable String role) {

        /** Without URL, user name and password. */
        @Override
        public String toString() {
            return "Migration[mode=" + mode + ", historyTable=" + historyTable + "]";
        }
    }

    /** Without URLs, user names and passwords. */
    @Override
    public String toString() {
        return "SayiirPostgresProperties[schema=" + schema + ", codec=" + codec + ", " + migration + "]";
    }
}
