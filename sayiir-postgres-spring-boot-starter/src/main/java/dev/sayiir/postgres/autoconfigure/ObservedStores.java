package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.PurgedKind;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.StoreOperation;
import dev.sayiir.persistence.WakeUpSource;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Makes an observation of every operation: a timer, and a span where there is tracing. A refusal, such as a lost race, is an
 * outcome and no error.
 */
final class ObservedStores implements StoreObserver {

    static final String NAME = "sayiir.store.operations";

    private final ObservationRegistry registry;
    private final StoreObserver meters;

    ObservedStores(ObservationRegistry registry, StoreObserver meters) {
        this.registry = registry;
        this.meters = meters;
    }

    @Override
    public <T extends @Nullable Object> T observe(StoreOperation operation, Supplier<T> work) {
        Observation observation = Observation.createNotStarted(NAME, () -> context(operation), registry)
                .contextualName("sayiir " + operation.name())
                .lowCardinalityKeyValue("operation", operation.name());
        operation.instanceId().ifPresent(id -> observation.highCardinalityKeyValue("sayiir.instance.id", id));
        operation.traceParent().ifPresent(id -> observation.highCardinalityKeyValue("sayiir.traceparent", id));
        return StoreCalls.observed(observation, work);
    }

    /**
     * Below the caller's observation if there is one. Else in the trace of the instance, whichever process began it: as of a
     * message that came from there.
     */
    private Observation.Context context(StoreOperation operation) {
        return registry.getCurrentObservation() != null
                ? new Observation.Context()
                : TraceParents.received(operation.traceParent());
    }

    @Override
    public void snapshotEncoded(int bytes) {
        meters.snapshotEncoded(bytes);
    }

    @Override
    public void retried(StoreOperation operation) {
        meters.retried(operation);
    }

    @Override
    public void wokenUp(WakeUpSource source) {
        meters.wokenUp(source);
    }

    @Override
    public void claimsLost(int claims) {
        meters.claimsLost(claims);
    }

    @Override
    public void purged(PurgedKind kind, long rows) {
        meters.purged(kind, rows);
    }

    @Override
    public void passedOver(PurgedKind kind, long rows) {
        meters.passedOver(kind, rows);
    }
}
