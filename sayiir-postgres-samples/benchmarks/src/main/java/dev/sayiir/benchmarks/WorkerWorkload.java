package dev.sayiir.benchmarks;

import org.HdrHistogram.Recorder;

/** Runs instances of a workflow through {@code TaskWorker}s, from where they begin to their end. */
final class WorkerWorkload implements Workload {

    private final Flow flow;

    WorkerWorkload(Flow flow) {
        this.flow = flow;
    }

    @Override
    public String name() {
        return flow.name();
    }

    @Override
    public String unit() {
        return "task";
    }

    @Override
    public Work prepare(Target target, Load load) throws Exception {
        // A workflow of few tasks is no reason to make many more instances.
        int instances = load.portions(Math.max(flow.tasks(), Steps.COUNT));
        if (load.processes() == 1) {
            String prefix = start(target, load, instances);
            return withEvents(new LocalWorker(target, flow, load, instances), target, load, prefix, instances);
        }
        WorkerProcesses processes = WorkerProcesses.start(target, flow, load);
        try {
            // Their code is cold, other than this process's.
            withEvents(processes, target, load, start(target, load, instances), instances)
                    .run(new Recorder(1));
            return withEvents(processes, target, load, start(target, load, instances), instances);
        } catch (Exception e) {
            processes.close();
            throw e;
        }
    }

    private String start(Target target, Load load, int instances) throws Exception {
        return Instances.startAt(target, load, flow.name(), instances, flow.start());
    }

    private Work withEvents(WorkerRun run, Target target, Load load, String prefix, int instances) {
        return flow.event()
                .<Work>map(event -> new EventsMeanwhile(run, target, load, event, prefix, instances))
                .orElse(run);
    }
}
