package dev.sayiir.samples.orders;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;

/** A server that outlived the process which started it. */
final class StrayServer {

    private StrayServer() {}

    /** Stops the server of that data directory, if it still runs. */
    static void stop(Path data) throws IOException {
        process(data).ifPresent(StrayServer::stop);
    }

    private static Optional<ProcessHandle> process(Path data) throws IOException {
        Path pidFile = data.resolve("postmaster.pid");
        if (!Files.exists(pidFile)) {
            return Optional.empty();
        }
        long pid = Long.parseLong(Files.readAllLines(pidFile).get(0).strip());
        return ProcessHandle.of(pid).filter(process -> serves(data, process.info()));
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

    private static void stop(ProcessHandle server) {
        server.destroy();
        try {
            server.onExit().orTimeout(10, TimeUnit.SECONDS).join();
        } catch (CompletionException e) {
            server.destroyForcibly();
        }
    }
}
