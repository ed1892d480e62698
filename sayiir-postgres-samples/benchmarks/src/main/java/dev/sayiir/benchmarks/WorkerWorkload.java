package dev.sayiir.benchmarks;

import dev.sayiir.postgres.NotifyMode;
import java.util.Locale;
import java.util.Optional;
import org.HdrHistogram.Recorder;

/** Runs instances of a workflow through {@code TaskWorker}s, from where they begin to their end. */
final class WorkerWorkload implements Workload {

    private final Flow flow;
    private final Optional<NotifyMode> notifyMode;

    private WorkerWorkload(Flow flow, Optional<NotifyMode> notifyMode) {
        this.flow = flow;
        this.notifyMode = notifyMode;
    }

    /** With stores that notify as the run is told to. */
    static WorkerWorkload of(Flow flow) {
        return new WorkerWorkload(flow, Optional.empty());
    }

    /** With stores that notify in that way, to be compared with the same otherwise. */
    static WorkerWorkload notifying(Flow flow, NotifyMode mode) {
        return new WorkerWorkload(flow, Optional.of(mode));
    }

    @Override
    public String name() {
        return flow.name()
                + notifyMode
                        .map(mode -> "-" + mode.name().toLowerCase(Locale.ROOT))
                        .orElse("");
    }

    @Override
    public String comparedWith() {
        return notifyMode.isPresent() ? flow.name() : "";
    }

    @Override
    public String unit() {
        return "task";
    }

    @Override
    public Work prepare(Target target, Load load) throws Exception {
        if (notifyMode.isEmpty()) {
            return work(target, load);
        }
        Target own = target.notifying(notifyMode.get());
        return new OnOwnTarget(work(own, load), own);
    }

    private Work work(Target target, Load load) throws Exception {
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

    /** Work on stores that are its own. */
    private record OnOwnTarget(Work work, Target target) implements Work {

        @Override
        public long run(Recorder latencies) throws Exception {
            return work.run(latencies);
        }

        @Override
        public Usage withOtherProcesses(Usage used) {
            return work.withOtherProcesses(used);
        }

        @Override
        public void close() {
            work.close();
            target.close();
        }
    }
}
