package dev.sayiir.samples.orders.database;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** The process of a server, found by its data directory: whoever started it may be gone. */
record ServerProcess(ProcessHandle process) {

    /** Empty if no server runs on that data directory, which has to be absolute. */
    static Optional<ServerProcess> of(Path data) throws IOException {
        Path pidFile = data.resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return Optional.empty();
        }
        long pid = Long.parseLong(Files.readAllLines(pidFile).get(0).strip());
        return ProcessHandle.of(pid)
                .filter(process -> serves(data, process.info()))
                .map(ServerProcess::new);
    }

    /** The server may have ended long ago, and its process id may be another program's by now. */
    private static boolean serves(Path data, ProcessHandle.Info process) {
        boolean postgres = process.command()
                .map(command -> Path.of(command).getFileName().toString())
                .filter(name -> name.equals("postgres") || name.equals("postgres.exe"))
                .isPresent();
        boolean itsData = process.arguments()
                .filter(arguments -> Arrays.asList(arguments).contains(data.toString()))
                .isPresent();
        return postgres && itsData;
    }

    /** Asks the server to stop, and makes it stop if it does not within ten seconds. */
    void stop() {
        process.destroy();
        try {
            process.onExit().orTimeout(10, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            kill();
        }
    }

    /** Kills the server and the processes that serve its connections, as a power cut does, and waits until they are gone. */
    void kill() {
        suspend();
        List<ProcessHandle> all =
                Stream.concat(Stream.of(process), process.descendants()).toList();
        all.forEach(ProcessHandle::destroyForcibly);
        CompletableFuture.allOf(all.stream().map(ProcessHandle::onExit).toArray(CompletableFuture[]::new))
                .orTimeout(10, TimeUnit.SECONDS)
                .join();
    }

    /**
     * Keeps the server from starting another process while its processes are listed: one that was left over would keep the
     * next server from starting.
     */
    private void suspend() {
        if (File.separatorChar == '\\') {
            return; // Windows has no such signal
        }
        try {
            Process signal = new ProcessBuilder("sh", "-c", "kill -STOP " + process.pid())
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            signal.onExit().orTimeout(10, TimeUnit.SECONDS).join();
        } catch (IOException e) {
            throw new UncheckedIOException("The server cannot be sent a signal", e);
        }
    }
}
