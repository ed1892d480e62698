package dev.sayiir.benchmarks;

import dev.sayiir.postgres.NotifyMode;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.TaskWorker;
import dev.sayiir.worker.Workflow;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Recorder;

/**
 * How long it takes, on an idle system, from an event or a start until the handler runs in a worker that hears of it by
 * {@code LISTEN} alone, as one in another process would. One after the other, with a pause between.
 */
final class WakeUpTimes implements Workload {

    /** What the worker waits for. */
    enum Cause {
        START,
        EVENT
    }

    private static final String EVENT = "approved";
    private static final String TASK = "woken";
    private static final Payload PAYLOAD = Payload.utf8("\"now\"");
    private static final int SHARE = 100;
    private static final long PAUSE_MILLIS = 25;

    private final Cause cause;

    WakeUpTimes(Cause cause) {
        this.cause = cause;
    }

    @Override
    public String name() {
        return cause == Cause.EVENT ? "wake-up-by-event" : "wake-up-by-start";
    }

    @Override
    public String unit() {
        return "wake-up";
    }

    @Override
    public Work prepare(Target target, Load load) throws Exception {
        int count = load.oneByOne(SHARE).operations();
        AtSignal wait = new AtSignal("await:" + EVENT, EVENT, Optional.empty(), Optional.of(TASK));
        String prefix = cause == Cause.EVENT
                ? Instances.startAt(target, load, name(), count, wait)
                : Instances.newPrefix(name());
        return new Run(target, prefix, count);
    }

    /** Two backends that do not know of each other, and a worker on one of them. */
    private final class Run implements Work {

        private final Target sender;
        private final Target receiver;
        private final TaskWorker worker;
        private final String prefix;
        private final int count;
        private final BlockingQueue<Long> running = new LinkedBlockingQueue<>();

        Run(Target target, String prefix, int count) throws Exception {
            this.sender = target.notifying(NotifyMode.LISTEN);
            this.receiver = target.notifying(NotifyMode.LISTEN);
            this.prefix = prefix;
            this.count = count;
            this.worker = TaskWorker.builder(receiver.backend())
                    .wakeUps(receiver.backend())
                    .workflow(new Workflow(name(), TASK))
                    .handler(TaskHandler.of(TASK, String.class, (text, task) -> {
                        running.add(System.nanoTime());
                        return TaskOutcome.complete(text);
                    }))
                    // So long that one that is not woken is seen to be late.
                    .pollInterval(Duration.ofSeconds(2))
                    .build();
            worker.start();
            TimeUnit.MILLISECONDS.sleep(500);
        }

        @Override
        public long run(Recorder latencies) throws InterruptedException {
            for (int number = 0; number < count; number++) {
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
                long begin = System.nanoTime();
                wake(prefix + number);
                Long begun = running.poll(1, TimeUnit.MINUTES);
                if (begun == null) {
                    throw new IllegalStateException(
                            "The handler for " + prefix + number + " did not run within a minute");
                }
                latencies.recordValue(begun - begin);
            }
            return count;
        }

        private void wake(String instanceId) {
            if (cause == Cause.EVENT) {
                sender.backend().sendEvent(instanceId, EVENT, PAYLOAD);
            } else {
                sender.backend()
                        .createSnapshot(Instances.first(name(), instanceId).moveTo(new AtTask(TASK)));
            }
        }

        @Override
        public void close() {
            worker.close();
            sender.close();
            receiver.close();
        }
    }
}
