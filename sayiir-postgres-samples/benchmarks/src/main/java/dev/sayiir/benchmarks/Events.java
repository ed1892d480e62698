package dev.sayiir.benchmarks;

import dev.sayiir.persistence.EventOutcome;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.Payload;
import java.util.Optional;

/** {@code sendEvent} to instances that wait for it, and so go on to their next task. */
final class Events implements Workload {

    private static final String EVENT = "approved";
    private static final Payload PAYLOAD = Payload.of(Bytes.random(Steps.PAYLOAD_BYTES));

    /** To make an instance takes longer than to send it an event. */
    private static final int SHARE = 4;

    @Override
    public String name() {
        return "sendEvent";
    }

    @Override
    public String unit() {
        return "event";
    }

    @Override
    public Work prepare(Target target, Load load) throws Exception {
        int instances = Math.max(load.concurrency(), load.portions(SHARE));
        AtSignal wait = new AtSignal("await:" + EVENT, EVENT, Optional.empty(), Optional.of(Steps.id(1)));
        String prefix = Instances.startAt(target, load, name(), instances, wait);
        return new ClosedLoop(load, instances, (number, timer) -> {
            timer.time(() -> {
                EventOutcome outcome = target.backend().sendEvent(prefix + number, EVENT, PAYLOAD);
                if (outcome == EventOutcome.BUFFERED) {
                    throw new IllegalStateException(prefix + number + " did not go on with its event");
                }
            });
            return 1;
        });
    }
}
