package dev.sayiir.postgres;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.springframework.util.FileSystemUtils;

/** A server that believes to be a standby of one that it cannot reach: readable, and in recovery for ever. */
final class StandbyServer implements AutoCloseable {

    private static final Path HOME = Path.of(System.getProperty("user.dir"), "target", "standby-postgres");

    private final EmbeddedPostgres postgres;
    private final Path data;

    private StandbyServer(EmbeddedPostgres postgres, Path data) {
        this.postgres = postgres;
        this.data = data;
    }

    static StandbyServer start(int major) throws IOException {
        Files.createDirectories(HOME);
        Path data = Files.createTempDirectory(HOME, "data-");
        builder(major, data).start().close();
        Files.createFile(data.resolve("standby.signal"));
        return new StandbyServer(builder(major, data).start(), data);
    }

    private static EmbeddedPostgres.Builder builder(int major, Path data) {
        return EmbeddedPostgres.builder()
                .setPgBinaryResolver((os, architecture) -> Files.newInputStream(archive(major)))
                .setOverrideWorkingDirectory(HOME.toFile())
                .setDataDirectory(data)
                .setCleanDataDirectory(false)
                .setServerConfig("listen_addresses", "localhost")
                .setServerConfig("unix_socket_directories", "");
    }

    private static Path archive(int major) throws IOException {
        try (Stream<Path> files =
                Files.list(Path.of(System.getProperty("sayiir.test.pg-binaries"), Integer.toString(major)))) {
            return files.filter(file -> file.toString().endsWith(".txz"))
                    .findFirst()
                    .orElseThrow();
        }
    }

    DataSource dataSource() {
        return postgres.getPostgresDatabase();
    }

    @Override
    public void close() throws IOException {
        postgres.close();
        FileSystemUtils.deleteRecursively(data);
    }
}
