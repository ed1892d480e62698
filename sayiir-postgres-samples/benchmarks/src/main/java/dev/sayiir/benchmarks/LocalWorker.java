package dev.sayiir.benchmarks;

import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskWorker;
import dev.sayiir.worker.TaskWorkerBuilder;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Recorder;

/** One worker, in this process. */
final class LocalWorker implements WorkerRun {

    private final Load load;
    private final CommittedTasks committed;
    private final TaskWorker worker;

    LocalWorker(Target target, Flow flow, Load load, int instances) {
        this.load = load;
        this.committed = new CommittedTasks((long) instances * flow.tasks());
        this.worker = worker(target, flow, load.concurrency(), committed);
    }

    /** A worker for that workflow, which is not started yet. */
    static TaskWorker worker(Target target, Flow flow, int concurrency, CommittedTasks committed) {
        TaskWorkerBuilder builder = TaskWorker.builder(target.backend())
                .transactionManager(target.backend().transactionManager())
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
    public void begin(Recorder latencies) {
        committed.recordTo(latencies);
        worker.start();
    }

    @Override
    public long await() throws InterruptedException {
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
