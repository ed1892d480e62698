package dev.sayiir.worker;

import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.worker.HeldTask.Stop;
import dev.sayiir.worker.TaskWorkerListener.End;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks for cancels of what handlers are doing, by one statement, interrupts these, and carries the cancels out one by one.
 * One that cannot be carried out now, as somebody has locked the instance, is tried again; its claim is renewed meanwhile.
 */
final class Cancels {

    private static final Duration LONGEST_WAIT = Duration.ofSeconds(1);
    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final SignalStore signals;
    private final HeldTasks held;
    private final Outage outage;
    private final OneAtATime oneAtATime;
    private final TaskWorkerListener listener;
    private final Duration interval;
    private final ScheduledExecutorService timer;
    private final LogLimit failed = new LogLimit();

    Cancels(
            SignalStore signals,
            HeldTasks held,
            Outage outage,
            OneAtATime oneAtATime,
            TaskWorkerListener listener,
            Duration interval,
            ScheduledExecutorService timer) {
        this.signals = signals;
        this.held = held;
        this.outage = outage;
        this.oneAtATime = oneAtATime;
        this.listener = listener;
        this.interval = interval;
        this.timer = timer;
    }

    void lookIn(Duration wait) {
        if (!timer.isShutdown()) {
            var unused = timer.schedule(this::look, wait.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private void look() {
        try {
            List<HeldTask> handled = held.handled();
            if (!handled.isEmpty()) {
                tried(() -> interrupt(handled));
            }
            for (HeldTask task : held.toCancel()) {
                tried(() -> carryOut(task));
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the worker stops
            return;
        }
        lookIn(held.toCancel().isEmpty() || interval.compareTo(LONGEST_WAIT) < 0 ? interval : LONGEST_WAIT);
    }

    private void tried(Runnable work) throws InterruptedException {
        if (outage.isOn()) {
            return;
        }
        try {
            oneAtATime.call(() -> {
                work.run();
                return true;
            });
        } catch (RuntimeException | Error e) {
            if (!outage.isAway(e)) {
                failed.log(more -> log.warn(
                        "Cancels could not be looked for or carried out, and are tried again: {}{}",
                        StoreFailures.describe(e),
                        more));
            }
        }
    }

    private void interrupt(List<HeldTask> handled) {
        Set<String> instances =
                handled.stream().map(task -> task.claim().instanceId()).collect(Collectors.toSet());
        Set<String> asked = signals.findSignalled(instances, SignalKind.CANCEL);
        for (HeldTask task : handled) {
            if (asked.contains(task.claim().instanceId())) {
                held.cancelling(task);
                if (!task.stop(Stop.CANCELLED)) {
                    held.notCancelling(task);
                }
            }
        }
    }

    private void carryOut(HeldTask task) {
        String instanceId = task.claim().instanceId();
        if (signals.checkAndCancel(instanceId, Optional.of(task.claim().taskId()))) {
            log.info(
                    "Instance '{}' is cancelled, and the handler of its task '{}' interrupted",
                    instanceId,
                    task.claim().taskId());
            end(task, End.CANCELLED);
        } else if (signals.getSignal(instanceId, SignalKind.CANCEL).isEmpty()) {
            // Somebody else has carried it out, as for another branch, or taken it back.
            held.giveBack(List.of(task.claim()), Duration.ZERO);
            end(task, End.RELEASED);
        }
    }

    private void end(HeldTask task, End end) {
        held.cancelled(task);
        listener.taskEnded(task.claim(), end);
    }
}
