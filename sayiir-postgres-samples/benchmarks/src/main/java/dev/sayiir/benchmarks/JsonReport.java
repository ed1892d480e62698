package dev.sayiir.benchmarks;

import dev.sayiir.benchmarks.Results.Series;
import java.nio.file.Path;
import java.util.Map;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** The results as JSON: of every metric the median, the least, the most and the value of each round. */
final class JsonReport {

    private static final JsonMapper MAPPER =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private JsonReport() {}

    /**
     * @param environment what the figures were taken with, by name
     * @param file is created, or replaced
     */
    static void write(Map<String, String> environment, Results results, Path file) {
        ObjectNode root = MAPPER.createObjectNode();
        ObjectNode taken = root.putObject("environment");
        environment.forEach(taken::put);
        ArrayNode workloads = root.putArray("workloads");
        for (Series series : results.series()) {
            ObjectNode workload = workloads.addObject();
            workload.put("name", series.name()).put("unit", series.unit());
            results.ratio(series, MinimalFloor.NAME).ifPresent(ratio -> put(workload, "ratio_to_minimal", ratio));
            results.ratio(series, SameWritesFloor.NAME)
                    .ifPresent(ratio -> put(workload, "ratio_to_same_writes", ratio));
            results.ratio(series, series.comparedWith()).ifPresent(ratio -> {
                workload.put("compared_with", series.comparedWith());
                put(workload, "ratio_to_other", ratio);
            });
            for (Metric metric : Metric.values()) {
                ArrayNode rounds =
                        put(workload, metric.key(), series.spread(metric)).putArray("rounds");
                series.rounds().forEach(round -> add(rounds, round.value(metric)));
            }
        }
        MAPPER.writeValue(file, root);
    }

    private static ObjectNode put(ObjectNode workload, String key, Spread spread) {
        ObjectNode node = workload.putObject(key);
        number(node, "median", spread.median());
        number(node, "min", spread.min());
        number(node, "max", spread.max());
        return node;
    }

    /** JSON has no NaN. */
    private static void number(ObjectNode node, String key, double value) {
        if (Double.isNaN(value)) {
            node.putNull(key);
        } else {
            node.put(key, value);
        }
    }

    private static void add(ArrayNode values, double value) {
        if (Double.isNaN(value)) {
            values.addNull();
        } else {
            values.add(value);
        }
    }
}
