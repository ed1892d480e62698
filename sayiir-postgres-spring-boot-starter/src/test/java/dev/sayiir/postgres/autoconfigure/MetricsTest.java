package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.InstanceAlreadyExistsException;
import dev.sayiir.persistence.PurgedKind;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.StoreOperation;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskStatus;
import dev.sayiir.persistence.WakeUpSource;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.CountedStatements;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.micrometer.metrics.autoconfigure.CompositeMeterRegistryAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.MetricsAutoConfiguration;
import org.springframework.boot.micrometer.metrics.autoconfigure.export.simple.SimpleMetricsExportAutoConfiguration;
import org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;

@ExtendWith(OutputCaptureExtension.class)
class MetricsTest extends StarterTest {

    private ApplicationContextRunner measured() {
        return onApplicationDatabase()
                .withConfiguration(AutoConfigurations.of(
                        SayiirMetricsAutoConfiguration.class,
                        MetricsAutoConfiguration.class,
                        CompositeMeterRegistryAutoConfiguration.class,
                        SimpleMetricsExportAutoConfiguration.class,
                        ObservationAutoConfiguration.class));
    }

    @Test
    void every_gauge_is_there_and_zero_before_anything_is_known() {
        measured()
                .withPropertyValues("sayiir.postgres.metrics.refresh-interval=1h")
                .run(context -> {
                    MeterRegistry registry = context.getBean(MeterRegistry.class);
                    assertThat(registry.getMeters().stream()
                                    .map(Meter::getId)
                                    .filter(id ->
                                            id.getName().startsWith("sayiir.") && id.getType() == Meter.Type.GAUGE)
                                    .map(id -> id.getName()
                                            + id.getTags().stream()
                                                    .map(tag -> "{" + tag.getKey() + "=" + tag.getValue() + "}")
                                                    .collect(Collectors.joining())))
                            .containsExactlyInAnyOrder(
                                    "sayiir.workflows{status=InProgress}",
                                    "sayiir.workflows{status=Paused}",
                                    "sayiir.workflows{status=Completed}",
                                    "sayiir.workflows{status=Failed}",
                                    "sayiir.workflows{status=Cancelled}",
                                    "sayiir.tasks{status=active}",
                                    "sayiir.tasks{status=waiting}",
                                    "sayiir.tasks{status=blocked}",
                                    "sayiir.tasks.ready",
                                    "sayiir.oldest.ready.age",
                                    "sayiir.claims{state=live}",
                                    "sayiir.claims{state=expired}",
                                    "sayiir.signals.pending{kind=cancel}",
                                    "sayiir.signals.pending{kind=pause}",
                                    "sayiir.events.pending");
                    assertThat(registry.get("sayiir.workflows").gauges()).allMatch(gauge -> gauge.value() == 0);
                });
    }

    @Test
    void tasks_are_counted_by_every_status_of_an_open_one_and_by_no_other() {
        measured()
                .run(context -> assertThat(context.getBean(MeterRegistry.class)
                                .get("sayiir.tasks")
                                .gauges())
                        .extracting(gauge -> gauge.getId().getTag("status"))
                        .containsExactlyInAnyOrderElementsOf(Stream.of(TaskStatus.values())
                                .filter(TaskStatus::isOpen)
                                .map(TaskStatus::text)
                                .toList()));
    }

    @Test
    void the_tags_of_the_documentation_are_those_of_the_meters() {
        Pattern row = Pattern.compile("(?m)^\\| `(sayiir[.\\w]+)` \\| `(\\w+)`: ((?:`\\w+`(?:, )?)+) \\|");
        List<MatchResult> rows =
                row.matcher(Docs.read("docs/operations.md")).results().toList();
        assertThat(rows).hasSizeGreaterThan(5);
        measured().run(context -> {
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            for (MatchResult documented : rows) {
                assertThat(registry.get(documented.group(1)).meters())
                        .as(documented.group(1))
                        .extracting(meter -> meter.getId().getTag(documented.group(2)))
                        .containsExactlyInAnyOrder(
                                documented.group(3).replace("`", "").split(", "));
            }
        });
    }

