package dev.sayiir.benchmarks;

import dev.sayiir.workflow.Payload;

/** {@code saveTaskResult}: ten results for each instance. */
final class TaskResults implements Workload {

    private static final Payload OUTPUT = Payload.of(Bytes.random(Steps.PAYLOAD_BYTES));

    @Override
    public String name() {
        return "saveTaskResult";
    }

    @Override
    public String unit() {
        return "result";
    }

    @Override
    public Work prepare(Target target, Load load) throws Exception {
        int instances = load.portions(Steps.COUNT);
        String prefix = Instances.start(target, load, name(), instances);
        return new ClosedLoop(load, instances, (number, timer) -> {
            for (int step = 0; step < Steps.COUNT; step++) {
                String taskId = Steps.id(step);
                timer.time(() -> target.backend().saveTaskResult(prefix + number, taskId, OUTPUT));
            }
            return Steps.COUNT;
        });
    }
}
