package dev.sayiir.benchmarks;

import java.util.List;

/** What several runs gave: the median, the least and the most. NaN if there was nothing to be known. */
record Spread(double median, double min, double max) {

    static Spread of(List<Double> values) {
        List<Double> known =
                values.stream().filter(value -> !Double.isNaN(value)).sorted().toList();
        if (known.isEmpty()) {
            return new Spread(Double.NaN, Double.NaN, Double.NaN);
        }
        int half = known.size() / 2;
        double median = known.size() % 2 == 1 ? known.get(half) : (known.get(half - 1) + known.get(half)) / 2;
        return new Spread(median, known.get(0), known.get(known.size() - 1));
    }
}
