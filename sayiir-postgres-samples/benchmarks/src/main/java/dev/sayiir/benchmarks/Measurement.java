package dev.sayiir.benchmarks;

import java.util.EnumMap;
import java.util.Map;
import org.HdrHistogram.Histogram;

/**
 * What one run of a workload gave.
 *
 * @param operations how many operations it was
 * @param values by metric; NaN for what is not known
 */
record Measurement(long operations, Map<Metric, Double> values) {

    private static final double NANOS_PER_MILLI = 1e6;

    double value(Metric metric) {
        return values.getOrDefault(metric, Double.NaN);
    }

    /**
     * @param operations how many operations were done
     * @param used what was used from before them until after
     * @param latencies of the calls, in nanoseconds
     * @param statements how many statements one operation sends
     */
    static Measurement of(long operations, Usage used, Histogram latencies, double statements) {
        Map<Metric, Double> values = new EnumMap<>(Metric.class);
        values.put(Metric.PER_SECOND, operations * 1e9 / used.nanos());
        values.put(Metric.P50_MILLIS, latencies.getValueAtPercentile(50) / NANOS_PER_MILLI);
        values.put(Metric.P95_MILLIS, latencies.getValueAtPercentile(95) / NANOS_PER_MILLI);
        values.put(Metric.P99_MILLIS, latencies.getValueAtPercentile(99) / NANOS_PER_MILLI);
        values.put(Metric.MAX_MILLIS, latencies.getMaxValue() / NANOS_PER_MILLI);
        values.put(Metric.STATEMENTS, statements);
        values.put(Metric.COMMITS, used.commits() / operations);
        values.put(Metric.WAL_BYTES, used.walBytes() / operations);
        values.put(Metric.CLIENT_CPU_MICROS, used.clientCpuNanos() / 1e3 / operations);
        values.put(Metric.SERVER_CPU_MICROS, used.serverCpuNanos() / 1e3 / operations);
        values.put(Metric.ALLOCATED_BYTES, used.allocatedBytes() / operations);
        values.put(Metric.BUFFERS_HIT, used.buffersHit() / operations);
        values.put(Metric.BUFFERS_READ, used.buffersRead() / operations);
        return new Measurement(operations, values);
    }
}
