package dev.sayiir.postgres;

import dev.sayiir.postgres.UnsupportedServerException.Reason;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.SQLException;
import java.util.Objects;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;

/** Whether a server can hold the stores. */
final class ServerCheck {

    private static final int MIN_MAJOR = 13;

    private static final String WRITABLE = """
            SELECT pg_catalog.pg_is_in_recovery() AS standby,
                   pg_catalog.current_setting('transaction_read_only') = 'on' AS read_only
            """;

    private final JdbcTemplate jdbc;

    ServerCheck(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * @throws UnsupportedServerException if it is not PostgreSQL, or older than 13
     */
    void requireSupported() {
        Server server = Objects.requireNonNull(jdbc.execute((ConnectionCallback<Server>) Server::of));
        if (!server.product().equals("PostgreSQL")) {
            throw new UnsupportedServerException(
                    Reason.NOT_POSTGRESQL,
                    "The DataSource leads to " + server.product() + "; sayiir-postgres needs PostgreSQL " + MIN_MAJOR
                            + " or later");
        }
        if (server.major() < MIN_MAJOR) {
            throw new UnsupportedServerException(
                    Reason.TOO_OLD,
                    "PostgreSQL " + server.major() + " is not supported; sayiir-postgres " + "needs " + MIN_MAJOR
                            + " or later, so upgrade the server or connect to another one");
        }
    }

    /**
     * @throws UnsupportedServerException if it is a standby, or set to read-only
     */
    void requireWritable() {
        Refusal refusal = Objects.requireNonNull(jdbc.queryForObject(
                WRITABLE, (row, number) -> new Refusal(row.getBoolean("standby"), row.getBoolean("read_only"))));
        if (refusal.standby()) {
            throw new UnsupportedServerException(
                    Reason.READ_ONLY,
                    "The PostgreSQL server is in recovery (a standby), so nothing can be "
                            + "written to it; connect to the primary, for instance with targetServerType=primary in the URL");
        }
        if (refusal.readOnly()) {
            throw new UnsupportedServerException(
                    Reason.READ_ONLY,
                    "Transactions on this PostgreSQL server are read-only; connect to the "
                            + "primary, or see why default_transaction_read_only is on for this role or database");
        }
    }

    /** Why nothing can be written, if so. */
    private record Refusal(boolean standby, boolean readOnly) {}

    private record Server(String product, int major) {
        static Server of(Connection connection) throws SQLException {
            DatabaseMetaData server = connection.getMetaData();
            return new Server(server.getDatabaseProductName(), server.getDatabaseMajorVersion());
        }
    }
}
