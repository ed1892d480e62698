package dev.sayiir.postgres;

import dev.sayiir.postgres.UnsupportedServerException.Reason;
import java.sql.Connection;
import java.sql.DatabaseMetaData;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Objects;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;

/** Whether a server, as it is set for this role and database, can hold the stores. */
final class ServerCheck {

    private static final int MIN_MAJOR = 13;

    private static final String SETTINGS = """
            SELECT pg_catalog.pg_is_in_recovery() AS standby,
                   pg_catalog.current_setting('transaction_read_only') AS read_only,
                   pg_catalog.current_setting('server_encoding') AS encoding,
                   pg_catalog.current_setting('session_replication_role') AS replication_role,
                   pg_catalog.current_setting('default_transaction_isolation') AS isolation,
                   pg_catalog.current_setting('exit_on_error') AS exit_on_error
            """;

    private final JdbcTemplate jdbc;

    ServerCheck(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /**
     * @throws UnsupportedServerException if it is not PostgreSQL, older than 13, or set to something that cannot work
     */
    void requireSupported() {
        requireSuitable(settings());
    }

    /**
     * @throws UnsupportedServerException as for {@link #requireSupported}, or if it is a standby, or set to read-only
     */
    void requireWritable() {
        Settings settings = settings();
        requireSuitable(settings);
        if (settings.standby()) {
            throw new UnsupportedServerException(
                    Reason.READ_ONLY,
                    "The PostgreSQL server is in recovery (a standby), so nothing can be "
                            + "written to it; connect to the primary, for instance with targetServerType=primary in the URL");
        }
        if (settings.readOnly()) {
            throw new UnsupportedServerException(
                    Reason.READ_ONLY,
                    "Transactions on this PostgreSQL server are read-only; connect to the "
                            + "primary, or see why default_transaction_read_only is on for this role or database");
        }
    }

    private Settings settings() {
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
        return Objects.requireNonNull(jdbc.queryForObject(SETTINGS, Settings::of));
    }

    private static void requireSuitable(Settings settings) {
        if (!settings.encoding().equals("UTF8")) {
            throw new UnsupportedServerException(
                    Reason.ENCODING,
                    "The encoding of this database is " + settings.encoding()
                            + ", in which not every text can be stored;"
                            + " it has to be UTF8. A server can have databases of several encodings: CREATE DATABASE"
                            + " workflows ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0");
        }
        if (settings.replicationRole().equals("replica")) {
            throw new UnsupportedServerException(
                    Reason.SETTING,
                    "The setting session_replication_role is replica for this role or database, so no trigger fires; the"
                            + " stores keep their event log and figures by triggers. "
                            + reset("session_replication_role"));
        }
        if (!settings.isolation().equals("read committed")) {
            throw new UnsupportedServerException(
                    Reason.SETTING,
                    "The setting default_transaction_isolation is " + settings.isolation()
                            + " for this role, database or"
                            + " pool. A statement of the stores that has waited for another process has to see what that"
                            + " has done, which it does with read committed only. "
                            + reset("default_transaction_isolation")
                            + ", or have the pool set TRANSACTION_READ_COMMITTED; a transaction of your own can still ask"
                            + " for another level");
        }
        if (settings.exitOnError()) {
            throw new UnsupportedServerException(
                    Reason.SETTING,
                    "The setting exit_on_error is on for this role or database, so every refusal of the server closes the"
                            + " connection, as that of a claim which was lost. " + reset("exit_on_error"));
        }
    }

    private static String reset(String setting) {
        return "Take it back with ALTER ROLE … RESET " + setting + " or ALTER DATABASE … RESET " + setting;
    }

    /** What matters of how it is set. */
    private record Settings(
            boolean standby,
            boolean readOnly,
            String encoding,
            String replicationRole,
            String isolation,
            boolean exitOnError) {

        static Settings of(ResultSet row, int number) throws SQLException {
            return new Settings(
                    row.getBoolean("standby"),
                    row.getBoolean("read_only"),
                    row.getString("encoding"),
                    row.getString("replication_role"),
                    row.getString("isolation"),
                    row.getBoolean("exit_on_error"));
        }
    }

    private record Server(String product, int major) {
        static Server of(Connection connection) throws SQLException {
            DatabaseMetaData server = connection.getMetaData();
            return new Server(server.getDatabaseProductName(), server.getDatabaseMajorVersion());
        }
    }
}
