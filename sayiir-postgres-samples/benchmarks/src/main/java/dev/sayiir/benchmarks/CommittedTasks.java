package dev.sayiir.benchmarks;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.TaskWorkerListener;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Recorder;
import org.jspecify.annotations.Nullable;

/**
 * Counts the tasks that a worker commits, and times them from the call of the handler until they are stored. Ends of delays
 * and waits, which no handler does, are not counted.
 */
final class CommittedTasks implements TaskWorkerListener {

    private final Map<Begun, Long> begun = new ConcurrentHashMap<>();
    private final AtomicLong committed = new AtomicLong();
    private final AtomicLong otherwise = new AtomicLong();
    private final CountDownLatch all = new CountDownLatch(1);
    private final long expected;
    private volatile @Nullable Recorder latencies;

    /** A call of a handler: its result may be stored by another thread. */
    private record Begun(String instanceId, String taskId) {}

    /** @param expected how many tasks there are, at least 1 */
    CommittedTasks(long expected) {
        this.expected = expected;
    }

    /** From now on. */
    void recordTo(Recorder recorder) {
        latencies = recorder;
    }

    @Override
    public TaskOutcome aroundTask(TaskContext task, Callable<TaskOutcome> handler) throws Exception {
        begun.put(new Begun(task.instanceId(), task.taskId()), System.nanoTime());
        return handler.call();
    }

    @Override
    public void taskEnded(TaskClaim claim, End end) {
        if (end != End.COMMITTED) {
            otherwise.incrementAndGet();
            return;
        }
        Long begin = begun.remove(new Begun(claim.instanceId(), claim.taskId()));
        if (begin == null) {
            return;
        }
        Recorder recorder = latencies;
        if (recorder != null) {
            recorder.recordValue(System.nanoTime() - begin);
        }
        if (committed.incrementAndGet() == expected) {
            all.countDown();
        }
    }

    long expected() {
        return expected;
    }

    /** How many there have been so far. */
    long committed() {
        return committed.get();
    }

    /** Waits for all of them; false if the time is up first. */
    boolean await(long time, TimeUnit unit) throws InterruptedException {
        return all.await(time, unit);
    }

    @Override
    public String toString() {
        return committed + " of " + expected + " tasks were committed, " + otherwise + " ended otherwise";
    }
}
