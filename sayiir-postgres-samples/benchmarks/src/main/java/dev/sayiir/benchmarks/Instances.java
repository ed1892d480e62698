package dev.sayiir.benchmarks;

import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** Makes the instances that workloads work on. */
final class Instances {

    /** Longer than anything is measured. */
    static final Duration CLAIM = Duration.ofHours(1);

    private static final AtomicInteger BATCHES = new AtomicInteger();
    private static final Payload INPUT = Payload.utf8('"' + Bytes.jsonText(Steps.PAYLOAD_BYTES) + '"');

    private Instances() {}

    /** What ids of instances may begin with that nobody has used yet. */
    static String newPrefix(String workflow) {
        return workflow + "-" + BATCHES.incrementAndGet() + "-";
    }

    /** An instance at its first step, with an input. */
    static WorkflowSnapshot first(String workflow, String instanceId) {
        return WorkflowSnapshot.start(instanceId, workflow, INPUT).moveTo(new AtTask(Steps.id(0)));
    }

    /**
     * Stores so many instances at their first step, ready to be claimed.
     *
     * @return what their ids begin with; a number from 0 follows
     */
    static String start(Target target, Load load, String workflow, int count) throws Exception {
        return store(target, load, workflow, count, UnaryOperator.identity());
    }

    /** The same, at another position than the first step. */
    static String startAt(Target target, Load load, String workflow, int count, ExecutionPosition position)
            throws Exception {
        return store(target, load, workflow, count, snapshot -> snapshot.moveTo(position));
    }

    private static String store(
            Target target, Load load, String workflow, int count, UnaryOperator<WorkflowSnapshot> change)
            throws Exception {
        String prefix = newPrefix(workflow);
        new ClosedLoop(load, count, (number, timer) -> {
                    target.backend().createSnapshot(change.apply(first(workflow, prefix + number)));
                    return 1;
                })
                .runUntimed();
        return prefix;
    }
}
