package dev.sayiir.worker;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.TaskClaimStore;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Asks for tasks, as many as there are free slots, whenever it is time for the next poll, and has them done. */
final class Dispatcher implements Runnable {

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final TaskClaimStore claims;
    private final TaskRunner runner;
    private final Outage outage;
    private final TaskWorkerListener listener;
    private final Executor threads;
    private final ClaimQuery query;
    private final Duration interval;
    private final Semaphore slots;
    private final NextPoll next;

    /**
     * @param query what to ask for; its limit is the size of a batch
     * @param interval how long to wait between two polls at most
     */
    Dispatcher(
            TaskClaimStore claims,
            TaskRunner runner,
            Outage outage,
            TaskWorkerListener listener,
            Executor threads,
            ClaimQuery query,
            Duration interval,
            Semaphore slots,
            NextPoll next) {
        this.claims = claims;
        this.runner = runner;
        this.outage = outage;
        this.listener = listener;
        this.threads = threads;
        this.query = query;
        this.interval = interval;
        this.slots = slots;
        this.next = next;
    }

    @Override
    public void run() {
        while (!next.isStopping()) {
            boolean mayBeMore = poll();
            if (!mayBeMore || slots.availablePermits() == 0) {
                await(mayBeMore);
            }
        }
    }

    /** While the store is away nothing wakes it up, so that it asks no more often than usual. */
    private void await(boolean mayBeMore) {
        try {
            if (outage.isOn()) {
                next.pause(interval);
            } else {
                next.await(interval, mayBeMore);
            }
        } catch (InterruptedException e) {
            next.stop();
        }
    }

    /** Whether there may be more. */
    private boolean poll() {
        next.begins();
        int limit = Math.min(slots.availablePermits(), query.limit());
        if (limit == 0) {
            return true;
        } else if (!outage.isToBeFoundOutByPolling()) {
            return false;
        }
        try {
            List<ClaimedTask> claimed = claims.claimAvailableTasks(query.limit(limit));
            outage.over();
            listener.polled(claimed.size());
            claimed.forEach(this::start);
            return claimed.size() == limit;
        } catch (RuntimeException | Error e) {
            outage.noticed(e);
            return false;
        }
    }

    private void start(ClaimedTask task) {
        slots.acquireUninterruptibly();
        try {
            threads.execute(() -> run(task));
        } catch (RuntimeException | Error e) {
            slots.release();
            throw e;
        }
    }

    private void run(ClaimedTask task) {
        try {
            runner.run(task, () -> !next.isStopping());
        } catch (RuntimeException | Error e) {
            log.error(
                    "Task '{}' of instance '{}' is left alone until {}",
                    task.claim().taskId(),
                    task.claim().instanceId(),
                    task.claim().expiresAt(),
                    e);
        } finally {
            slots.release();
            next.slotFreed();
        }
    }
}
