package dev.sayiir.testing;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.awaitility.Awaitility;

/**
 * PgBouncer in transaction mode before a {@link PostgresServer}, if it is installed ({@code apt-get install pgbouncer}).
 * Every transaction gets another connection to the server than the one before, so that whatever is left in a session
 * would be missed. It ends with this JVM, however that ends.
 */
public final class PgBouncer implements AutoCloseable {

    /** Debian's release lacks prepared statements in transaction mode, so the driver must not name any. */
    private static final String DRIVER_OPTIONS = "?prepareThreshold=0";

    private final LocalPort port;
    private final BoundProcess process;

    private PgBouncer(LocalPort port, BoundProcess process) {
        this.port = port;
        this.process = process;
    }

    /** What a test says that does not run for the want of it. */
    public static final String MISSING =
            "PgBouncer is not installed, so nothing has been tried through it: apt-get install pgbouncer";

    /** @return whether it is installed */
    public static boolean isInstalled() {
        return program().isPresent();
    }

    /** Debian puts it where only root's search path leads. */
    private static Optional<Path> program() {
        String searched = System.getenv().getOrDefault("PATH", "") + File.pathSeparator + "/usr/sbin";
        return Arrays.stream(searched.split(File.pathSeparator, -1))
                .map(folder -> Path.of(folder, "pgbouncer"))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /**
     * Starts it.
     *
     * @param database any database of the server to be reached through it
     * @return the running PgBouncer
     */
    public static PgBouncer before(Database database) {
        try {
            Path folder = Files.createDirectories(Path.of("target", "pgbouncer"));
            LocalPort port = LocalPort.free();
            Path configuration = Files.createTempFile(folder, "pgbouncer", ".ini");
            Files.writeString(configuration, configuration(database, port));
            List<String> command =
                    new ArrayList<>(List.of(program().orElseThrow().toString(), configuration.toString()));
            if ("root".equals(System.getProperty("user.name"))) {
                command.addAll(1, List.of("-u", "nobody"));
            }
            BoundProcess process =
                    BoundProcess.start(Path.of("."), folder.resolve("pgbouncer.log"), List.of(), command);
            PgBouncer bouncer = new PgBouncer(port, process);
            Runtime.getRuntime().addShutdownHook(new Thread(bouncer::close, "stop-pgbouncer"));
            Awaitility.await().atMost(Duration.ofSeconds(30)).until(port::answers);
            return bouncer;
        } catch (IOException e) {
            throw new UncheckedIOException("PgBouncer does not start", e);
        }
    }

    private static String configuration(Database database, LocalPort port) {
        URI server = URI.create(database.url().substring("jdbc:".length()));
        Map<String, String> settings = Map.of(
                "listen_addr", "localhost",
                "listen_port", Integer.toString(port.number()),
                "unix_socket_dir", "",
                "auth_type", "any",
                "pool_mode", "transaction",
                "server_round_robin", "1",
                "max_client_conn", "200",
                "ignore_startup_parameters", "extra_float_digits");
        StringBuilder text = new StringBuilder("[databases]%n* = host=%s port=%d user=%s password=%s%n[pgbouncer]%n"
                .formatted(server.getHost(), server.getPort(), database.username(), database.password()));
        settings.forEach(
                (name, value) -> text.append(name).append(" = ").append(value).append(System.lineSeparator()));
        return text.toString();
    }

    /**
     * @param url a JDBC URL of a database of the server
     * @return the same, through PgBouncer
     */
    public String through(String url) {
        return url.replaceFirst("//[^/]+/", "//localhost:" + port.number() + "/") + DRIVER_OPTIONS;
    }

    @Override
    public void close() {
        process.close();
    }
}