    @Test
    void gauges_show_what_there_is() {
        measured()
                .withPropertyValues("sayiir.postgres.metrics.refresh-interval=50ms")
                .run(context -> {
                    PostgresBackend backend = context.getBean(PostgresBackend.class);
                    MeterRegistry registry = context.getBean(MeterRegistry.class);
                    backend.createSnapshot(order("order-1").moveTo(new AtTask("t")));
                    backend.createSnapshot(order("order-2").fail("lost"));
                    backend.createSnapshot(order("order-3").moveTo(new AtTask("t")));
                    backend.claimTask("order-3", "t", "w", Duration.ofMinutes(1));
                    backend.storeSignal("order-3", SignalKind.PAUSE, SignalRequest.unexplained());
                    backend.sendEvent("order-3", "paid", Payload.empty());

                    Awaitility.await().untilAsserted(() -> {
                        assertThat(gauge(registry, "sayiir.workflows", "status", "InProgress"))
                                .isEqualTo(2);
                        assertThat(gauge(registry, "sayiir.workflows", "status", "Failed"))
                                .isEqualTo(1);
                        assertThat(gauge(registry, "sayiir.tasks", "status", "active"))
                                .isEqualTo(2);
                        assertThat(registry.get("sayiir.tasks.ready").gauge().value())
                                .isEqualTo(1);
                        assertThat(registry.get("sayiir.oldest.ready.age")
                                        .timeGauge()
                                        .value())
                                .isPositive();
                        assertThat(gauge(registry, "sayiir.claims", "state", "live"))
                                .isEqualTo(1);
                        assertThat(gauge(registry, "sayiir.signals.pending", "kind", "pause"))
                                .isEqualTo(1);
                        assertThat(registry.get("sayiir.events.pending").gauge().value())
                                .isEqualTo(1);
                    });
                });
    }

    @Test
    void a_scrape_asks_the_database_nothing() {
        CountedStatements counted = new CountedStatements(database.dataSource());
        measured()
                .withBean("dataSource", DataSource.class, counted::dataSource)
                .withPropertyValues("sayiir.postgres.metrics.refresh-interval=1h")
                .run(context -> {
                    context.getBean(FiguresRefresher.class).stop();
                    MeterRegistry registry = context.getBean(MeterRegistry.class);
                    assertThat(counted.during(() -> registry.getMeters()
                                    .forEach(meter -> meter.measure().forEach(measurement -> measurement.getValue()))))
                            .isZero();
                    assertThat(counted.during(() ->
                                    context.getBean(FiguresRefresher.class).runOnce()))
                            .isOne();
                });
    }

    @Test
    void a_failed_refresh_keeps_the_last_values_and_is_logged_once_per_outage(CapturedOutput output) {
        measured()
                .withPropertyValues("sayiir.postgres.metrics.refresh-interval=1h")
                .run(context -> {
                    FiguresRefresher refresher = context.getBean(FiguresRefresher.class);
                    refresher.stop();
                    context.getBean(PostgresBackend.class).createSnapshot(order("order-1"));
                    refresher.runOnce();
                    JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
                    jdbc.execute("ALTER TABLE sayiir.sayiir_workflow_counts RENAME TO gone");
                    refresher.runOnce();
                    refresher.runOnce();

                    assertThat(refresher.figures().workflows().values()).contains(1L);
                    assertThat(output.getOut().split("The refresh of metrics failed", -1))
                            .hasSize(2);

                    jdbc.execute("ALTER TABLE sayiir.gone RENAME TO sayiir_workflow_counts");
                    refresher.runOnce();
                    assertThat(output).contains("The refresh of metrics works again");
                });
    }

    @Test
    void operations_are_timed_by_name_and_outcome() {
        measured().run(context -> {
            PostgresBackend backend = context.getBean(PostgresBackend.class);
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            WorkflowSnapshot order = backend.createSnapshot(order("order-1"));
            assertThatThrownBy(() -> backend.createSnapshot(order("order-1")))
                    .isInstanceOf(InstanceAlreadyExistsException.class);
            new JdbcTemplate(database.dataSource()).execute("ALTER TABLE sayiir.sayiir_workflows RENAME TO gone");
            assertThatThrownBy(() -> backend.saveSnapshot(order.complete(Payload.empty())))
                    .isInstanceOf(DataAccessException.class);

            assertThat(timed(registry, "createSnapshot", "success")).isOne();
            assertThat(timed(registry, "createSnapshot", "refused")).isOne();
            assertThat(timed(registry, "saveSnapshot", "error")).isOne();
            assertThat(registry.get("sayiir.store.operations").timers())
                    .allMatch(timer -> timer.getId().getTags().stream()
                            .noneMatch(tag -> tag.getValue().contains("order-1")));
        });
    }

