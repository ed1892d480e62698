package dev.sayiir.benchmarks;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;

/** A transaction that does nothing but hold a snapshot: what is deleted or updated while it is open cannot be cleaned up. */
final class OldSnapshot implements AutoCloseable {

    private final Connection connection;

    private OldSnapshot(Connection connection) {
        this.connection = connection;
    }

    static OldSnapshot take(Address address) throws SQLException {
        Connection connection = DriverManager.getConnection(address.url(), address.user(), address.password());
        connection.setAutoCommit(false);
        connection.setTransactionIsolation(Connection.TRANSACTION_REPEATABLE_READ);
        try (Statement statement = connection.createStatement()) {
            statement.execute("SELECT count(*) FROM pg_catalog.pg_class");
        }
        return new OldSnapshot(connection);
    }

    @Override
    public String toString() {
        return "A transaction holds a snapshot from now on";
    }

    @Override
    public void close() throws SQLException {
        connection.close();
    }
}
