package dev.sayiir.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.FileSystemUtils;

/** A server whose JVM was killed. */
final class StrayServer {

    private static final Logger LOG = LoggerFactory.getLogger(StrayServer.class);

    private StrayServer() {}

    /** Stops the server of that data directory, if it still runs, and deletes the directory. */
    static void remove(Path data) throws IOException {
        LOG.info("Removing what a JVM that was killed has left: {}", data);
        process(data).ifPresent(StrayServer::stop);
        FileSystemUtils.deleteRecursively(data);
    }

    /** The process that the directory names may have ended long ago, and its id may be another program's now. */
    private static Optional<ProcessHandle> process(Path data) throws IOException {
        Path pidFile = data.resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return Optional.empty();
        }
        long pid = Long.parseLong(Files.readAllLines(pidFile).get(0).strip());
        return ProcessHandle.of(pid).filter(process -> isServerOf(data, process.info()));
    }

    private static boolean isServerOf(Path data, ProcessHandle.Info process) {
        boolean postgres = process.command()
                .map(command -> Path.of(command).getFileName().toString())
                .filter(name -> name.equals("postgres") || name.equals("postgres.exe"))
                .isPresent();
        boolean thisDirectory = process.arguments()
                .filter(arguments -> Arrays.asList(arguments).contains(data.toString()))
                .isPresent();
        return postgres && thisDirectory;
    }

    private static void stop(ProcessHandle server) {
        server.destroy();
        try {
            server.onExit().orTimeout(10, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            LOG.warn("Process {} does not stop when asked to; killing it", server.pid());
            server.destroyForcibly();
        }
    }
}
