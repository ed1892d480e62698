package dev.sayiir.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.Optional;

/** The CPU time of all of a server's processes, those that have ended too: on Linux, for a server on this machine. */
final class ServerCpu {

    /** The unit of the kernel's figures, which is the same wherever Linux runs. */
    private static final double NANOS_PER_TICK = 1e7;

    private static final int OWN_USER = 11;
    private static final int ENDED_CHILDREN_USER = 13;

    private final Optional<ProcessHandle> postmaster;

    private ServerCpu(Optional<ProcessHandle> postmaster) {
        this.postmaster = postmaster;
    }

    /** Finds the server as the parent of one of its sessions. */
    static ServerCpu of(Database database) throws SQLException {
        long session = Long.parseLong(database.row("SELECT pg_backend_pid()").get(0));
        Optional<ProcessHandle> postmaster = Files.exists(Path.of("/proc/self/stat"))
                ? ProcessHandle.of(session).flatMap(ProcessHandle::parent).filter(ServerCpu::isServer)
                : Optional.empty();
        return new ServerCpu(postmaster);
    }

    private static boolean isServer(ProcessHandle process) {
        return process.info()
                .command()
                .map(command -> Path.of(command).endsWith("postgres"))
                .orElse(false);
    }

    /** In nanoseconds since the server was started; NaN if it cannot be seen from here. */
    double nanos() {
        return postmaster
                        .map(server -> ticks(server, OWN_USER)
                                + ticks(server, ENDED_CHILDREN_USER)
                                + server.children()
                                        .mapToDouble(child -> ticks(child, OWN_USER))
                                        .sum())
                        .orElse(Double.NaN)
                * NANOS_PER_TICK;
    }

    /** User and system time, which stand side by side. */
    private static double ticks(ProcessHandle process, int userField) {
        try {
            String stat = Files.readString(Path.of("/proc", Long.toString(process.pid()), "stat"));
            String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ", -1);
            return Double.parseDouble(fields[userField]) + Double.parseDouble(fields[userField + 1]);
        } catch (NoSuchFileException e) {
            // Ended in between; its parent has its time from now on.
            return 0;
        } catch (IOException e) {
            throw new IllegalStateException("The CPU time of process " + process.pid() + " cannot be read", e);
        }
    }
}
