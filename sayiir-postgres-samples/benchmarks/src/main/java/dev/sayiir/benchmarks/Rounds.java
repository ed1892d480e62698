package dev.sayiir.benchmarks;

import java.io.PrintStream;
import java.util.List;

/** Runs workloads in turn, round by round, so that what disturbs the machine for a while disturbs all of them alike. */
final class Rounds {

    private final Target target;
    private final PrintStream progress;

    /** @param progress is told what is going on */
    Rounds(Target target, PrintStream progress) {
        this.target = target;
        this.progress = progress;
    }

    /**
     * @param warmUps how many rounds do not count
     * @param rounds how many do
     * @throws Exception if a workload fails
     */
    Results run(List<Workload> workloads, Load load, int warmUps, int rounds) throws Exception {
        Meter meter = new Meter(target);
        Results results = new Results();
        for (int round = 1 - warmUps; round <= rounds; round++) {
            for (Workload workload : workloads) {
                target.empty();
                Measurement measurement = meter.measure(workload, load);
                if (round > 0) {
                    results.add(workload, measurement);
                }
                progress.printf(
                        "%s %-24s %10s %s/s%n",
                        round > 0 ? "round " + round : "warm-up",
                        workload.name(),
                        Metric.PER_SECOND.text(measurement.value(Metric.PER_SECOND)),
                        workload.unit());
            }
        }
        return results;
    }
}
