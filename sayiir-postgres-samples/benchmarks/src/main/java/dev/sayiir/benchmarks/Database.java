package dev.sayiir.benchmarks;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import javax.sql.DataSource;

/** The database, through one pool for everything that is measured. */
final class Database implements AutoCloseable {

    private static final int OLDEST_MAJOR = 15;

    private final HikariDataSource pool;
    private final CountingDataSource dataSource;
    private final Address address;

    private Database(Address address, HikariDataSource pool) {
        this.address = address;
        this.pool = pool;
        this.dataSource = new CountingDataSource(pool);
    }

    /**
     * Connects.
     *
     * @param connections how many there are in the pool
     */
    static Database open(Address address, int connections) {
        HikariConfig config = new HikariConfig();
        config.setPoolName("benchmarks");
        config.setJdbcUrl(address.url());
        config.setUsername(address.user());
        config.setPassword(address.password());
        config.setMaximumPoolSize(connections);
        return new Database(address, new HikariDataSource(config));
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

    Address address() {
        return address;
    }

    DataSource dataSource() {
        return dataSource;
    }

    CountingDataSource counts() {
        return dataSource;
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
        pool.close();
    }
}
