package dev.sayiir.samples.orders;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** A PostgreSQL server of our own that keeps what it has committed, reachable from this machine only. */
final class EmbeddedDatabase implements AutoCloseable {

    static final String USERNAME = "postgres";
    static final String PASSWORD = "trusted";

    private final Path home;
    private @Nullable ServerDirectory directory;
    private @Nullable EmbeddedPostgres server;
    private String url = "";
    private String version = "";
    private boolean closed;

    /** Nothing runs yet; {@code home} is where the server's files will be. */
    EmbeddedDatabase(Path home) {
        this.home = home;
    }

    /**
     * Starts the server. A {@link #close()} from another thread, such as a shutdown hook, waits for it and then stops it.
     *
     * @return this
     */
    synchronized EmbeddedDatabase start() {
        if (closed) {
            throw new IllegalStateException("The embedded PostgreSQL has been stopped");
        }
        try {
            ServerDirectory ours = ServerDirectory.create(home);
            directory = ours;
            EmbeddedPostgres started = builder(ours).start();
            server = started;
            url = "jdbc:postgresql://localhost:" + started.getPort() + "/postgres";
            requireDurable();
            return this;
        } catch (IOException | SQLException e) {
            throw new IllegalStateException("The embedded PostgreSQL does not start. Its files are in " + home, e);
        }
    }

    private EmbeddedPostgres.Builder builder(ServerDirectory ours) {
        return EmbeddedPostgres.builder()
                .setOverrideWorkingDirectory(home.toFile())
                .setDataDirectory(ours.data())
                .setPGStartupWait(Duration.ofMinutes(1))
                .setRegisterShutdownHook(false)
                .setServerConfig("listen_addresses", "localhost")
                .setServerConfig("unix_socket_directories", "")
                .setServerConfig("timezone", "UTC")
                // Meant for tests, it starts without these; what follows would prove little then.
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on");
    }

    /** Its JDBC URL, once it has been started. */
    synchronized String url() {
        return url;
    }

    /** Its version, once it has been started. */
    synchronized String version() {
        return version;
    }

    private void requireDurable() throws SQLException {
        try (Connection connection = DriverManager.getConnection(url, USERNAME, PASSWORD);
                Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("""
                        SELECT current_setting('fsync'), current_setting('synchronous_commit'),
                            current_setting('server_version')""")) {
            row.next();
            version = row.getString(3);
            if (!row.getString(1).equals("on") || !row.getString(2).equals("on")) {
                throw new SQLException(
                        "It is not durable: fsync=" + row.getString(1) + ", synchronous_commit=" + row.getString(2));
            }
        }
    }

    /** Stops the server and deletes its data. */
    @Override
    public synchronized void close() {
        closed = true;
        try {
            if (server != null) {
                server.close();
                server = null;
            }
            if (directory != null) {
                directory.delete();
                directory = null;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("The embedded PostgreSQL does not stop; its files are in " + home, e);
        }
    }
}
