package dev.sayiir.worker;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.TaskClaimStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks for tasks, as many as there are free slots, whenever it is time for the next poll, and has them done. */
final class Dispatcher implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final TaskClaimStore claims;
    private final TaskRunner runner;
    private final HeldTasks held;
    private final Outage outage;
    private final TaskWorkerListener listener;
    private final ClaimQuery query;
    private final Duration interval;
    private final Semaphore slots;
    private final NextPoll next;
    private final LogLimit failed = new LogLimit();

    /** How many tasks a poll asks for: fewer after polls that failed. */
    private int most;

    /**
     * @param query what to ask for; its limit is the size of a batch
     * @param interval how long to wait between two polls at most
     */
    Dispatcher(
            TaskClaimStore claims,
            TaskRunner runner,
            HeldTasks held,
            Outage outage,
            TaskWorkerListener listener,
            ClaimQuery query,
            Duration interval,
            Semaphore slots,
            NextPoll next) {
        this.claims = claims;
        this.runner = runner;
        this.held = held;
        this.outage = outage;
        this.listener = listener;
        this.query = query;
        this.interval = interval;
        this.slots = slots;
        this.next = next;
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
        for (int i = 0; i < claimed.size(); i++) {
            if (next.isStopping()) {
                runner.giveBack(holding.get(i), Duration.ZERO);
            } else {
                start(claimed.get(i), holding.get(i));
            }
        }
    }

    private void start(ClaimedTask task, HeldTask holding) {
        slots.acquireUninterruptibly();
        runner.begin(task, holding, this::mayCarryOn, () -> {
            slots.release();
            next.slotFreed();
        });
    }

    /** While there are free slots, nobody waits for this one. */
    private boolean mayCarryOn(int inARow) {
        return !next.isStopping() && (inARow < TaskRunner.IN_A_ROW || slots.availablePermits() > 0);
    }
}
