package dev.sayiir.benchmarks;

/** Runs instances of a workflow through a {@code TaskWorker}, from their first task to their end. */
final class WorkerWorkload implements Workload {

    private final Flow flow;
    private final String unit;

    WorkerWorkload(Flow flow, String unit) {
        this.flow = flow;
        this.unit = unit;
    }

    @Override
    public String name() {
        return flow.name();
    }

    @Override
    public String unit() {
        return unit;
    }

    @Override
    public Work prepare(Target target, Load load) throws Exception {
        int instances = load.portions(flow.tasks());
        Instances.start(target, load, flow.name(), instances);
        return new WorkerRun(target, flow, load, instances);
    }
}
