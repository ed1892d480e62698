package dev.sayiir.benchmarks;

import java.io.PrintStream;
import java.sql.SQLException;
import java.util.List;

/** Runs workloads in turn, round by round, so that what disturbs the machine for a while disturbs all of them alike. */
final class Rounds {

    private final Meter meter;
    private final PrintStream progress;
    private final Results results = new Results();

    /** @param progress is told what is going on */
    Rounds(Database database, PrintStream progress) throws SQLException {
        this.meter = new Meter(database);
        this.progress = progress;
    }

    /**
     * Runs some; may be called again to run more.
     *
     * @param warmUps how many rounds do not count
     * @param rounds how many do
     * @throws Exception if a workload fails
     */
    void run(List<Workload> workloads, List<Variation> variations, Load load, int warmUps, int rounds)
            throws Exception {
        for (int round = 1 - warmUps; round <= rounds; round++) {
            for (Workload workload : workloads) {
                for (Variation variation : variations) {
                    if (variation.concerns(workload)) {
                        run(workload, variation, load, round);
                    }
                }
            }
        }
    }

    private void run(Workload workload, Variation variation, Load load, int round) throws Exception {
        variation.reset(workload);
        Measurement measurement = meter.measure(workload, variation.target(), load);
        if (round > 0) {
            results.add(workload, variation, measurement);
        }
        progress.printf(
                "%s %-32s %10s %s/s%n",
                round > 0 ? "round " + round : "warm-up",
                workload.name() + variation.suffix(),
                Metric.PER_SECOND.text(measurement.value(Metric.PER_SECOND)),
                workload.unit());
    }

    /** What has been measured so far. */
    Results results() {
        return results;
    }
}
