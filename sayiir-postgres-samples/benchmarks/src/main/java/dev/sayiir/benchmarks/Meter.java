package dev.sayiir.benchmarks;

import java.sql.SQLException;
import org.HdrHistogram.Recorder;

/** Runs a workload and reads the meters before and after. */
final class Meter {

    private static final int SIGNIFICANT_DIGITS = 3;

    private final Target target;
    private final ServerCpu server;

    Meter(Target target) throws SQLException {
        this.target = target;
        this.server = ServerCpu.of(target);
    }

    /**
     * Runs a small part of a workload first, which prepares the statements of every connection and tells how many
     * statements an operation sends; then measures it.
     *
     * @throws Exception if the workload fails
     */
    Measurement measure(Workload workload, Load load) throws Exception {
        double statements = countStatements(workload, load.warmUp());
        try (Work work = workload.prepare(target, load)) {
            Recorder latencies = new Recorder(SIGNIFICANT_DIGITS);
            Reading before = Reading.before(target, server);
            long operations = work.run(latencies);
            Usage used = Reading.after(target, server).since(before);
            return Measurement.of(
                    operations, work.withOtherProcesses(used), latencies.getIntervalHistogram(), statements);
        }
    }

    private double countStatements(Workload workload, Load load) throws Exception {
        try (Work work = workload.prepare(target, load)) {
            long before = target.counts().statements();
            target.counts().count(true);
            long operations;
            try {
                operations = work.run(new Recorder(SIGNIFICANT_DIGITS));
            } finally {
                target.counts().count(false);
            }
            return (double) (target.counts().statements() - before) / operations;
        }
    }
}
