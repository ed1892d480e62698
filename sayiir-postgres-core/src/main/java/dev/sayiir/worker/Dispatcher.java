package dev.sayiir.worker;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.TaskClaimStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks for tasks, as many as there are free slots, whenever it is time for the next poll, and has them done. */
final class Dispatcher implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final TaskClaimStore claims;
    private final TaskRunner runner;
    private final HeldTasks held;
    private final Returns returns;
    private final Outage outage;
    private final TaskWorkerListener listener;
    private final ClaimQuery query;
    private final Duration interval;
    private final Semaphore slots;
    private final NextPoll next;
    private final Crashes crashes;
    private final int concurrency;
    private final AtomicInteger suspects = new AtomicInteger();
    private final LogLimit failed = new LogLimit();

    /** How many tasks a poll asks for: fewer after polls that failed. */
    private int most;

    /** Whether nothing is to begin besides a suspect. */
    private volatile boolean keepingOut;

    /**
     * @param query what to ask for; its limit is the size of a batch
     * @param interval how long to wait between two polls at most
     * @param slots all of them free
     */
    Dispatcher(
            TaskClaimStore claims,
            TaskRunner runner,
            HeldTasks held,
            Returns returns,
            Outage outage,
            TaskWorkerListener listener,
            ClaimQuery query,
            Duration interval,
            Semaphore slots,
            NextPoll next,
            Crashes crashes) {
        this.claims = claims;
        this.runner = runner;
        this.held = held;
        this.returns = returns;
        this.outage = outage;
        this.listener = listener;
        this.query = query;
        this.interval = interval;
        this.slots = slots;
        this.next = next;
        this.crashes = crashes;
        this.concurrency = slots.availablePermits();
        this.most = query.limit();
    }

    /** While the store is away it is not polled; the end of that is a hint. */
    @Override
    public void run() {
        while (!next.isStopping()) {
            next.begins();
            boolean mayBeMore = !outage.isOn() && poll();
            if (!mayBeMore || slots.availablePermits() == 0) {
                await(mayBeMore);
            }
        }
    }

    private void await(boolean mayBeMore) {
        try {
            next.await(interval, mayBeMore);
        } catch (InterruptedException e) {
            next.stop();
        }
    }

    /** Whether there may be more. */
    private boolean poll() {
        int limit = Math.min(slots.availablePermits(), most);
        if (limit == 0) {
            return true;
        }
        List<ClaimedTask> claimed;
        try {
            claimed = claims.claimAvailableTasks(query.limit(limit));
        } catch (RuntimeException | Error e) {
            return isWorthAnotherPoll(limit, e);
        }
        most = (int) Math.min(query.limit(), most * 2L);
        listener.polled(claimed.size());
        start(claimed);
        return claimed.size() == limit;
    }

    /** If the store can be reached it is one of the tasks: for fewer of them a poll may do, and sooner or later without it. */
    private boolean isWorthAnotherPoll(int limit, Throwable failure) {
        if (outage.isAway(failure)) {
            return false;
        }
        most = Math.max(1, limit / 2);
        if (failure instanceof Error) {
            failed.log(more -> log.error(
                    "A poll for {} tasks failed; what it has claimed is claimed again when its claims have ended{}",
                    limit,
                    more,
                    failure));
        }
        if (limit > 1) {
            return true;
        }
        failed.log(more -> log.warn(
                "A poll for a single task failed although the store can be reached; the next one is in {}: {}{}",
                interval,
                StoreFailures.describe(failure),
                more));
        return false;
    }

    /** All are held from now on. A worker that stops begins nothing more. */
    private void start(List<ClaimedTask> claimed) {
        List<HeldTask> holding =
                claimed.stream().map(task -> held.add(task.claim())).toList();
        int suspect = -1;
        List<HeldTask> otherSuspects = new ArrayList<>();
        for (int i = 0; i < claimed.size(); i++) {
            if (next.isStopping()) {
                returns.giveBack(holding.get(i), Duration.ZERO);
            } else if (!crashes.makeSuspect(claimed.get(i).claim())) {
                start(claimed.get(i), holding.get(i), this::mayCarryOn, () -> {});
            } else if (suspect < 0) {
                suspect = i;
            } else {
                otherSuspects.add(holding.get(i));
            }
        }
        if (suspect >= 0) {
            returns.giveBack(otherSuspects, Duration.ZERO);
            startSuspect(claimed.get(suspect), holding.get(suspect));
        }
    }

    private void start(ClaimedTask task, HeldTask holding, IntPredicate mayCarryOn, Runnable whenOver) {
        slots.acquireUninterruptibly();
        runner.begin(task, holding, mayCarryOn, () -> {
            whenOver.run();
            slots.release();
            next.slotFreed();
        });
    }

    /**
     * So that, if it ends this process, others are not counted with it: once all others have ended, and before any other
     * begins. That is for a while only, as some take long. Those that take longer than the while before have it beside them,
     * unless one of them is a suspect too.
     */
    private void startSuspect(ClaimedTask task, HeldTask holding) {
        Duration patience = Crashes.patience(task.claim());
        keepingOut = true;
        try {
            next.await(this::isIdle, patience);
            if (next.isStopping()) {
                returns.giveBack(holding, Duration.ZERO);
            } else if (suspects.get() > 0) {
                returns.giveBack(holding, patience);
                next.dueIn(patience);
            } else {
                suspects.incrementAndGet();
                start(task, holding, inARow -> false, suspects::decrementAndGet);
                next.await(this::isIdle, patience);
            }
        } catch (InterruptedException e) {
            next.stop(); // what is held is given back then
        } finally {
            keepingOut = false;
            next.hint(); // others may have become due meanwhile
        }
    }

    private boolean isIdle() {
        return slots.availablePermits() == concurrency;
    }

    /** While there are free slots, nobody waits for this one. */
    private boolean mayCarryOn(int inARow) {
        return !keepingOut && !next.isStopping() && (inARow < TaskRunner.IN_A_ROW || slots.availablePermits() > 0);
    }
}
