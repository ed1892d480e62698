package dev.sayiir.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.benchmarks.Bounds.Bound;
import dev.sayiir.postgres.NotifyMode;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Fails when an operation costs more than {@link Bounds} allows. It looks at counts alone, never at time, so that it says the
 * same on every machine. The least of a few rounds counts: what disturbs a round adds to its counts, and nothing takes from
 * them.
 */
@Tag("slow")
class RegressionGateTest {

    private static final Load LOAD = new Load(4, 1_000, 1, Duration.ofMinutes(1));
    private static final int WARM_UPS = 1;
    private static final int ROUNDS = 2;

    /** What would write to the log on its own is off, and nothing has to survive. */
    private static final Map<String, String> SETTINGS =
            Map.of("autovacuum", "off", "fsync", "off", "shared_buffers", "256MB");

    private static Results results = new Results();

    @BeforeAll
    static void measure() throws Exception {
        Set<String> names = new LinkedHashSet<>(Set.of(MinimalFloor.NAME));
        Bounds.ALL.forEach(bound -> names.add(bound.workload().replaceFirst("@.*", "")));
        try (EmbeddedServer server = EmbeddedServer.start(Path.of("target", "gate-server"), SETTINGS);
                Database database = Database.open(server.address(), LOAD.concurrency() + 2);
                Target target = Target.of(database, NotifyMode.POLL);
                Target filled = target.inSchema("sayiir_benchmark_filled")) {
            fill(filled);
            List<Variation> variations = List.of(
                    new Variation("", target, false), new Variation("@finished-" + Bounds.FINISHED, filled, true));
            Rounds rounds = new Rounds(database, System.out);
            rounds.run(Catalog.select(names), variations, LOAD, WARM_UPS, ROUNDS);
            results = rounds.results();
        }
        System.out.println(TextReport.of(results));
        JsonReport.write(Map.of("load", LOAD.toString()), results, Path.of("target", "regression-gate.json"));
    }

    /** The statistics are from a time when nothing was open, as they are when much is started at once. */
    private static void fill(Target target) throws SQLException {
        Content content = new Content(target, System.out);
        content.addFinished(Bounds.FINISHED);
        content.settle();
        content.addParked(Bounds.FINISHED);
    }

    @TestFactory
    Stream<DynamicTest> an_operation_costs_no_more_than_its_bound() {
        return Bounds.ALL.stream()
                .map(bound -> DynamicTest.dynamicTest(
                        bound.workload() + " " + bound.metric().key(), () -> {
                            double measured = least(bound.workload(), bound.metric());
                            assertThat(bound.isKept(measured))
                                    .as(bound.violation(measured))
                                    .isTrue();
                        }));
    }

    @Test
    void a_step_that_carries_on_writes_no_more_than_twice_the_log_of_the_minimal_floor() {
        requireLog("commitTask", Bounds.STEP_WAL_TO_MINIMAL_FLOOR);
        requireLog("linear", Bounds.WORKFLOW_WAL_TO_MINIMAL_FLOOR);
    }

    private static void requireLog(String workload, double most) {
        double step = least(workload, Metric.WAL_BYTES);
        double floor = least(MinimalFloor.NAME, Metric.WAL_BYTES);
        assertThat(step / floor)
                .as(String.format(
                        Locale.ROOT,
                        "%s: %,.0f bytes of log per step are %.2f times the %,.0f of the minimal floor, and the bound is %.2f."
                                + " Look at the rows and indexes that a step writes, and their width",
                        workload,
                        step,
                        step / floor,
                        floor,
                        most))
                .isLessThanOrEqualTo(most);
    }

    @Test
    void a_violation_says_what_was_measured_what_the_bound_is_and_where_to_look() {
        Bound bound = new Bound("commitTask", Metric.STATEMENTS, 1, "the SQL");

        assertThat(bound.isKept(1.0)).isTrue();
        assertThat(bound.isKept(1.5)).isFalse();
        assertThat(bound.isKept(Double.NaN)).as("what is not known is not kept").isFalse();
        assertThat(bound.violation(1.5))
                .isEqualTo("commitTask: statements per operation is 1.50, and the bound is 1.00. Look at the SQL");
    }

    private static double least(String workload, Metric metric) {
        return List.copyOf(results.series()).stream()
                .filter(series -> series.name().equals(workload))
                .findFirst()
                .orElseThrow()
                .spread(metric)
                .min();
    }
}
