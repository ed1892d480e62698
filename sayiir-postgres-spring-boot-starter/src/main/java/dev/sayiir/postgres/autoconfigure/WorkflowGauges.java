package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.TaskStatus;
import dev.sayiir.persistence.WorkflowFigures;
import dev.sayiir.workflow.WorkflowStatus;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** Gauges of what there is, all present from the start. A scrape reads the last known figures and asks nobody. */
final class WorkflowGauges implements MeterBinder {

    private final FiguresRefresher refresher;

    WorkflowGauges(FiguresRefresher refresher) {
        this.refresher = refresher;
    }

    @Override
    public void bindTo(MeterRegistry registry) {
        for (WorkflowStatus status : WorkflowStatus.values()) {
            gauge(
                    registry,
                    "sayiir.workflows",
                    "Workflow instances.",
                    Tags.of("status", status.text()),
                    figures -> figures.workflows().getOrDefault(status, 0L));
        }
        gauge(
                registry,
                "sayiir.tasks",
                "Open tasks; finished ones are not counted.",
                Tags.of("status", TaskStatus.ACTIVE.text()),
                WorkflowFigures::activeTasks);
        gauge(
                registry,
                "sayiir.tasks",
                "Open tasks; finished ones are not counted.",
                Tags.of("status", TaskStatus.WAITING.text()),
                WorkflowFigures::waitingTasks);
        gauge(
                registry,
                "sayiir.tasks",
                "Open tasks; finished ones are not counted.",
                Tags.of("status", TaskStatus.BLOCKED.text()),
                WorkflowFigures::blockedTasks);
        gauge(
                registry,
                "sayiir.tasks.ready",
                "Tasks that could be claimed now.",
                Tags.empty(),
                WorkflowFigures::readyTasks);
        gauge(registry, "sayiir.claims", "Claims on tasks.", Tags.of("state", "live"), WorkflowFigures::liveClaims);
        gauge(
                registry,
                "sayiir.claims",
                "Claims on tasks.",
                Tags.of("state", "expired"),
                WorkflowFigures::expiredClaims);
        for (SignalKind kind : SignalKind.values()) {
            gauge(
                    registry,
                    "sayiir.signals.pending",
                    "Requests that are not carried out yet.",
                    Tags.of("kind", kind.name().toLowerCase(Locale.ROOT)),
                    figures -> figures.pendingSignals().getOrDefault(kind, 0L));
        }
        gauge(
                registry,
                "sayiir.events.pending",
                "External events that are not consumed yet.",
                Tags.empty(),
                WorkflowFigures::pendingEvents);
        TimeGauge.builder(
                        "sayiir.oldest.ready.age",
                        refresher,
                        TimeUnit.NANOSECONDS,
                        it -> it.figures().oldestReadyAge().toNanos())
                .description("For how long the oldest ready task could have been claimed.")
                .register(registry);
    }

    private void gauge(
            MeterRegistry registry,
            String name,
            String description,
            Tags tags,
            ToDoubleFunction<WorkflowFigures> value) {
        Gauge.builder(name, refresher, it -> value.applyAsDouble(it.figures()))
                .description(description)
                .tags(tags)
                .register(registry);
    }
}
