package dev.sayiir.benchmarks;

import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;

/** {@code saveSnapshot}: each call adds the result of a task and moves on to the next of ten, without a claim. */
final class Saves implements Workload {

    private static final Payload OUTPUT = Payload.of(Bytes.random(Steps.PAYLOAD_BYTES));

    @Override
    public String name() {
        return "saveSnapshot";
    }

    @Override
    public String unit() {
        return "save";
    }

    @Override
    public Work prepare(Target target, Load load) throws Exception {
        int instances = load.portions(Steps.COUNT);
        String prefix = Instances.start(target, load, name(), instances);
        WorkflowSnapshot[] current = new WorkflowSnapshot[instances];
        new ClosedLoop(load, instances, (number, timer) -> {
                    current[number] = target.backend().loadSnapshot(prefix + number);
                    return 1;
                })
                .runUntimed();
        return new ClosedLoop(load, instances, (number, timer) -> {
            for (int step = 0; step < Steps.COUNT; step++) {
                WorkflowSnapshot next = afterStep(current[number], step);
                timer.time(() -> current[number] = target.backend().saveSnapshot(next));
            }
            return Steps.COUNT;
        });
    }

    private static WorkflowSnapshot afterStep(WorkflowSnapshot snapshot, int step) {
        return snapshot.completeTask(Steps.id(step), OUTPUT).moveTo(new AtTask(Steps.id(step + 1)));
    }

    /** Stores so many instances, each with ten results. */
    static String storeWithResults(Target target, Load load, String workflow, int instances) throws Exception {
        String prefix = Instances.start(target, load, workflow, instances);
        new ClosedLoop(load, instances, (number, timer) -> {
                    WorkflowSnapshot snapshot = target.backend().loadSnapshot(prefix + number);
                    for (int step = 0; step < Steps.COUNT; step++) {
                        snapshot = target.backend().saveSnapshot(afterStep(snapshot, step));
                    }
                    return 1;
                })
                .runUntimed();
        return prefix;
    }
}
