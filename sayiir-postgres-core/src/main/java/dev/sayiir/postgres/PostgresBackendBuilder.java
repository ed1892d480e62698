package dev.sayiir.postgres;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.codec.SnapshotCodecs;
import dev.sayiir.event.InstanceEvent;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.ValueLimits;
import dev.sayiir.persistence.ValueTooLargeException;
import java.sql.DriverManager;
import java.time.Duration;
import java.util.Properties;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

/** Builds a {@link PostgresBackend}. Not for use by several threads. */
public final class PostgresBackendBuilder {

    final DataSource dataSource;
    final JdbcTemplate jdbc;
    String schema = SchemaMigrator.DEFAULT_SCHEMA;
    SnapshotCodecs codecs = SnapshotCodecs.json();
    ValueLimits limits = ValueLimits.DEFAULT;
    MigrationMode migrationMode = MigrationMode.MIGRATE;
    NotifyMode notifyMode = NotifyMode.AUTO;
    ListenerConnection.@Nullable Source notifyConnections;

    @Nullable
    PlatformTransactionManager transactionManager;

    @Nullable
    HikariDataSource ownDataSource;

    StoreObserver observer = StoreObserver.NONE;
    Consumer<? super InstanceEvent> listener = event -> {};

    PostgresBackendBuilder(DataSource dataSource) {
        this.dataSource = dataSource;
        this.jdbc = new JdbcTemplate(dataSource);
    }

    /**
     * @param name the schema that holds the tables, {@value SchemaMigrator#DEFAULT_SCHEMA} unless set
     * @return this
     * @throws IllegalArgumentException if there can be no schema of that name
     */
    public PostgresBackendBuilder schema(String name) {
        this.schema = new SchemaName(name).name();
        return this;
    }

    /**
     * @param snapshotCodecs how snapshots are written and read; as JSON unless set
     * @return this
     */
    public PostgresBackendBuilder codecs(SnapshotCodecs snapshotCodecs) {
        this.codecs = snapshotCodecs;
        return this;
    }

    /**
     * Sets how large an initial input, the output of a task and the payload of an event may be each, which are stored beside
     * the snapshot. What is larger is refused with a {@link ValueTooLargeException}; what is stored already can be read.
     *
     * @param bytes the limit, {@value ValueLimits#DEFAULT_MAX_PAYLOAD_BYTES} unless said, {@value
     *     ValueLimits#MIN_MAX_PAYLOAD_BYTES} to {@value ValueLimits#MAX_MAX_PAYLOAD_BYTES}
     * @return this
     * @throws IllegalArgumentException if it is out of its range
     */
    public PostgresBackendBuilder maxPayloadBytes(int bytes) {
        this.limits = new ValueLimits(bytes);
        return this;
    }

    /**
     * @param mode what to do about the schema when the backend is built; migrate it unless set
     * @return this
     */
    public PostgresBackendBuilder migration(MigrationMode mode) {
        this.migrationMode = mode;
        return this;
    }

    /**
     * @param manager runs the transactions in which the caller uses the same DataSource; a {@link
     *     JdbcTransactionManager} unless set
     * @return this
     */
    public PostgresBackendBuilder transactionManager(PlatformTransactionManager manager) {
        this.transactionManager = manager;
        return this;
    }

    /**
     * Sets after how long a statement is cancelled, which then fails with Spring's {@code QueryTimeoutException};
     * never unless said. The driver does it, so that it works through PgBouncer as well. Migrations are not affected.
     *
     * @param timeout at least a second; parts of a second count as a whole one
     * @return this
     * @throws IllegalArgumentException if it is less than a second, or 68 years or more
     */
    public PostgresBackendBuilder statementTimeout(Duration timeout) {
        if (timeout.toSeconds() < 1 || timeout.toSeconds() >= Integer.MAX_VALUE) {
            throw new IllegalArgumentException(
                    "The statement timeout is " + timeout + "; it has to be at least a second, and below 68 years");
        }
        jdbc.setQueryTimeout((int) timeout.plusNanos(999_999_999).toSeconds());
        return this;
    }

    /**
     * @param storeObserver is told what the backend does; nobody unless set
     * @return this
     */
    public PostgresBackendBuilder observer(StoreObserver storeObserver) {
        this.observer = storeObserver;
        return this;
    }

    /**
     * Sets who hears that an instance has ended or a task is blocked, if this backend has made that so: once it is committed,
     * or within the transaction of the caller. It is called on the thread of the operation, by several at once, and has to
     * return soon. What it throws is logged; within a transaction of the caller it is thrown on to the caller.
     *
     * @param eventListener is told each of these; nobody unless set
     * @return this
     */
    public PostgresBackendBuilder eventListener(Consumer<? super InstanceEvent> eventListener) {
        this.listener = eventListener;
        return this;
    }

    /**
     * @param mode how to hear from other processes that a task may be due; {@link NotifyMode#AUTO} unless set
     * @return this
     */
    public PostgresBackendBuilder notifyMode(NotifyMode mode) {
        this.notifyMode = mode;
        return this;
    }

    /**
     * Sets where the connection comes from that listens to other processes. Unless said it is one of the DataSource's,
     * for good; behind a pooler in transaction mode, such as PgBouncer, it has to lead to the server directly.
     *
     * @param url a JDBC URL of the same database; it is not shown anywhere
     * @param user the role to connect as; it needs no rights but to connect
     * @param password its password
     * @return this
     * @throws IllegalArgumentException if the URL is none that a driver accepts; the message does not show it
     */
    public PostgresBackendBuilder notifyUrl(String url, String user, String password) {
        Properties settings = new Properties();
        settings.setProperty("user", user);
        settings.setProperty("password", password);
        return notifyUrl(url, settings);
    }

    /**
     * As {@link #notifyUrl(String, String, String)}, with further settings of the driver.
     *
     * @param url a JDBC URL of the same database; it is not shown anywhere
     * @param settings what the driver is told: {@code user}, {@code password} and any others of its own
     * @return this
     * @throws IllegalArgumentException if the URL is none that a driver accepts; the message does not show it
     */
    public PostgresBackendBuilder notifyUrl(String url, Properties settings) {
        PostgresUrl.requireUsable(url);
        Properties copy = new Properties();
        copy.putAll(settings);
        this.notifyConnections = () -> DriverManager.getConnection(url, copy);
        return this;
    }

    /** The same settings for a pool of so many connections of the DataSource, made when the first one is needed and kept. */
    PostgresBackendBuilder reserving(int connections) {
        HikariDataSource pool = Pools.within(dataSource, connections);
        PostgresBackendBuilder reserving = new PostgresBackendBuilder(pool);
        reserving.jdbc.setQueryTimeout(jdbc.getQueryTimeout());
        reserving.schema = schema;
        reserving.codecs = codecs;
        reserving.limits = limits;
        reserving.observer = observer;
        reserving.listener = listener;
        reserving.ownDataSource = pool;
        return reserving;
    }

    /**
     * Sets up or checks the schema, as the migration mode says.
     *
     * @return the backend
     * @throws UnsupportedServerException if the server cannot hold the stores, or, to migrate it, is read-only
     * @throws SchemaMigrationException if the schema could not be migrated
     * @throws SchemaValidationException if it was to be validated, and something is missing or different
     * @throws IllegalArgumentException if {@link NotifyMode#LISTEN} would take the only connection of the pool
     */
    public PostgresBackend build() {
        new SchemaMigrator(dataSource, schema).run(migrationMode);
        return new PostgresBackend(this);
    }
}
