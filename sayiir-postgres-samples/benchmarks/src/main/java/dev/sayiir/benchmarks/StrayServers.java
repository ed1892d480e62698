package dev.sayiir.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.springframework.util.FileSystemUtils;

/**
 * Servers that outlived the process which started them, because that was killed. The data directory of each has the id of
 * that process in its name.
 */
final class StrayServers {

    private static final String PREFIX = "data-of-";

    private StrayServers() {}

    /** A name for the data directory of a server that this process starts. */
    static Path ownDirectory(Path home) {
        return home.resolve(PREFIX + ProcessHandle.current().pid() + "-" + Long.toHexString(System.nanoTime()))
                .toAbsolutePath();
    }

    /** Stops those whose process is gone, and deletes their data. */
    static void remove(Path home) throws IOException {
        for (Path data : directories(home)) {
            String pid =
                    data.getFileName().toString().substring(PREFIX.length()).replaceFirst("-.*", "");
            if (ProcessHandle.of(Long.parseLong(pid)).isEmpty()) {
                server(data.toAbsolutePath()).ifPresent(StrayServers::stop);
                FileSystemUtils.deleteRecursively(data);
            }
        }
    }

    private static List<Path> directories(Path home) throws IOException {
        try (Stream<Path> files = Files.list(home)) {
            return files.filter(file -> file.getFileName().toString().matches(PREFIX + "\\d+-.*"))
                    .toList();
        }
    }

    /** Its process, unless that has ended and its id is another program's by now. */
    private static Optional<ProcessHandle> server(Path data) throws IOException {
        Path pidFile = data.resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return Optional.empty();
        }
        long pid = Long.parseLong(Files.readAllLines(pidFile).get(0).strip());
        return ProcessHandle.of(pid)
                .filter(process -> process.info()
                        .arguments()
                        .filter(arguments -> Arrays.asList(arguments).contains(data.toString()))
                        .isPresent());
    }

    private static void stop(ProcessHandle server) {
        server.destroy();
        try {
            server.onExit().orTimeout(10, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            server.destroyForcibly();
        }
    }
}
