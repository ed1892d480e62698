package dev.sayiir.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/** PgBouncer in transaction mode before a database, if it is installed on this machine. */
public final class PgBouncer implements AutoCloseable {

    private static final Path HOME = Path.of(System.getProperty("user.dir"), "target", "pgbouncer");

    private final Process process;
    private final int port;
    private final Database database;

    private PgBouncer(Process process, int port, Database database) {
        this.process = process;
        this.port = port;
        this.database = database;
    }

    /** @return whether it is installed */
    public static boolean isInstalled() {
        return program().isPresent();
    }

    /**
     * @param database what it leads to
     * @return PgBouncer, ready to be connected to
     * @throws IOException if it does not start
     */
    public static PgBouncer before(Database database) throws IOException {
        int port = freePort();
        Files.createDirectories(HOME);
        Path settings = Files.writeString(HOME.resolve("pgbouncer-" + port + ".ini"), settings(database, port));
        List<String> command = new ArrayList<>(List.of(program().orElseThrow().toString(), settings.toString()));
        if (System.getProperty("user.name").equals("root")) {
            command.addAll(List.of("-u", "nobody")); // it refuses to run as root
        }
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(HOME.resolve("pgbouncer-" + port + ".log").toFile())
                .start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroy, "stop-pgbouncer"));
        PgBouncer bouncer = new PgBouncer(process, port, database);
        Awaitility.await().atMost(Duration.ofSeconds(30)).until(bouncer::answers);
        return bouncer;
    }

    private static String settings(Database database, int port) {
        URI server = URI.create(database.url().substring("jdbc:".length()));
        return """
                [databases]
                * = host=%s port=%d user=%s password=%s
                [pgbouncer]
                listen_addr = 127.0.0.1
                listen_port = %d
                unix_socket_dir =
                auth_type = any
                pool_mode = transaction
                ignore_startup_parameters = extra_float_digits
                """.formatted(server.getHost(), server.getPort(), database.username(), database.password(), port);
    }

    /** @return the JDBC URL of the database through it; it keeps no prepared statements */
    public String url() {
        String name = URI.create(database.url().substring("jdbc:".length())).getPath();
        return "jdbc:postgresql://127.0.0.1:" + port + name + "?prepareThreshold=0";
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(10, TimeUnit.SECONDS)) {
                process.destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    private boolean answers() {
        if (!process.isAlive()) {
            throw new IllegalStateException("PgBouncer has ended; see the log in " + HOME);
        }
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            return socket.isConnected();
        } catch (IOException notYet) {
            return false;
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    private static Optional<Path> program() {
        return Stream.concat(Stream.of(System.getenv("PATH").split(":", -1)), Stream.of("/usr/sbin"))
                .map(folder -> Path.of(folder, "pgbouncer"))
                .filter(Files::isExecutable)
                .findFirst();
    }
}
