package dev.sayiir.benchmarks;

import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.springframework.util.FileSystemUtils;

/** A durable PostgreSQL of our own, reachable from this machine only. */
final class EmbeddedServer implements AutoCloseable {

    /** What differs from a server as it is installed. */
    static final Map<String, String> SETTINGS = new TreeMap<>(Map.ofEntries(
            Map.entry("listen_addresses", "localhost"),
            Map.entry("unix_socket_directories", ""),
            Map.entry("timezone", "UTC"),
            Map.entry("max_connections", "200"),
            // Meant for tests, it starts without these.
            Map.entry("fsync", "on"),
            Map.entry("synchronous_commit", "on"),
            Map.entry("full_page_writes", "on"),
            Map.entry("shared_buffers", "1GB"),
            Map.entry("effective_cache_size", "4GB"),
            // Checkpoints at another time in each round would make rounds differ, by the pages that follow them in the
            // log.
            Map.entry("checkpoint_timeout", "1h"),
            Map.entry("max_wal_size", "16GB"),
            Map.entry("min_wal_size", "1GB")));

    private final Path data;
    private final EmbeddedPostgres server;
    private final Thread stopAtExit = new Thread(this::stop, "stop-postgres");
    private boolean stopped;

    private EmbeddedServer(Path data, EmbeddedPostgres server) {
        this.data = data;
        this.server = server;
    }

    /**
     * Starts one. It is stopped when it is closed, or else when this process ends.
     *
     * @param home where its files are to be
     * @param more settings on top of {@link #SETTINGS}
     */
    static EmbeddedServer start(Path home, Map<String, String> more) {
        try {
            Files.createDirectories(home);
            StrayServers.remove(home);
            Path data = StrayServers.ownDirectory(home);
            EmbeddedPostgres.Builder builder = EmbeddedPostgres.builder()
                    .setOverrideWorkingDirectory(home.toFile())
                    .setDataDirectory(data)
                    .setPGStartupWait(Duration.ofMinutes(1))
                    .setRegisterShutdownHook(false);
            SETTINGS.forEach(builder::setServerConfig);
            more.forEach(builder::setServerConfig);
            EmbeddedServer started = new EmbeddedServer(data, builder.start());
            Runtime.getRuntime().addShutdownHook(started.stopAtExit);
            return started;
        } catch (IOException e) {
            throw new UncheckedIOException("The embedded PostgreSQL does not start; its files are in " + home, e);
        }
    }

    Address address() {
        return new Address("jdbc:postgresql://localhost:" + server.getPort() + "/postgres", "postgres", "postgres");
    }

    private synchronized void stop() {
        if (stopped) {
            return;
        }
        stopped = true;
        try {
            server.close();
            FileSystemUtils.deleteRecursively(data);
        } catch (IOException e) {
            throw new UncheckedIOException("The embedded PostgreSQL does not stop; its files are in " + data, e);
        }
    }

    /** Stops it and deletes its data. */
    @Override
    public void close() {
        stop();
        Runtime.getRuntime().removeShutdownHook(stopAtExit);
    }
}
