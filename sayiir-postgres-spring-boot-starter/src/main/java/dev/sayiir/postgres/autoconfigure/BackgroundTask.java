package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.LogLimit;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.SmartLifecycle;

/**
 * Does something again and again on a thread of its own while the application runs. A failure is logged once, and again only
 * after it has worked in between.
 */
class BackgroundTask implements SmartLifecycle {

    private static final Logger LOG = LoggerFactory.getLogger(BackgroundTask.class);
    private static final long STOP_SECONDS = 5;

    private final String name;
    private final Duration interval;
    private final Runnable task;
    private final LogLimit failed = new LogLimit();
    private final LogLimit worksAgain = new LogLimit();
    private volatile boolean failing;
    private @Nullable ScheduledExecutorService thread;
    private @Nullable Future<?> schedule;

    BackgroundTask(String name, Duration interval, Runnable task) {
        this.name = name;
        this.interval = interval;
        this.task = task;
    }

    @Override
    public synchronized void start() {
        if (thread == null) {
            ScheduledThreadPoolExecutor executor = new ScheduledThreadPoolExecutor(1, work -> {
                Thread daemon = new Thread(work, "sayiir-" + name);
                daemon.setDaemon(true);
                return daemon;
            });
            schedule = executor.scheduleWithFixedDelay(this::runOnce, 0, interval.toMillis(), TimeUnit.MILLISECONDS);
            thread = executor;
        }
    }

    void runOnce() {
        try {
            task.run();
            if (failing) {
                worksAgain.log(more -> LOG.info("The {} works again{}", name, more));
            }
            failing = false;
        } catch (RuntimeException e) {
            if (!failing) {
                failed.log(more -> LOG.warn(
                        "The {} failed; it is tried again every {}, and logged when it works again{}",
                        name,
                        interval,
                        more,
                        e));
            }
            failing = true;
        }
    }

    /** Before the pools close, as they have no phase of their own; a batch under way is interrupted. */
    @Override
    public void stop() {
        ScheduledExecutorService running;
        synchronized (this) {
            running = thread;
            thread = null;
            schedule = null;
        }
        if (running != null) {
            running.shutdownNow();
            try {
                running.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    @Override
    public synchronized boolean isRunning() {
        return schedule != null && !schedule.isDone();
    }
}
