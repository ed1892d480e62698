package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.event.InstanceEvent;
import dev.sayiir.persistence.LogLimit;
import java.time.Duration;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.SmartLifecycle;
import org.springframework.scheduling.concurrent.CustomizableThreadFactory;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/**
 * Publishes what has become of instances as events of the application. Within a transaction that is done at once, so that
 * listeners are part of it or hear of its end; else one after the other on a thread of its own, as those who have made the
 * changes, such as the worker, are not to wait for listeners. It stops after the worker, when the last ones are published.
 */
final class InstanceEventPublisher implements Consumer<InstanceEvent>, SmartLifecycle {

    /** How many may wait for their turn; what comes then is dropped. */
    static final int MOST_WAITING = 10_000;

    /** For how long a stop waits for listeners. */
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Duration KEPT_IDLE = Duration.ofSeconds(10);
    private static final Logger log = LoggerFactory.getLogger(InstanceEventPublisher.class);

    private final ApplicationEventPublisher publisher;
    private final LogLimit failed = new LogLimit();
    private final LogLimit dropped = new LogLimit();
    private volatile ThreadPoolExecutor thread = newThread();

    InstanceEventPublisher(ApplicationEventPublisher publisher) {
        this.publisher = publisher;
    }

    /** There is none as long as there are no events. */
    private static ThreadPoolExecutor newThread() {
        CustomizableThreadFactory threads = new CustomizableThreadFactory("sayiir-events-");
        threads.setDaemon(true);
        ThreadPoolExecutor thread = new ThreadPoolExecutor(
                1, 1, KEPT_IDLE.toSeconds(), TimeUnit.SECONDS, new LinkedBlockingQueue<>(MOST_WAITING), threads);
        thread.allowCoreThreadTimeOut(true);
        return thread;
    }

    @Override
    public void accept(InstanceEvent event) {
        if (TransactionSynchronizationManager.isActualTransactionActive()) {
            publisher.publishEvent(event);
            return;
        }
        try {
            thread.execute(() -> publish(event));
        } catch (RejectedExecutionException e) {
            dropped.log(more -> log.error(
                    "{} is not published, as {}{}",
                    event,
                    thread.isShutdown()
                            ? "the application stops"
                            : MOST_WAITING + " others wait; have listeners do what takes long on threads of their own",
                    more));
        }
    }

    private void publish(InstanceEvent event) {
        try {
            publisher.publishEvent(event);
        } catch (RuntimeException | Error e) {
            failed.log(more -> log.error("A listener has failed with {}{}", event, more, e));
        }
    }

    @Override
    public void start() {
        if (thread.isShutdown()) {
            thread = newThread();
        }
    }

    @Override
    public void stop() {
        thread.shutdown();
        boolean interrupted = false;
        try {
            if (thread.awaitTermination(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
                return;
            }
        } catch (InterruptedException e) {
            interrupted = true;
        }
        int left = thread.shutdownNow().size();
        log.warn("Listeners take too long to stop, and {} events are not published", left);
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public boolean isRunning() {
        return !thread.isShutdown();
    }

    /** Just before the worker starts, and just after it stops. */
    @Override
    public int getPhase() {
        return DEFAULT_PHASE - 1;
    }
}
