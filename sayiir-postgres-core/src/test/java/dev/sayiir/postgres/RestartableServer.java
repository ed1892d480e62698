package dev.sayiir.postgres;

import com.zaxxer.hikari.HikariDataSource;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.springframework.util.FileSystemUtils;

/** A durable server that can be stopped and started again at the same port, with its data, and be made to crash. */
final class RestartableServer implements AutoCloseable {

    private static final Path HOME = Path.of(System.getProperty("user.dir"), "target", "restartable-postgres");

    static final String USER = "postgres";

    static final String PASSWORD = "trusted";

    private final int major;
    private final Path data;
    private final int port;
    private EmbeddedPostgres postgres;

    private RestartableServer(int major, Path data) throws IOException {
        this.major = major;
        this.data = data;
        this.postgres = builder().start();
        this.port = postgres.getPort();
    }

    static RestartableServer start(int major) throws IOException {
        Files.createDirectories(HOME);
        return new RestartableServer(major, Files.createTempDirectory(HOME, "data-"));
    }

    void stop() throws IOException {
        postgres.close();
    }

    void startAgain() throws IOException {
        postgres = builder().setPort(port).start();
    }

    /** Kills one of the server's processes, so that the server ends all others, and recovers from its log. */
    void crash(long pid) {
        ProcessHandle.of(pid).ifPresent(process -> {
            process.destroyForcibly();
            process.onExit().join();
        });
    }

    String url() {
        return "jdbc:postgresql://localhost:" + port + "/postgres";
    }

    HikariDataSource pool() {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(url());
        pool.setUsername(USER);
        pool.setPassword(PASSWORD);
        pool.setMinimumIdle(0);
        pool.setMaximumPoolSize(3);
        return pool;
    }

    @Override
    public void close() throws IOException {
        postgres.close();
        FileSystemUtils.deleteRecursively(data);
    }

    private EmbeddedPostgres.Builder builder() {
        return EmbeddedPostgres.builder()
                .setPgBinaryResolver((os, architecture) -> Files.newInputStream(archive()))
                .setOverrideWorkingDirectory(HOME.toFile())
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setServerConfig("listen_addresses", "localhost")
                .setServerConfig("unix_socket_directories", "")
                .setServerConfig("fsync", "on")
                .setServerConfig("synchronous_commit", "on")
                .setServerConfig("full_page_writes", "on");
    }

    private Path archive() throws IOException {
        try (Stream<Path> files =
                Files.list(Path.of(System.getProperty("sayiir.test.pg-binaries"), Integer.toString(major)))) {
            return files.filter(file -> file.toString().endsWith(".txz"))
                    .findFirst()
                    .orElseThrow();
        }
    }
}
