package dev.sayiir.testing;

import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A real PostgreSQL server, shared by all tests of this JVM: started when it is first asked for, stopped when the JVM
 * ends. Tests keep out of each other's way by taking databases of their own.
 *
 * <p>It comes from Testcontainers where a Docker engine answers, else from the embedded binaries in the folder that
 * system property {@code sayiir.test.pg-binaries} names. It is fast, not durable: do not crash or benchmark it.
 *
 * <pre>{@code
 * try (Database database = PostgresServer.of(17).newDatabase()) {
 *     PostgresBackend backend = PostgresBackend.builder(database.dataSource()).build();
 * }
 * }</pre>
 */
public final class PostgresServer {

    /** The major versions that the library is proven on; 12 can be had as well, to see it refused. */
    public static final List<Integer> SUPPORTED = List.of(13, 15, 17, 18);

    private static final Map<Integer, PostgresServer> SHARED = new ConcurrentHashMap<>();
    private static final Map<Integer, PostgresServer> DURABLE = new ConcurrentHashMap<>();
    private static final Map<Integer, PostgresServer> CROWDED = new ConcurrentHashMap<>();
    private static final Map<Integer, PostgresServer> DISTRIBUTION = new ConcurrentHashMap<>();
    private static final int MANY_CONNECTIONS = 200;
    private static final int FEW_CONNECTIONS = 10;
    private static final AtomicInteger DATABASES = new AtomicInteger();

    private final int major;
    private final RunningServer server;
    private final Set<Database> open = ConcurrentHashMap.newKeySet();

    private PostgresServer(int major, RunningServer server) {
        this.major = major;
        this.server = server;
        Runtime.getRuntime().addShutdownHook(new Thread(this::stop, "stop-postgres-" + major));
    }

    private static PostgresServer start(int major, int connections, String durable) {
        Map<String, String> settings = Map.of(
                "max_connections", Integer.toString(connections),
                "fsync", durable,
                "synchronous_commit", durable,
                "full_page_writes", durable,
                "timezone", "UTC");
        return new PostgresServer(
                major,
                DockerServer.isPossible()
                        ? DockerServer.start(major, settings)
                        : EmbeddedServer.start(major, settings));
    }

    /**
     * The server of that version, starting it if need be.
     *
     * @param major 12, 13, 15, 17 or 18
     * @return the server that all tests of this JVM share
     */
    public static PostgresServer of(int major) {
        return SHARED.computeIfAbsent(major, version -> start(version, MANY_CONNECTIONS, "off"));
    }

    /**
     * Another server of that version, which is durable, as one in production has to be: commits reach the disk.
     *
     * @param major 12, 13, 15, 17 or 18
     * @return the durable server that all tests of this JVM share
     */
    public static PostgresServer durable(int major) {
        return DURABLE.computeIfAbsent(major, version -> start(version, MANY_CONNECTIONS, "on"));
    }

    /**
     * Another server of that version, which has 10 connections, of which 3 are reserved for superusers.
     *
     * @param major 12, 13, 15, 17 or 18
     * @return the server with few connections that all tests of this JVM share
     */
    public static PostgresServer crowded(int major) {
        return CROWDED.computeIfAbsent(major, version -> start(version, FEW_CONNECTIONS, "off"));
    }

    /** @return whether this machine has the server of {@link #ofDistribution()} */
    public static boolean hasDistribution() {
        return DistributionServer.installed().isPresent();
    }

    /**
     * The distribution's server as shipped, if this machine has one: {@code apt-get install postgresql}. Its settings are
     * its packages' own, so it compiles expensive statements, allows 100 connections, and is durable.
     *
     * @return the server that all tests of this JVM share; empty if none is installed
     */
    public static Optional<PostgresServer> ofDistribution() {
        return DistributionServer.installed()
                .map(major -> DISTRIBUTION.computeIfAbsent(
                        major, version -> new PostgresServer(version, DistributionServer.start(version))));
    }

    /**
     * Creates a database that nobody else uses. It goes when it is closed, or else with the server.
     *
     * @return the database, empty
     */
    public Database newDatabase() {
        return create("");
    }

    /**
     * As {@link #newDatabase()}, in another encoding.
     *
     * @param encoding such as LATIN1
     * @return the database, empty
     */
    public Database newDatabase(String encoding) {
        return create(" ENCODING '" + encoding + "' LOCALE 'C'" + (major < 15 ? "" : " LOCALE_PROVIDER libc")
                + " TEMPLATE template0");
    }

    private Database create(String options) {
        String name = "test_" + DATABASES.incrementAndGet();
        execute("CREATE DATABASE " + name + options);
        Database database = new Database(this, name);
        open.add(database);
        return database;
    }

    /** @return the major version */
    public int major() {
        return major;
    }

    String url(String database) {
        return server.url(database);
    }

    String username() {
        return server.username();
    }

    String password() {
        return server.password();
    }

    void drop(Database database, String name) {
        if (open.remove(database)) {
            execute("DROP DATABASE IF EXISTS " + name + (major < 13 ? "" : " WITH (FORCE)"));
        }
    }

    private void execute(String sql) {
        try (Connection connection = DriverManager.getConnection(url("postgres"), username(), password());
                Statement statement = connection.createStatement()) {
            statement.execute(sql);
        } catch (SQLException e) {
            throw new IllegalStateException("PostgreSQL " + major + " refused: " + sql, e);
        }
    }

    private void stop() {
        open.forEach(Database::disconnect);
        server.close();
    }

    @Override
    public String toString() {
        return "PostgreSQL " + major;
    }
}
