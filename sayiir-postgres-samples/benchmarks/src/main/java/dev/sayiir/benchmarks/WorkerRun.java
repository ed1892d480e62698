package dev.sayiir.benchmarks;

import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskWorker;
import dev.sayiir.worker.TaskWorkerBuilder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Recorder;

/** A worker in this process that does all tasks of some instances. A call is a task, from its handler to its commit. */
final class WorkerRun implements Work {

    private final Load load;
    private final CommittedTasks committed;
    private final TaskWorker worker;

    WorkerRun(Target target, Flow flow, Load load, int instances) {
        this.load = load;
        this.committed = new CommittedTasks((long) instances * flow.tasks());
        this.worker = worker(target, flow, load.concurrency(), committed);
    }

    /** A worker for that workflow, which is not started yet. */
    static TaskWorker worker(Target target, Flow flow, int concurrency, CommittedTasks committed) {
        TaskWorkerBuilder builder = TaskWorker.builder(target.backend())
                .wakeUps(target.backend())
                .workflow(flow.workflow())
                .concurrency(concurrency)
                .batchSize(concurrency)
                .claims(Duration.ofMinutes(5), Duration.ofMinutes(1))
                .pollInterval(Duration.ofMillis(100))
                .listener(committed);
        for (TaskHandler<?> handler : flow.handlers()) {
            builder.handler(handler);
        }
        return builder.build();
    }

    @Override
    public long run(Recorder latencies) throws InterruptedException {
        committed.recordTo(latencies);
        worker.start();
        if (!committed.await(load.limit().toNanos(), TimeUnit.NANOSECONDS)) {
            throw new IllegalStateException("Not done within " + load.limit() + ": " + committed
                    + ". Give it more time (--limit) or less to do (--operations)");
        }
        return committed.expected();
    }

    @Override
    public void close() {
        worker.close();
    }
}