    @Test
    void counters_are_there_from_the_start_and_count() {
        measured().run(context -> {
            PostgresBackend backend = context.getBean(PostgresBackend.class);
            MeterRegistry registry = context.getBean(MeterRegistry.class);
            assertThat(registry.get("sayiir.claims.lost").counter().count()).isZero();
            assertThat(registry.get("sayiir.retries")
                            .tag("operation", "commitTask")
                            .counter()
                            .count())
                    .isZero();
            StoreObserver observer = context.getBean(StoreObserver.class);

            backend.createSnapshot(order("order-1").moveTo(new AtTask("t")));
            TaskClaim lost = backend.claimTask("order-1", "t", "w", Duration.ofMinutes(1))
                    .orElseThrow();
            backend.releaseTaskClaim(lost);
            assertThat(backend.extendTaskClaims(List.of(lost), Duration.ofMinutes(1)))
                    .isEmpty();
            assertThatThrownBy(() -> backend.commitTask(
                            lost, backend.loadSnapshot("order-1").completeTask("t", Payload.empty()), Optional.empty()))
                    .isInstanceOf(ClaimLostException.class);
            observer.retried(StoreOperation.of("commitTask"));
            observer.wokenUp(WakeUpSource.NOTIFICATION);
            observer.purged(PurgedKind.EVENTS, 7);
            observer.passedOver(PurgedKind.INSTANCES, 3);

            assertThat(registry.get("sayiir.snapshot.size").summary().count()).isPositive();
            assertThat(registry.get("sayiir.claims.lost").counter().count()).isEqualTo(2);
            assertThat(registry.get("sayiir.retries")
                            .tag("operation", "commitTask")
                            .counter()
                            .count())
                    .isOne();
            assertThat(registry.get("sayiir.wakeups")
                            .tag("source", "notification")
                            .counter()
                            .count())
                    .isOne();
            assertThat(registry.get("sayiir.rows.purged")
                            .tag("kind", "events")
                            .counter()
                            .count())
                    .isEqualTo(7);
            assertThat(registry.get("sayiir.rows.passed.over")
                            .tag("kind", "instances")
                            .counter()
                            .count())
                    .isEqualTo(3);
        });
    }

    @Test
    void an_interval_that_cannot_be_is_refused_with_the_name_of_the_property() {
        measured()
                .withPropertyValues("sayiir.postgres.metrics.refresh-interval=0s")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("sayiir.postgres.metrics.refresh-interval"));
    }

    @Test
    void it_backs_off_from_an_observer_of_the_application() {
        StoreObserver own = new StoreObserver() {};
        measured()
                .withBean(StoreObserver.class, () -> own)
                .run(context -> assertThat(context).getBean(StoreObserver.class).isSameAs(own));
    }

    @Test
    void without_micrometer_there_are_no_metrics() {
        onApplicationDatabase()
                .withConfiguration(AutoConfigurations.of(
                        SayiirMetricsAutoConfiguration.class,
                        SayiirHealthAutoConfiguration.class,
                        SayiirEndpointAutoConfiguration.class,
                        SayiirRetentionAutoConfiguration.class))
                .withClassLoader(new FilteredClassLoader("io.micrometer.core"))
                .run(context -> {
                    assertThat(context)
                            .hasNotFailed()
                            .hasSingleBean(PostgresBackend.class)
                            .doesNotHaveBean(StoreObserver.class)
                            .doesNotHaveBean(FiguresRefresher.class);
                    context.getBean(PostgresBackend.class).createSnapshot(order("order-1"));
                });
    }

    @Test
    void switched_off_there_are_no_metrics_either() {
        measured()
                .withPropertyValues("sayiir.postgres.enabled=false")
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(StoreObserver.class)
                        .doesNotHaveBean(FiguresRefresher.class));
    }

    @Test
    void a_registry_without_timers_of_observations_still_counts() {
        onApplicationDatabase()
                .withConfiguration(AutoConfigurations.of(SayiirMetricsAutoConfiguration.class))
                .withBean(SimpleMeterRegistry.class)
                .run(context -> {
                    context.getBean(PostgresBackend.class).createSnapshot(order("order-1"));
                    assertThat(context.getBean(MeterRegistry.class)
                                    .get("sayiir.snapshot.size")
                                    .summary()
                                    .count())
                            .isOne();
                });
    }

    private static double gauge(MeterRegistry registry, String name, String tag, String value) {
        return registry.get(name).tag(tag, value).gauge().value();
    }

    private static long timed(MeterRegistry registry, String operation, String outcome) {
        return registry.get("sayiir.store.operations")
                .tag("operation", operation)
                .tag("outcome", outcome)
                .timer()
                .count();
    }
}
