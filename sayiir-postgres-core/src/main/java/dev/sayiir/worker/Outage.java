package dev.sayiir.worker;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.dao.NonTransientDataAccessResourceException;
import org.springframework.dao.RecoverableDataAccessException;
import org.springframework.dao.TransientDataAccessException;
import org.springframework.dao.UncategorizedDataAccessException;
import org.springframework.transaction.TransactionException;

/** Whether the store is out of reach. Logged once when it begins and once when it ends, however many notice it. */
final class Outage {

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);
    private static final long NONE = Long.MIN_VALUE;

    private final AtomicLong since = new AtomicLong(NONE);
    private final AtomicInteger waitingCommits = new AtomicInteger();

    /** Whether to try again later may help. */
    static boolean isPassing(RuntimeException failure) {
        return failure instanceof TransientDataAccessException
                || failure instanceof RecoverableDataAccessException
                || failure instanceof NonTransientDataAccessResourceException
                || failure instanceof UncategorizedDataAccessException
                || failure instanceof TransactionException;
    }

    void noticed(Throwable failure) {
        if (since.compareAndSet(NONE, System.nanoTime())) {
            log.warn(
                    "The store cannot be used; the worker claims nothing and keeps its results until it can: {}",
                    NestedExceptionUtils.getMostSpecificCause(failure).toString());
        }
    }

    void over() {
        long began = since.getAndSet(NONE);
        if (began != NONE) {
            log.info("The store can be used again, after {}", Duration.ofNanos(System.nanoTime() - began));
        }
    }

    boolean isOn() {
        return since.get() != NONE;
    }

    void commitWaits() {
        waitingCommits.incrementAndGet();
    }

    void commitWaitsNoMore() {
        waitingCommits.decrementAndGet();
    }

    /** A result that waits to be committed finds out soon enough when the store is back. */
    boolean isToBeFoundOutByPolling() {
        return waitingCommits.get() == 0;
    }
}
