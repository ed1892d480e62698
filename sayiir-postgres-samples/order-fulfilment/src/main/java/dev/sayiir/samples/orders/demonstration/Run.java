package dev.sayiir.samples.orders.demonstration;

import dev.sayiir.samples.orders.OrderIds;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;

/**
 * One run of the demonstration. Its name is in the numbers of its orders, the names of its workers and those of its
 * connections, so that any number of runs can share a database.
 *
 * @param name its name
 * @param logs where its processes log to
 */
record Run(String name, Path logs) {

    private static final DateTimeFormatter NAME =
            DateTimeFormatter.ofPattern("'run-'yyyyMMdd-HHmmss-SSS").withZone(ZoneOffset.UTC);

    /** A new one, which logs to a folder below {@code home}. */
    static Run begin(Path home) throws IOException {
        String name = NAME.format(Instant.now());
        return new Run(name, Files.createDirectories(home.resolve(name)));
    }

    String orderId(int number) {
        return name + "." + number;
    }

    /** What the ids of the instances of all orders of this run begin with. */
    String instancePrefix() {
        return OrderIds.instanceId(name + ".");
    }

    String workerId(int number) {
        return name + ".worker-" + number;
    }

    /** The name of the worker of the bad deploy. */
    String badWorkerId() {
        return name + ".bad-worker";
    }

    /** A worker's name within this run. */
    String shortName(String workerId) {
        return workerId.substring(name.length() + 1);
    }
}
