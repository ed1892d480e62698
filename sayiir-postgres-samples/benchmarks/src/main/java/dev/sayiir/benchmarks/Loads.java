package dev.sayiir.benchmarks;

import dev.sayiir.workflow.WorkflowSnapshot;

/** {@code loadSnapshot} of instances with ten results. */
final class Loads implements Workload {

    private static final int MOST_INSTANCES = 200;

    @Override
    public String name() {
        return "loadSnapshot";
    }

    @Override
    public String unit() {
        return "load";
    }

    @Override
    public Work prepare(Target target, Load load) throws Exception {
        int instances = Math.min(load.operations(), MOST_INSTANCES);
        String prefix = Saves.storeWithResults(target, load, name(), instances);
        return new ClosedLoop(load, load.operations(), (number, timer) -> {
            timer.time(() -> {
                WorkflowSnapshot loaded = target.backend().loadSnapshot(prefix + number % instances);
                if (loaded.completedTaskCount() != Steps.COUNT) {
                    throw new IllegalStateException(loaded + " has not all of its results");
                }
            });
            return 1;
        });
    }
}
