package dev.sayiir.postgres;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.springframework.util.FileSystemUtils;

/** A server that believes to be a standby of one that it cannot reach: readable, and in recovery for ever. */
public final class StandbyServer implements AutoCloseable {

    private static final Path HOME = Path.of(System.getProperty("user.dir"), "target", "standby-postgres");

    private final EmbeddedPostgres postgres;
    private final Path data;

    private StandbyServer(EmbeddedPostgres postgres, Path data) {
        this.postgres = postgres;
        this.data = data;
    }

    static StandbyServer start(int major) throws IOException {
        return start(major, dataSource -> {});
    }

    /**
     * @param major the major version
     * @param before what to do with the server while it can still be written to
     * @return the server
     * @throws IOException if it does not start
     */
    public static StandbyServer start(int major, Consumer<DataSource> before) throws IOException {
        Files.createDirectories(HOME);
        Path data = Files.createTempDirectory(HOME, "data-");
        try (EmbeddedPostgres primary = builder(major, data).start()) {
            before.accept(primary.getPostgresDatabase());
        }
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

    /** @return leads to the server */
    public DataSource dataSource() {
        return postgres.getPostgresDatabase();
    }

    @Override
    public void close() throws IOException {
        postgres.close();
        FileSystemUtils.deleteRecursively(data);
    }
}
