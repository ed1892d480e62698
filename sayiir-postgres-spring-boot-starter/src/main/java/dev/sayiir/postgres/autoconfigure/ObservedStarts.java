package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.worker.WorkflowStartListener;
import dev.sayiir.workflow.WorkflowSnapshot;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.function.UnaryOperator;

/**
 * Makes an observation of every start of an instance: a timer, and where there is tracing a span whose trace goes with the
 * instance, to whoever does its tasks. A trace parent that the caller has set stays.
 */
final class ObservedStarts implements WorkflowStartListener {

    static final String NAME = "sayiir.workflow.start";

    private final ObservationRegistry registry;

    ObservedStarts(ObservationRegistry registry) {
        this.registry = registry;
    }

    @Override
    public WorkflowSnapshot aroundStart(WorkflowSnapshot instance, UnaryOperator<WorkflowSnapshot> start) {
        TraceParents.Sent sent = new TraceParents.Sent();
        Observation observation = Observation.createNotStarted(NAME, () -> sent, registry)
                .contextualName("sayiir start " + instance.definitionHash())
                .lowCardinalityKeyValue("workflow", instance.definitionHash())
                .highCardinalityKeyValue("sayiir.instance.id", instance.instanceId());
        return StoreCalls.observed(
                observation,
                () -> start.apply(instance.toBuilder()
                        .traceParent(instance.traceParent().or(sent::traceParent))
                        .build()));
    }
}
