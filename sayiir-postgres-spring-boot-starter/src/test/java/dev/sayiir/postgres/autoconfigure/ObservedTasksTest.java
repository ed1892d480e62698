package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.TaskWorker;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.RetryPolicy;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.observation.DefaultMeterObservationHandler;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Starts and tasks are timed, by workflow, task and what came out. */
class ObservedTasksTest {

    private static final Workflow WORKFLOW = new Workflow("fulfilment-v1", "reserve");

    private final SimpleMeterRegistry meters = new SimpleMeterRegistry();
    private final InMemoryBackend backend = new InMemoryBackend();

    @Test
    void a_task_is_timed_by_its_outcome() throws Exception {
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(new DefaultMeterObservationHandler(meters));
        Workflows workflows = Workflows.of(backend).withListener(new ObservedStarts(registry));
        TaskWorker worker = TaskWorker.builder(backend)
                .workflow(WORKFLOW)
                .pollInterval(Duration.ofMillis(10))
                .listener(new ObservedTasks(registry))
                .handler(TaskHandler.of("reserve", String.class, (sku, task) -> {
                            if (task.attempt() == 1) {
                                throw new IllegalStateException("no shelf");
                            }
                            return task.attempt() == 2 ? TaskOutcome.retry("again") : TaskOutcome.next("wait", sku);
                        })
                        .retries(new RetryPolicy(5, Duration.ofMillis(1), 1, Optional.empty())))
                .handler(TaskHandler.of(
                        "wait", String.class, (sku, task) -> TaskOutcome.delay(Duration.ofMillis(1), "stop", sku)))
                .handler(TaskHandler.of("stop", String.class, (sku, task) -> {
                    throw new InterruptedException("as by a stop");
                }))
                .build();
        try (worker) {
            workflows.start(WORKFLOW, "order-1", "tea");
            worker.start();
            assertThat(workflows.awaitEnd("order-1", Duration.ofMinutes(1))).isPresent();
        }

        assertThat(meters.get("sayiir.workflow.start")
                        .tags("workflow", "fulfilment-v1", "outcome", "success")
                        .timer()
                        .count())
                .isEqualTo(1);
        assertThat(meters.find("sayiir.task").timers())
                .extracting(timer -> timer.getId().getTag("task") + " "
                        + timer.getId().getTag("outcome") + " " + timer.getId().getTag("error"))
                .containsExactlyInAnyOrder(
                        "reserve error IllegalStateException",
                        "reserve retry none",
                        "reserve next none",
                        "wait delay none",
                        "stop interrupted InterruptedException");
        assertThat(meters.find("sayiir.task").timers())
                .allMatch(timer -> "fulfilment-v1".equals(timer.getId().getTag("workflow")))
                .extracting(Timer::count)
                .containsOnly(1L);
    }

    @Test
    void a_start_that_is_refused_is_no_error() {
        ObservationRegistry registry = ObservationRegistry.create();
        registry.observationConfig().observationHandler(new DefaultMeterObservationHandler(meters));
        Workflows workflows = Workflows.of(backend).withListener(new ObservedStarts(registry));

        workflows.startIfAbsent(WORKFLOW, "order-1", "tea");
        workflows.startIfAbsent(WORKFLOW, "order-1", "tea");

        assertThat(meters.find("sayiir.workflow.start").timers())
                .extracting(timer ->
                        timer.getId().getTag("outcome") + " " + timer.getId().getTag("error"))
                .containsExactlyInAnyOrder("success none", "refused none");
    }
}
