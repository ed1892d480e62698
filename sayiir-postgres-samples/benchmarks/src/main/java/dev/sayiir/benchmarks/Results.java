package dev.sayiir.benchmarks;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** What each workload gave in each round. */
final class Results {

    /**
     * A workload and what it gave, by round.
     *
     * @param name the workload
     * @param unit its operation
     * @param comparedWith the name of what it is compared with besides the floors; may be empty
     * @param rounds the first round first
     */
    record Series(String name, String unit, String comparedWith, List<Measurement> rounds) {

        Spread spread(Metric metric) {
            return Spread.of(rounds.stream().map(round -> round.value(metric)).toList());
        }
    }

    private final Map<String, Series> series = new LinkedHashMap<>();

    void add(Workload workload, Variation variation, Measurement measurement) {
        String name = workload.name() + variation.suffix();
        String other = variation.suffix().isEmpty() ? workload.comparedWith() : workload.name();
        series.computeIfAbsent(name, it -> new Series(it, workload.unit(), other, new ArrayList<>()))
                .rounds()
                .add(measurement);
    }

    Collection<Series> series() {
        return series.values();
    }

    /**
     * How fast a workload is compared to another one. Each round is compared by itself, as what disturbs the machine for
     * longer than a round disturbs both.
     *
     * @return the ratio of their rates; empty if the other one was not run
     */
    Optional<Spread> ratio(Series one, String other) {
        return Optional.ofNullable(series.get(other))
                .map(floor -> Spread.of(IntStream.range(
                                0, Math.min(one.rounds().size(), floor.rounds().size()))
                        .mapToObj(round -> rate(one, round) / rate(floor, round))
                        .toList()));
    }

    private static double rate(Series series, int round) {
        return series.rounds().get(round).value(Metric.PER_SECOND);
    }
}
