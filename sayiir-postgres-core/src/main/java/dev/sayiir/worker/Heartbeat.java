package dev.sayiir.worker;

import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.worker.HeldTask.Stop;
import dev.sayiir.worker.TaskWorkerListener.End;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews the claims on all that the worker has, by one statement, and stops what is lost. What somebody else has locked at
 * that moment is asked for again soon, and what fails is told apart by halves; the others are renewed all the same.
 */
final class Heartbeat {

    /** Of the time that a claim still lasts; so there are some tries before its end. */
    private static final int SHARE = 8;

    private static final Duration SOONEST = Duration.ofMillis(10);
    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final TaskClaimStore claims;
    private final HeldTasks held;
    private final Outage outage;
    private final TaskWorkerListener listener;
    private final Duration ttl;
    private final Duration interval;
    private final ScheduledExecutorService timer;
    private final List<HeldTask> locked = new ArrayList<>();
    private final LogLimit lost = new LogLimit();
    private final LogLimit failed = new LogLimit();
    private boolean askingAgain;

    Heartbeat(
            TaskClaimStore claims,
            HeldTasks held,
            Outage outage,
            TaskWorkerListener listener,
            Duration ttl,
            Duration interval,
            ScheduledExecutorService timer) {
        this.claims = claims;
        this.held = held;
        this.outage = outage;
        this.listener = listener;
        this.ttl = ttl;
        this.interval = interval;
        this.timer = timer;
    }

    synchronized void beat() {
        try {
            held.foundStuck()
                    .forEach(task -> log.warn("The handler of {} was interrupted and goes on; it keeps a slot", task));
            locked.clear();
            renewAll(held.held());
        } catch (RuntimeException | Error e) {
            failed.log(more -> log.error("A heartbeat failed, and there will be others{}", more, e));
        }
    }

    private synchronized void renewLocked() {
        askingAgain = false;
        List<HeldTask> again = locked.stream().filter(held.held()::contains).toList();
        locked.clear();
        renewAll(again);
    }

    private void renewAll(List<HeldTask> asked) {
        renew(asked);
        if (!locked.isEmpty() && !askingAgain && !timer.isShutdown()) {
            askingAgain = true;
            var unused = timer.schedule(this::renewLocked, soon().toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private Duration soon() {
        Duration least =
                locked.stream().map(HeldTask::left).min(Duration::compareTo).orElseThrow();
        Duration share = least.dividedBy(SHARE);
        return share.compareTo(SOONEST) < 0 ? SOONEST : share.compareTo(interval) > 0 ? interval : share;
    }

    private void renew(List<HeldTask> asked) {
        if (asked.isEmpty()) {
            return;
        }
        Map<Long, TaskClaim> answer;
        try {
            List<TaskClaim> asking = asked.stream().map(HeldTask::claim).toList();
            answer = claims.extendTaskClaims(asking, ttl).stream()
                    .collect(Collectors.toMap(TaskClaim::claimToken, Function.identity()));
        } catch (RuntimeException | Error e) {
            renewApart(asked, e);
            return;
        }
        asked.forEach(task -> answered(task, answer.get(task.claim().claimToken())));
    }

    private void answered(HeldTask task, @Nullable TaskClaim claim) {
        if (claim == null) {
            if (task.stop(Stop.CLAIM_LOST)) {
                lost.log(more -> log.info(
                        "The claim on {} is lost; its handler is interrupted and its result dropped{}", task, more));
                listener.taskEnded(task.claim(), End.LOST);
            }
        } else if (!task.isRenewed(claim)) {
            locked.add(task);
        }
    }

    private void renewApart(List<HeldTask> asked, Throwable failure) {
        if (outage.isAway(failure)) {
            return;
        } else if (asked.size() == 1) {
            failed.log(more -> log.warn(
                    "The claim on {} cannot be renewed although the store can be reached: {}{}",
                    asked.get(0),
                    StoreFailures.describe(failure),
                    more));
            return;
        }
        int half = asked.size() / 2;
        renew(asked.subList(0, half));
        renew(asked.subList(half, asked.size()));
    }
}
