package dev.sayiir.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.postgres.NotifyMode;
import dev.sayiir.postgres.PostgresBackend;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** The database, through one pool for everything that is measured, and the stores on it. */
final class Target implements AutoCloseable {

    /** A schema of their own: it is emptied before everything that is measured, and dropped in the end. */
    static final String SCHEMA = "sayiir_benchmark";

    static final String FLOOR_SCHEMA = "sayiir_benchmark_floor";

    private static final int OLDEST_MAJOR = 15;

    private final HikariDataSource pool;
    private final CountingDataSource dataSource;
    private final PostgresBackend backend;
    private final Address address;
    private final NotifyMode notifyMode;

    private Target(Address address, HikariDataSource pool, NotifyMode notifyMode) {
        this.address = address;
        this.notifyMode = notifyMode;
        this.pool = pool;
        this.dataSource = new CountingDataSource(pool);
        this.backend = PostgresBackend.builder(dataSource)
                .schema(SCHEMA)
                .notifyMode(notifyMode)
                .build();
    }

    /**
     * Connects, and creates the schema if it is not there.
     *
     * @param connections how many there are in the pool
     * @param notifyMode how the stores tell workers of other processes
     */
    static Target open(Address address, int connections, NotifyMode notifyMode) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("benchmarks");
        config.setJdbcUrl(address.url());
        config.setUsername(address.user());
        config.setPassword(address.password());
        config.setMaximumPoolSize(connections);
        HikariDataSource pool = new HikariDataSource(config);
        try {
            return new Target(address, pool, notifyMode);
        } catch (RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    /**
     * Refuses a server whose figures would mean little.
     *
     * @throws IllegalStateException if it is not durable, or too old
     */
    void requireFit() throws SQLException {
        List<String> row = row("SELECT current_setting('fsync'), current_setting('synchronous_commit'),"
                + " current_setting('full_page_writes'), current_setting('server_version_num')::integer / 10000");
        if (row.subList(0, 3).contains("off")) {
            throw new IllegalStateException("The server at " + address
                    + " is not durable, and its figures would mean little:"
                    + " fsync=" + row.get(0) + ", synchronous_commit=" + row.get(1) + ", full_page_writes=" + row.get(2)
                    + ". Turn all three on");
        }
        if (Integer.parseInt(row.get(3)) < OLDEST_MAJOR) {
            throw new IllegalStateException("The server at " + address + " is PostgreSQL " + row.get(3)
                    + "; what the benchmarks read of its counters takes " + OLDEST_MAJOR + " or later");
        }
    }

    /** Deletes all instances and what belongs to them. */
    void empty() throws SQLException {
        execute("TRUNCATE " + SCHEMA + ".sayiir_workflows, " + SCHEMA + ".sayiir_workflow_history, " + SCHEMA
                + ".sayiir_workflow_tasks, " + SCHEMA + ".sayiir_workflow_events, " + SCHEMA
                + ".sayiir_workflow_counts");
    }

    /** Drops all that the benchmarks have made. */
    void drop() throws SQLException {
        execute("DROP SCHEMA IF EXISTS " + SCHEMA + " CASCADE", "DROP SCHEMA IF EXISTS " + FLOOR_SCHEMA + " CASCADE");
    }

    Address address() {
        return address;
    }

    NotifyMode notifyMode() {
        return notifyMode;
    }

    DataSource dataSource() {
        return dataSource;
    }

    CountingDataSource counts() {
        return dataSource;
    }

    PostgresBackend backend() {
        return backend;
    }

    /** Runs statements one after the other, each by itself. */
    void execute(String... statements) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement()) {
            for (String sql : statements) {
                statement.execute(sql);
            }
        }
    }

    /** Runs one statement with parameters. */
    int update(String sql, Object... parameters) throws SQLException {
        try (Connection connection = pool.getConnection();
                PreparedStatement statement = connection.prepareStatement(sql)) {
            for (int i = 0; i < parameters.length; i++) {
                statement.setObject(i + 1, parameters[i]);
            }
            return statement.executeUpdate();
        }
    }

    /** The first row of a query, as text; null where it is NULL. */
    List<String> row(String sql) throws SQLException {
        try (Connection connection = pool.getConnection();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(sql)) {
            if (!rows.next()) {
                throw new SQLException("No row from: " + sql);
            }
            List<String> row = new ArrayList<>();
            for (int column = 1; column <= rows.getMetaData().getColumnCount(); column++) {
                row.add(String.valueOf(rows.getString(column)));
            }
            return row;
        }
    }

    /**
     * Makes every connection of the pool hand in what it has counted so far. Servers keep such counts back for up to a
     * second else. Only while nobody uses the pool but for a listener.
     *
     * @return how many connections there are, each of which has run one transaction for this
     */
    int flushCounts() throws SQLException {
        List<Connection> all = new ArrayList<>();
        try {
            int free = pool.getMaximumPoolSize() - pool.getHikariPoolMXBean().getActiveConnections();
            for (int i = 0; i < free; i++) {
                all.add(pool.getConnection());
            }
            for (Connection connection : all) {
                try (Statement statement = connection.createStatement()) {
                    statement.execute("SELECT pg_stat_force_next_flush()");
                }
            }
            return free;
        } finally {
            for (Connection connection : all) {
                connection.close();
            }
        }
    }

    @Override
    public void close() {
        backend.close();
        pool.close();
    }
}
