package dev.sayiir.worker;

import java.time.Duration;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * When a worker asks for tasks again: at the end of an interval; before that when it hears that something may be due, when
 * something becomes due that it has stored itself, or when a slot is free and there was more than it could take.
 */
final class NextPoll {

    /** No more often than this for due times that lie close together. */
    private static final long TICK = TimeUnit.MILLISECONDS.toNanos(10);

    /** What is due later than these many is found by polling. */
    private static final int MOST_DUE_TIMES = 10_000;

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final TreeSet<Long> dueTicks = new TreeSet<>();
    private boolean hinted;
    private boolean slotFreed;
    private boolean stopping;

    /** Something may be due, which a poll that begins from now on finds. */
    void hint() {
        change(() -> hinted = true);
    }

    /** A slot is free again. */
    void slotFreed() {
        change(() -> slotFreed = true);
    }

    /** Something is due after that time, at once if it is not positive. */
    void dueIn(Duration time) {
        if (time.isNegative() || time.isZero()) {
            hint();
        } else if (time.compareTo(Duration.ofNanos(Long.MAX_VALUE / 2)) < 0) {
            long tick = Math.floorDiv(System.nanoTime() + time.toNanos(), TICK) + 1;
            change(() -> {
                dueTicks.add(tick);
                if (dueTicks.size() > MOST_DUE_TIMES) {
                    dueTicks.pollLast();
                }
            });
        }
    }

    /** There is to be no other poll. */
    void stop() {
        change(() -> stopping = true);
    }

    boolean isStopping() {
        lock.lock();
        try {
            return stopping;
        } finally {
            lock.unlock();
        }
    }

    /** A poll is about to be sent: whatever has been heard so far, it finds out itself. */
    void begins() {
        change(() -> {
            hinted = false;
            slotFreed = false;
            dueTicks.headSet(Math.floorDiv(System.nanoTime(), TICK), true).clear();
        });
    }

    /**
     * Waits for the time of the next poll.
     *
     * @param interval how long at most
     * @param forSlot whether a slot that is free is a reason
     */
    void await(Duration interval, boolean forSlot) throws InterruptedException {
        long end = System.nanoTime() + interval.toNanos();
        lock.lockInterruptibly();
        try {
            while (!stopping && !hinted && !(forSlot && slotFreed)) {
                long wait = Math.min(end, nextDue(end)) - System.nanoTime();
                if (wait <= 0) {
                    return;
                }
                changed.awaitNanos(wait);
            }
            slotFreed = false;
        } finally {
            lock.unlock();
        }
    }

    /**
     * Waits until that is so, which is looked at whenever a slot is freed; or that time is over, or there is to be no other
     * poll.
     */
    void await(BooleanSupplier until, Duration longest) throws InterruptedException {
        long end = System.nanoTime() + longest.toNanos();
        lock.lockInterruptibly();
        try {
            while (!stopping && !until.getAsBoolean() && changed.awaitNanos(end - System.nanoTime()) > 0) {
                // looks again
            }
        } finally {
            lock.unlock();
        }
    }

    private long nextDue(long otherwise) {
        return dueTicks.isEmpty() ? otherwise : dueTicks.first() * TICK;
    }

    private void change(Runnable change) {
        lock.lock();
        try {
            change.run();
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }
}
