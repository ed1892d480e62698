package dev.sayiir.postgres.autoconfigure;

import io.micrometer.observation.Observation;
import io.micrometer.observation.transport.ReceiverContext;
import io.micrometer.observation.transport.SenderContext;
import java.util.Optional;

/**
 * Traces that go from one process to another with an instance, as with a message. By the Observation API alone: where there
 * is no tracing, nobody reads or writes the trace parent.
 */
final class TraceParents {

    private static final String HEADER = "traceparent";

    private TraceParents() {}

    /** In the trace that the instance came with, or in one of its own if it has none. */
    static Observation.Context received(Optional<String> traceParent) {
        if (traceParent.isEmpty()) {
            return new Observation.Context();
        }
        ReceiverContext<String> context =
                new ReceiverContext<>((carrier, key) -> key.equalsIgnoreCase(HEADER) ? carrier : null);
        context.setCarrier(traceParent.get());
        return context;
    }

    /** What takes the trace parent up when the observation starts. */
    static final class Sent extends SenderContext<StringBuilder> {

        Sent() {
            super((carrier, key, value) -> {
                if (carrier != null && key.equalsIgnoreCase(HEADER)) {
                    carrier.append(value);
                }
            });
            setCarrier(new StringBuilder());
        }

        Optional<String> traceParent() {
            return Optional.ofNullable(getCarrier())
                    .map(StringBuilder::toString)
                    .filter(value -> !value.isEmpty());
        }
    }
}
