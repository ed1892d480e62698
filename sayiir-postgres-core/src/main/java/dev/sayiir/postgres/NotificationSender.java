package dev.sayiir.postgres;

import dev.sayiir.persistence.LogLimit;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.ThreadPoolExecutor.DiscardPolicy;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.sql.DataSource;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.core.NestedExceptionUtils;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.core.RowCallbackHandler;

/**
 * Tells other processes, one notification for all the hints of a while. Each is a transaction of its own in a thread of its
 * own: the commit of a transaction that notifies takes a lock which only one transaction of the server can have at a time.
 */
final class NotificationSender implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(NotificationSender.class);

    private static final String NOTIFY = "SELECT pg_catalog.pg_notify(?, ?)";

    private static final long GAP_NANOS = TimeUnit.MILLISECONDS.toNanos(10);
    private static final long MAX_SECONDS_TO_CLOSE = 2;

    private final DataSource dataSource;
    private final JdbcTemplate jdbc;
    private final NotifyChannel channel;
    private final String senderId;
    private final ScheduledThreadPoolExecutor thread =
            new ScheduledThreadPoolExecutor(1, NotificationSender::daemon, new DiscardPolicy());
    private final LogLimit toldAgain = new LogLimit();
    private final LogLimit notTold = new LogLimit();
    private final AtomicBoolean pending = new AtomicBoolean();
    private volatile long sentAt = System.nanoTime() - GAP_NANOS;
    private boolean failing;

    /** @param senderId what notifications carry, so that their sender can leave them out */
    NotificationSender(DataSource dataSource, NotifyChannel channel, String senderId) {
        this.dataSource = dataSource;
        this.jdbc = new JdbcTemplate(dataSource);
        this.channel = channel;
        this.senderId = senderId;
        thread.setKeepAliveTime(1, TimeUnit.SECONDS);
        thread.allowCoreThreadTimeOut(true);
    }

    /** Sends soon: at once if nothing was sent a moment ago. Hints until then are part of it. */
    void send() {
        if (pending.compareAndSet(false, true)) {
            var unused =
                    thread.schedule(this::sendPending, sentAt + GAP_NANOS - System.nanoTime(), TimeUnit.NANOSECONDS);
        }
    }

    /** Sends at once, in the thread of the caller. */
    void send(NotifyChannel to) {
        jdbc.query(NOTIFY, (RowCallbackHandler) nothingInIt -> {}, to.name(), senderId);
    }

    /** A hint that comes while this sends is not part of it any more. */
    private void sendPending() {
        pending.set(false);
        try {
            send(channel);
            if (failing) {
                toldAgain.log(more -> log.info("Other processes are told of due tasks again{}", more));
            }
            failing = false;
        } catch (RuntimeException e) {
            if (!failing && !Pools.isClosed(dataSource)) {
                notTold.log(more -> log.warn(
                        "Other processes cannot be told of due tasks, and find them by polling: {}{}",
                        NestedExceptionUtils.getMostSpecificCause(e).getMessage(),
                        more));
            }
            failing = true;
        } finally {
            sentAt = System.nanoTime();
        }
    }

    /** Sends what is pending. */
    @Override
    public void close() {
        thread.shutdown();
        try {
            if (!thread.awaitTermination(MAX_SECONDS_TO_CLOSE, TimeUnit.SECONDS)) {
                thread.shutdownNow();
            }
        } catch (InterruptedException e) {
            thread.shutdownNow();
            Thread.currentThread().interrupt();
        }
    }

    private static Thread daemon(Runnable work) {
        Thread thread = new Thread(null, work, "sayiir-wake-up-sender", 0, false);
        thread.setDaemon(true);
        return thread;
    }
}
