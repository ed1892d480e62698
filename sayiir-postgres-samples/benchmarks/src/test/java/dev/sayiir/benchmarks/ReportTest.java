package dev.sayiir.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

class ReportTest {

    private static final Workload FLOOR = MinimalFloor.ofManyInstances();
    private static final Workload COMMIT = new CommitTask();

    @TempDir
    private Path folder;

    private static Measurement rate(double perSecond) {
        return new Measurement(1, Map.of(Metric.PER_SECOND, perSecond, Metric.SERVER_CPU_MICROS, Double.NaN));
    }

    private static void add(Results results, Workload workload, Measurement measurement, String suffix) {
        results.add(workload, new Variation(suffix, null, true), measurement);
    }

    private static void add(Results results, Workload workload, Measurement measurement) {
        add(results, workload, measurement, "");
    }

    private static Results results() {
        Results results = new Results();
        for (double[] round : new double[][] {{1000, 500}, {4000, 1000}, {2000, 1800}}) {
            add(results, FLOOR, rate(round[0]));
            add(results, COMMIT, rate(round[1]));
        }
        return results;
    }

    @Test
    void the_median_of_an_even_number_of_rounds_is_between_the_middle_two() {
        assertThat(Spread.of(List.of(4.0, 1.0, 3.0, 2.0))).isEqualTo(new Spread(2.5, 1, 4));
    }

    @Test
    void what_is_not_known_is_left_out_of_a_spread() {
        assertThat(Spread.of(List.of(Double.NaN, 3.0))).isEqualTo(new Spread(3, 3, 3));
        assertThat(Spread.of(List.of(Double.NaN)).median()).isNaN();
    }

    @Test
    void a_ratio_is_taken_within_each_round() {
        Results results = results();
        Results.Series commit = List.copyOf(results.series()).get(1);

        Spread ratio = results.ratio(commit, FLOOR.name()).orElseThrow();

        assertThat(ratio.min()).isCloseTo(0.25, within(1e-9));
        assertThat(ratio.median()).isCloseTo(0.5, within(1e-9));
        assertThat(ratio.max()).isCloseTo(0.9, within(1e-9));
        assertThat(results.ratio(commit, SameWritesFloor.NAME)).isEmpty();
    }

    @Test
    void a_workload_on_filled_stores_is_compared_with_the_same_on_empty_ones() {
        Results results = results();
        add(results, COMMIT, rate(400), "@finished-5");

        Results.Series filled = List.copyOf(results.series()).get(2);

        assertThat(filled.name()).isEqualTo("commitTask@finished-5");
        assertThat(results.ratio(filled, filled.comparedWith()).orElseThrow().median())
                .isCloseTo(0.8, within(1e-9));
    }

    @Test
    void the_table_has_a_line_for_each_workload_with_a_dash_for_what_is_not_known() {
        List<String> lines = TextReport.of(results()).lines().toList();

        assertThat(lines).hasSize(3);
        assertThat(lines.get(2).split(" {2,}"))
                .startsWith("commitTask", "step", "1,000", "500", "1,800", "0.50", "-")
                .endsWith("-");
    }

    @Test
    void the_JSON_has_every_round_and_null_for_what_is_not_known() {
        Path file = folder.resolve("results.json");

        JsonReport.write(Map.of("server", "17"), results(), file);

        JsonNode root = JsonMapper.shared().readTree(file);
        assertThat(root.at("/environment/server").asString()).isEqualTo("17");
        assertThat(root.at("/workloads/1/name").asString()).isEqualTo("commitTask");
        assertThat(root.at("/workloads/1/per_second/median").asDouble()).isEqualTo(1000);
        assertThat(root.at("/workloads/1/per_second/rounds/2").asDouble()).isEqualTo(1800);
        assertThat(root.at("/workloads/1/ratio_to_minimal/median").asDouble()).isCloseTo(0.5, within(1e-9));
        assertThat(root.at("/workloads/1/server_cpu_micros/median").isNull()).isTrue();
    }
}
