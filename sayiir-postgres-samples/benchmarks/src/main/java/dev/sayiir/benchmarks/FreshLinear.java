package dev.sayiir.benchmarks;

import dev.sayiir.workflow.ExecutionPosition;
import org.HdrHistogram.Recorder;

/** {@code linear} with the starts of its instances, which other threads make while the worker does their tasks. */
final class FreshLinear implements Workload {

    private static final Flow FLOW = Flows.chain("fresh-linear", Steps.COUNT);

    @Override
    public String name() {
        return FLOW.name();
    }

    @Override
    public String unit() {
        return "task";
    }

    @Override
    public Work prepare(Target target, Load load) {
        int instances = load.portions(FLOW.tasks());
        return new StartedMeanwhile(new LocalWorker(target, FLOW, load, instances), starts(target, load, instances));
    }

    private static ClosedLoop starts(Target target, Load load, int instances) {
        String prefix = Instances.newPrefix(FLOW.name());
        ExecutionPosition start = FLOW.start();
        return new ClosedLoop(load, instances, (number, timer) -> {
            timer.time(() -> target.backend()
                    .createSnapshot(
                            Instances.first(FLOW.name(), prefix + number).moveTo(start)));
            return 1;
        });
    }

    private record StartedMeanwhile(WorkerRun worker, ClosedLoop starts) implements Work {

        @Override
        public long run(Recorder latencies) throws Exception {
            worker.begin(latencies);
            starts.run(new Recorder(1));
            return worker.await();
        }

        @Override
        public void close() {
            starts.close();
            worker.close();
        }
    }
}
