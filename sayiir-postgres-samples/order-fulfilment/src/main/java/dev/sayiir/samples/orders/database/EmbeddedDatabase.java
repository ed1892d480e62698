package dev.sayiir.samples.orders.database;

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
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A PostgreSQL server of our own that keeps what it has committed, reachable from this machine only. */
public final class EmbeddedDatabase implements AutoCloseable {

    /** Whom to connect as. */
    public static final String USERNAME = "postgres";
    /** Accepted, as any other would be: the server trusts whoever is on this machine. */
    public static final String PASSWORD = "trusted";

    private final Path home;
    private @Nullable ServerDirectory directory;
    private @Nullable EmbeddedPostgres server;
    private String url = "";
    private String version = "";
    private boolean closed;

    /**
     * Nothing runs yet.
     *
     * @param home where the files of the server will be
     */
    public EmbeddedDatabase(Path home) {
        this.home = home;
    }

    /**
     * Starts the server. A {@link #close()} from another thread, such as a shutdown hook, waits for it and then stops it.
     *
     * @return this
     * @throws IllegalStateException if it does not start or is not durable, or was closed before
     */
    public synchronized EmbeddedDatabase start() {
        requireOpen();
        try {
            ServerDirectory ours = ServerDirectory.create(home);
            directory = ours;
            EmbeddedPostgres started = builder(ours).start();
            server = started;
            url = "jdbc:postgresql://localhost:" + started.getPort() + "/postgres";
            requireDurable();
            return this;
        } catch (IOException | SQLException e) {
            throw doesNotStart(e);
        }
    }

    /**
     * Kills the server with SIGKILL, as a power cut does: it writes nothing more, and finds out from its log what it has
     * committed when it is started again.
     *
     * @throws IllegalStateException if it does not run
     */
    public synchronized void kill() {
        try {
            process()
                    .orElseThrow(() -> new IllegalStateException("The embedded PostgreSQL does not run"))
                    .kill();
        } catch (IOException e) {
            throw new UncheckedIOException("The embedded PostgreSQL is not found", e);
        }
    }

    /**
     * Starts the server again after it was killed, with its data and at the same port.
     *
     * @throws IllegalStateException if it does not start, or was closed before
     */
    public synchronized void startAgain() {
        requireOpen();
        if (directory == null || server == null) {
            throw new IllegalStateException("The embedded PostgreSQL has not been started yet");
        }
        try {
            int port = server.getPort();
            server.close();
            server = builder(directory).setPort(port).start();
        } catch (IOException e) {
            throw doesNotStart(e);
        }
    }

    private EmbeddedPostgres.Builder builder(ServerDirectory ours) {
        return EmbeddedPostgres.builder()
                .setOverrideWorkingDirectory(home.toFile())
                .setDataDirectory(ours.data())
                .setCleanDataDirectory(false)
                .setPGStartupWait(Duration.ofMinutes(1))
                .setRegisterShutdownHook(false)
                .setServerConfig("listen_addresses", "localhost")
                .setServerConfig("unix_socket_directories", "")
                .setServerConfig("timezone", "UTC")
                // Meant for tests, it starts without these; what follows would prove little then.
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on");
    }

    /** @return its JDBC URL, once it has been started */
    public synchronized String url() {
        return url;
    }

    /** @return its version, once it has been started */
    public synchronized String version() {
        return version;
    }

    private void requireOpen() {
        if (closed) {
            throw new IllegalStateException("The embedded PostgreSQL has been stopped");
        }
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

    private IllegalStateException doesNotStart(Exception cause) {
        return new IllegalStateException("The embedded PostgreSQL does not start. Its files are in " + home, cause);
    }

    private Optional<ServerProcess> process() throws IOException {
        return directory == null ? Optional.empty() : ServerProcess.of(directory.data());
    }

    /** Stops the server, even if it was killed half-way through its start, and deletes its data. */
    @Override
    public synchronized void close() {
        closed = true;
        try {
            // Looked up before: the file that names it is gone a moment earlier than the process.
            Optional<ServerProcess> process = process();
            if (server != null) {
                server.close();
                server = null;
            }
            process.ifPresent(ServerProcess::stop);
            if (directory != null) {
                directory.delete();
                directory = null;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("The embedded PostgreSQL does not stop; its files are in " + home, e);
        }
    }
}
