package dev.sayiir.worker;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;

/**
 * Whether the store is out of reach, which a probe tells and nothing else: what fails, be it a poll or a commit, may fail
 * because of one task. Logged once when it begins and once when it ends, however many notice it.
 */
final class Outage {

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);
    private static final Duration FIRST_WAIT = Duration.ofMillis(100);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final Runnable probe;
    private final ScheduledExecutorService timer;
    private final Runnable whenOver;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition over = lock.newCondition();
    private long began;
    private volatile boolean on;

    /**
     * @param probe asks the store for next to nothing, and throws if it does not answer
     * @param timer probes again and again during an outage
     * @param whenOver is called after an outage
     */
    Outage(Runnable probe, ScheduledExecutorService timer, Runnable whenOver) {
        this.probe = probe;
        this.timer = timer;
        this.whenOver = whenOver;
    }

    /** Whether that something failed is for want of the store. Asks it, one thread at a time. */
    boolean isAway(Throwable failure) {
        lock.lock();
        try {
            if (!on && !isReachable()) {
                on = true;
                began = System.nanoTime();
                log.warn(
                        "The store cannot be used; the worker claims nothing and keeps its results until it can: {}",
                        ErrorText.of(NestedExceptionUtils.getMostSpecificCause(failure)));
                probeIn(FIRST_WAIT);
            }
            return on;
        } finally {
            lock.unlock();
        }
    }

    private boolean isReachable() {
        try {
            probe.run();
            return true;
        } catch (RuntimeException | Error e) {
            log.debug("The store does not answer", e);
            return false;
        }
    }

    private void probeIn(Duration wait) {
        if (!timer.isShutdown()) {
            var unused = timer.schedule(() -> probeAgain(wait), wait.toNanos(), TimeUnit.NANOSECONDS);
        }
    }

    private void probeAgain(Duration waited) {
        if (!isReachable()) {
            Duration longer = waited.multipliedBy(2);
            probeIn(longer.compareTo(LONGEST_WAIT) < 0 ? longer : LONGEST_WAIT);
            return;
        }
        lock.lock();
        try {
            on = false;
            log.info("The store can be used again, after {}", Duration.ofNanos(System.nanoTime() - began));
            over.signalAll();
        } finally {
            lock.unlock();
        }
        whenOver.run();
    }

    boolean isOn() {
        return on;
    }

    /** Waits for the end of the outage, if there is one. */
    void awaitEnd() throws InterruptedException {
        if (!on) {
            return;
        }
        lock.lockInterruptibly();
        try {
            while (on) {
                over.await();
            }
        } finally {
            lock.unlock();
        }
    }
}
