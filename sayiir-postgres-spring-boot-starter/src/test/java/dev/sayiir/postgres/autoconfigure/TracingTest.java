package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler.FirstMatchingCompositeObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import io.micrometer.tracing.handler.DefaultTracingObservationHandler;
import io.micrometer.tracing.handler.PropagatingReceiverTracingObservationHandler;
import io.micrometer.tracing.otel.bridge.OtelCurrentTraceContext;
import io.micrometer.tracing.otel.bridge.OtelPropagator;
import io.micrometer.tracing.otel.bridge.OtelTracer;
import io.opentelemetry.api.trace.propagation.W3CTraceContextPropagator;
import io.opentelemetry.context.propagation.ContextPropagators;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Operations of a store become spans in the trace of their instance, with the real tracer. */
class TracingTest extends StarterTest {

    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00f067aa0ba902b7";
    private static final String TRACE_PARENT = "00-" + TRACE + "-" + PARENT + "-01";

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

    private static WorkflowSnapshot traced(String id) {
        return order(id).toBuilder().traceParent(Optional.of(TRACE_PARENT)).build();
    }
}
