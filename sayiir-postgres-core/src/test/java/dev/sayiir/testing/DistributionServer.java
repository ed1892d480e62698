package dev.sayiir.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.springframework.util.FileSystemUtils;

/**
 * The server that Debian's packages, and PostgreSQL's own for Debian and Ubuntu, have installed ({@code apt-get install
 * postgresql}): a cluster of its own, made and set up as the packages do it, JIT compilation and all. Nothing is set but
 * where it listens, which is the loopback interface only.
 */
final class DistributionServer implements RunningServer {

    private static final Path INSTALLED = Path.of("/usr/lib/postgresql");

    /** Not in a folder of the build, which may be closed to the user of the server. */
    private static final Path HOME =
            Path.of(System.getProperty("java.io.tmpdir"), "distribution-postgres-" + System.getProperty("user.name"));

    private static final Path LOG = Path.of("target", "distribution-postgres.log");

    /** The user of the packages; the server refuses to run as root. */
    private static final String SERVERS_USER = "postgres";

    private static final boolean ROOT = "root".equals(System.getProperty("user.name"));

    private final LocalPort port;
    private final String password;
    private final ServerDirectory directory;
    private final BoundProcess process;

    private DistributionServer(LocalPort port, String password, ServerDirectory directory, BoundProcess process) {
        this.port = port;
        this.password = password;
        this.directory = directory;
        this.process = process;
    }

    /** The newest major version that is installed, if any is. */
    static Optional<Integer> installed() {
        if (!Files.isDirectory(INSTALLED)) {
            return Optional.empty();
        }
        try (Stream<Path> versions = Files.list(INSTALLED)) {
            return versions.filter(version -> Files.isExecutable(version.resolve("bin/postgres")))
                    .map(version -> Integer.valueOf(version.getFileName().toString()))
                    .max(Comparator.naturalOrder());
        } catch (IOException e) {
            throw new UncheckedIOException("Cannot see what is installed in " + INSTALLED, e);
        }
    }

    static DistributionServer start(int major) {
        try {
            Path programs = INSTALLED.resolve(Integer.toString(major)).resolve("bin");
            ServerDirectory directory = ServerDirectory.create(HOME, major);
            String password = UUID.randomUUID().toString();
            initialize(programs, directory.data(), password);
            LocalPort port = LocalPort.free();
            BoundProcess process = BoundProcess.start(
                    directory.data(), LOG.toAbsolutePath(), asServersUser(), command(programs, directory, port));
            DistributionServer server = new DistributionServer(port, password, directory, process);
            Awaitility.await()
                    .atMost(Duration.ofMinutes(1))
                    .failFast("see " + LOG, () -> !process.isAlive())
                    .until(server::accepts);
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL " + major + " of the distribution does not start", e);
        }
    }

    /** As pg_createcluster does, in the encoding that it takes where the machine has a locale. */
    private static void initialize(Path programs, Path data, String password) throws IOException {
        own(Files.createDirectory(
                data, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"))));
        Path passwordFile = Files.writeString(data.resolveSibling(data.getFileName() + ".password"), password);
        try {
            Files.setPosixFilePermissions(own(passwordFile), PosixFilePermissions.fromString("rw-------"));
            List<String> command = new ArrayList<>(asServersUser());
            command.addAll(List.of(programs.resolve("initdb").toString(), "--pgdata", data.toString()));
            command.addAll(List.of("--username", SERVERS_USER, "--pwfile", passwordFile.toString()));
            command.addAll(List.of("--auth-local", "peer", "--auth-host", "scram-sha-256", "--no-instructions"));
            command.addAll(List.of("--encoding", "UTF8", "--locale", "C.UTF-8"));
            Process process = new ProcessBuilder(command)
                    .directory(data.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.appendTo(LOG.toFile()))
                    .start();
            if (!process.waitFor(1, TimeUnit.MINUTES) || process.exitValue() != 0) {
                process.destroyForcibly();
                throw new IOException("initdb has failed; see " + LOG.toAbsolutePath());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("Interrupted while a cluster was made", e);
        } finally {
            Files.delete(passwordFile);
        }
    }

    private static List<String> command(Path programs, ServerDirectory directory, LocalPort port) {
        return List.of(
                programs.resolve("postgres").toString(),
                "-D",
                directory.data().toString(),
                "-c",
                "listen_addresses=localhost",
                "-c",
                "port=" + port.number(),
                "-c",
                "unix_socket_directories=");
    }

    private static List<String> asServersUser() {
        return ROOT ? List.of("runuser", "-u", SERVERS_USER, "--") : List.of();
    }

    private static Path own(Path file) throws IOException {
        if (ROOT) {
            Files.setOwner(
                    file, file.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName(SERVERS_USER));
        }
        return file;
    }

    private boolean accepts() {
        try {
            DriverManager.getConnection(url("postgres"), username(), password()).close();
            return true;
        } catch (SQLException e) {
            return false;
        }
    }

    @Override
    public String url(String database) {
        return "jdbc:postgresql://localhost:" + port.number() + "/" + database;
    }

    @Override
    public String username() {
        return SERVERS_USER;
    }

    @Override
    public String password() {
        return password;
    }

    @Override
    public void close() {
        process.close();
        try {
            FileSystemUtils.deleteRecursively(directory.data());
            directory.forget();
        } catch (IOException e) {
            throw new UncheckedIOException("The data of PostgreSQL at port " + port.number() + " cannot be deleted", e);
        }
    }
}
