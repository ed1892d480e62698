package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;

/** Each gauge shows what its name says, and not another figure: no two of them have the same value here. */
class GaugesTest extends StarterTest {

    private static final AtSignal WAIT = new AtSignal("wait", "paid", Optional.empty(), Optional.of("t"));

    @Test
    void every_gauge_shows_its_own_figure() {
        onApplicationDatabase()
                .withConfiguration(AutoConfigurations.of(
                        SayiirMetricsAutoConfiguration.class,
                        MetricsAutoConfiguration.class,
                        CompositeMeterRegistryAutoConfiguration.class,
                        SimpleMetricsExportAutoConfiguration.class))
                .withPropertyValues("sayiir.postgres.metrics.refresh-interval=50ms")
                .run(context -> {
                    PostgresBackend backend = context.getBean(PostgresBackend.class);
                    create(backend, "live", 3, order -> order);
                    create(backend, "expired", 5, order -> order);
                    create(backend, "unclaimed", 1, order -> order);
                    create(backend, "waiting", 2, order -> order.moveTo(WAIT));
                    create(
                            backend,
                            "paused",
                            4,
                            order -> order.pause(Optional.empty(), Optional.empty(), order.createdAt()));
                    create(backend, "completed", 7, order -> order.complete(Payload.empty()));
                    create(backend, "failed", 8, order -> order.fail("lost"));
                    create(
                            backend,
                            "cancelled",
                            9,
                            order -> order.cancel(
                                    Optional.empty(), Optional.empty(), order.createdAt(), Optional.empty()));
                    create(backend, "blocked", 14, order -> order);
                    for (int i = 0; i < 14; i++) {
                        TaskClaim claim = backend.claimTask("blocked-" + i, "t", "w", Duration.ofHours(1))
                                .orElseThrow();
                        backend.refuseTasks(List.of(new TaskRefusal(
                                claim, BlockReason.NO_HANDLER, "", Duration.ZERO, Duration.ZERO, Optional.empty())));
                    }
                    for (int i = 0; i < 3; i++) {
                        backend.claimTask("live-" + i, "t", "w", Duration.ofHours(1));
                        backend.storeSignal("live-" + i, SignalKind.PAUSE, SignalRequest.unexplained());
                    }
                    for (int i = 0; i < 5; i++) {
                        backend.claimTask("expired-" + i, "t", "w", Duration.ofMillis(1));
                        backend.storeSignal("expired-" + i, SignalKind.PAUSE, SignalRequest.unexplained());
                    }
                    backend.storeSignal("waiting-0", SignalKind.PAUSE, SignalRequest.unexplained());
                    backend.storeSignal("waiting-1", SignalKind.PAUSE, SignalRequest.unexplained());
                    backend.storeSignal("waiting-1", SignalKind.CANCEL, SignalRequest.unexplained());
                    for (int i = 0; i < 12; i++) {
                        backend.sendEvent("unclaimed-0", "refused", Payload.empty());
                    }

                    Map<String, Long> expected = new TreeMap<>();
                    expected.put("sayiir.workflows{status=InProgress}", 25L);
                    expected.put("sayiir.workflows{status=Paused}", 4L);
                    expected.put("sayiir.workflows{status=Completed}", 7L);
                    expected.put("sayiir.workflows{status=Failed}", 8L);
                    expected.put("sayiir.workflows{status=Cancelled}", 9L);
                    expected.put("sayiir.tasks{status=active}", 13L);
                    expected.put("sayiir.tasks{status=waiting}", 2L);
                    expected.put("sayiir.tasks{status=blocked}", 14L);
                    expected.put("sayiir.tasks.ready", 6L);
                    expected.put("sayiir.claims{state=live}", 3L);
                    expected.put("sayiir.claims{state=expired}", 5L);
                    expected.put("sayiir.signals.pending{kind=pause}", 10L);
                    expected.put("sayiir.signals.pending{kind=cancel}", 1L);
                    expected.put("sayiir.events.pending", 12L);
                    assertThat(expected.values()).doesNotHaveDuplicates();
                    Awaitility.await()
                            .untilAsserted(() -> assertThat(gauges(context.getBean(MeterRegistry.class)))
                                    .containsAllEntriesOf(expected)
                                    .hasSize(expected.size() + 1)
                                    .containsKey("sayiir.oldest.ready.age"));
                });
    }

    private static void create(
            PostgresBackend backend, String name, int count, UnaryOperator<WorkflowSnapshot> change) {
        for (int i = 0; i < count; i++) {
            backend.createSnapshot(change.apply(
                    WorkflowSnapshot.start(name + "-" + i, "d", Payload.empty()).moveTo(new AtTask("t"))));
        }
    }

    private static Map<String, Long> gauges(MeterRegistry registry) {
        Map<String, Long> values = new TreeMap<>();
        registry.getMeters().stream()
                .filter(meter ->
                        meter instanceof Gauge && meter.getId().getName().startsWith("sayiir."))
                .forEach(meter -> values.put(name(meter), (long) ((Gauge) meter).value()));
        return values;
    }

    private static String name(Meter meter) {
        return meter.getId().getName()
                + meter.getId().getTags().stream()
                        .map(tag -> "{" + tag.getKey() + "=" + tag.getValue() + "}")
                        .collect(Collectors.joining());
    }
}
