package dev.sayiir.benchmarks;

import java.sql.SQLException;
import org.HdrHistogram.Recorder;

/** Runs a workload and reads the meters before and after. */
final class Meter {

    private static final int SIGNIFICANT_DIGITS = 3;

    private final Database database;
    private final ServerCpu server;

    Meter(Database database) throws SQLException {
        this.database = database;
        this.server = ServerCpu.of(database);
    }

    /**
     * Runs a small part of a workload first, which prepares the statements of every connection and tells how many
     * statements an operation sends; then measures it.
     *
     * @throws Exception if the workload fails
     */
    Measurement measure(Workload workload, Target target, Load load) throws Exception {
        double statements = countStatements(workload, target, load.warmUp());
        try (Work work = workload.prepare(target, load)) {
            Recorder latencies = new Recorder(SIGNIFICANT_DIGITS);
            Reading before = Reading.before(database, server);
            long operations = work.run(latencies);
            Usage used = Reading.after(database, server).since(before);
            return Measurement.of(
                    operations, work.withOtherProcesses(used), latencies.getIntervalHistogram(), statements);
        }
    }

    private double countStatements(Workload workload, Target target, Load load) throws Exception {
        try (Work work = workload.prepare(target, load)) {
            long before = database.counts().statements();
            database.counts().count(true);
            long operations;
            try {
                operations = work.run(new Recorder(SIGNIFICANT_DIGITS));
            } finally {
                database.counts().count(false);
            }
            return (double) (database.counts().statements() - before) / operations;
        }
    }
}
