package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.TaskWorker;
import dev.sayiir.worker.TaskWorkerBuilder;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler.FirstMatchingCompositeObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.handler.DefaultTracingObservationHandler;
import io.micrometer.tracing.handler.PropagatingReceiverTracingObservationHandler;
import io.micrometer.tracing.handler.PropagatingSenderTracingObservationHandler;
import io.micrometer.tracing.otel.bridge.OtelCurrentTraceContext;
import io.micrometer.tracing.otel.bridge.OtelPropagator;
import io.micrometer.tracing.otel.bridge.OtelTracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Operations of a store and tasks become spans in the trace of their instance, with the real tracer. */
class TracingTest extends StarterTest {

    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00f067aa0ba902b7";
    private static final String TRACE_PARENT = "00-" + TRACE + "-" + PARENT + "-01";

    private static final Workflow WORKFLOW = new Workflow("fulfilment-v1", "reserve");

    private final InMemorySpanExporter spans = InMemorySpanExporter.create();
    private final SdkTracerProvider provider = SdkTracerProvider.builder()
            .addSpanProcessor(SimpleSpanProcessor.create(spans))
            .build();
    private final ObservationRegistry registry = ObservationRegistry.create();
    private PostgresBackend backend;

    @BeforeEach
    void trace() {
        var otel = provider.get("test");
        var tracer = new OtelTracer(otel, new OtelCurrentTraceContext(), event -> {});
        var propagator = new OtelPropagator(ContextPropagators.create(W3CTraceContextPropagator.getInstance()), otel);
        registry.observationConfig()
                .observationHandler(new FirstMatchingCompositeObservationHandler(
                        new PropagatingReceiverTracingObservationHandler<>(tracer, propagator),
                        new PropagatingSenderTracingObservationHandler<>(tracer, propagator),
                        new DefaultTracingObservationHandler(tracer)));
        backend = PostgresBackend.builder(database.dataSource())
                .observer(new ObservedStores(registry, StoreObserver.NONE))
                .build();
    }

    @AfterEach
    void close() {
        provider.close();
    }

    @Test
    void an_operation_without_a_caller_s_span_joins_the_trace_of_its_instance() {
        WorkflowSnapshot order = backend.createSnapshot(traced("order-1"));
        backend.saveSnapshot(order.completeTask("t", Payload.empty()));

        assertThat(spans.getFinishedSpanItems()).hasSize(2).allSatisfy(span -> {
            assertThat(span.getTraceId()).isEqualTo(TRACE);
            assertThat(span.getParentSpanId()).isEqualTo(PARENT);
        });
        assertThat(spans.getFinishedSpanItems())
                .extracting(SpanData::getName)
                .containsExactly("sayiir createSnapshot", "sayiir saveSnapshot");
    }

    @Test
    void another_process_that_loads_the_instance_goes_on_in_the_same_trace() {
        backend.createSnapshot(traced("order-1"));
        spans.reset();

        WorkflowSnapshot loaded = backend.loadSnapshot("order-1");
        backend.saveSnapshot(loaded.completeTask("t", Payload.empty()));

        assertThat(spans.getFinishedSpanItems().get(1).getTraceId()).isEqualTo(TRACE);
    }

    @Test
    void an_operation_within_a_caller_s_span_stays_below_that() {
        Observation.createNotStarted("caller", registry).observe(() -> {
            backend.createSnapshot(traced("order-1"));
        });

        SpanData store = spans.getFinishedSpanItems().get(0);
        SpanData caller = spans.getFinishedSpanItems().get(1);
        assertThat(store.getParentSpanId()).isEqualTo(caller.getSpanId());
        assertThat(store.getTraceId()).isNotEqualTo(TRACE);
        assertThat(store.getAttributes().asMap().toString()).contains(TRACE_PARENT, "order-1");
    }

    @Test
    void tasks_that_run_later_and_elsewhere_stay_in_the_trace_of_who_started_the_workflow() {
        Workflows workflows = Workflows.of(backend).withListener(new ObservedStarts(registry));
        Observation.createNotStarted("caller", registry).observe(() -> {
            workflows.start(WORKFLOW, "order-1", "tea");
        });
        SpanData caller = span("caller");
        SpanData start = span("sayiir start fulfilment-v1");
        assertThat(start.getParentSpanId()).isEqualTo(caller.getSpanId());

        workUntilDone("reserve", task -> TaskOutcome.delay(Duration.ofMillis(1), "ship", "shelf 7"));
        workUntilDone("ship", task -> {
            Observation.createNotStarted("handler's own", registry).observe(() -> {});
            return TaskOutcome.complete("shipped");
        });

        SpanData ship = span("sayiir task ship");
        assertThat(span("sayiir task reserve").getParentSpanId()).isEqualTo(start.getSpanId());
        assertThat(ship.getParentSpanId()).isEqualTo(start.getSpanId());
        assertThat(span("handler's own").getParentSpanId()).isEqualTo(ship.getSpanId());
        assertThat(ship.getAttributes().asMap().toString()).contains("order-1", "fulfilment-v1", "complete");
        assertThat(spans.getFinishedSpanItems().stream()
                        .filter(span -> span.getName().matches("sayiir (task|commitTask|createSnapshot).*")))
                .hasSizeGreaterThanOrEqualTo(5)
                .allSatisfy(span -> assertThat(span.getTraceId()).isEqualTo(caller.getTraceId()));
    }

    /** A worker of its own for a task, as in another process. */
    private void workUntilDone(String taskId, Function<TaskContext, TaskOutcome> work) {
        PostgresBackend elsewhere = PostgresBackend.builder(database.dataSource())
                .observer(new ObservedStores(registry, StoreObserver.NONE))
                .build();
        TaskWorkerBuilder worker = TaskWorker.builder(elsewhere)
                .workflow(WORKFLOW)
                .pollInterval(Duration.ofMillis(20))
                .handler(TaskHandler.of(taskId, String.class, (in, task) -> work.apply(task)))
                .listener(new ObservedTasks(registry));
        try (elsewhere;
                TaskWorker running = worker.build()) {
            running.start();
            await().until(() -> backend.loadSnapshot("order-1"), isDone(taskId));
        }
    }

    private static Predicate<WorkflowSnapshot> isDone(String taskId) {
        return order -> order.status().isTerminal() || order.completedTasks().contains(taskId);
    }

    private SpanData span(String name) {
        return spans.getFinishedSpanItems().stream()
                .filter(span -> span.getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void a_trace_parent_that_the_caller_gives_stays() {
        Workflows workflows = Workflows.of(backend).withListener(new ObservedStarts(registry));
        workflows.start(WORKFLOW, "order-1", "tea", instance -> instance.traceParent(Optional.of(TRACE_PARENT)));

        assertThat(backend.loadSnapshot("order-1").traceParent()).contains(TRACE_PARENT);
    }

    @Test
    void without_a_tracer_there_is_no_trace_parent_and_the_work_is_done_all_the_same() {
        ObservationRegistry untraced = ObservationRegistry.create();
        untraced.observationConfig().observationHandler(context -> true);
        Workflows workflows = Workflows.of(backend).withListener(new ObservedStarts(untraced));
        workflows.start(WORKFLOW, "order-1", "tea");

        workUntilDone("reserve", task -> TaskOutcome.complete("done"));

        assertThat(workflows.result("order-1", String.class)).contains("done");
        assertThat(backend.loadSnapshot("order-1").traceParent()).isEmpty();
    }

    private static WorkflowSnapshot traced(String id) {
        return order(id).toBuilder().traceParent(Optional.of(TRACE_PARENT)).build();
    }
}
