package dev.sayiir.postgres;

import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.WakeUpSource;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.util.backoff.BackOffExecution;
import org.springframework.util.backoff.ExponentialBackOff;

/** Hears other processes in a thread of its own, and connects again whenever the connection is lost. */
final class NotificationListener implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(NotificationListener.class);

    /** So long may closing take: the driver's wait for notifications cannot be interrupted. */
    private static final Duration TURN = Duration.ofMillis(200);

    private static final long MAX_MILLIS_TO_CLOSE = 5_000;

    private final ListenerSettings settings;
    private final Consumer<WakeUpSource> told;
    private final LogLimit heardAgain = new LogLimit();
    private final LogLimit notHeard = new LogLimit();
    private final CountDownLatch closing = new CountDownLatch(1);
    private volatile WakeUpState state = WakeUpState.OFF;
    private @Nullable Thread thread;
    private boolean proven;
    private boolean lost;

    NotificationListener(ListenerSettings settings, Consumer<WakeUpSource> told) {
        this.settings = settings;
        this.told = told;
        this.proven = settings.proof().isEmpty();
    }

    WakeUpState state() {
        return state;
    }

    /** Only the first time does anything; it does not wait for the connection. */
    synchronized void start() {
        if (thread == null && !isClosing()) {
            state = WakeUpState.CONNECTING;
            thread = new Thread(null, this::listen, "sayiir-wake-up-listener", 0, false);
            thread.setDaemon(true);
            thread.start();
        }
    }

    private void listen() {
        try {
            listenAgainAndAgain();
        } finally {
            state = state == WakeUpState.FALLEN_BACK ? state : WakeUpState.OFF;
        }
    }

    private void listenAgainAndAgain() {
        ExponentialBackOff backOff = new ExponentialBackOff(100, 2);
        backOff.setMaxInterval(30_000);
        backOff.setJitter(50);
        BackOffExecution attempts = backOff.start();
        while (!isClosing()
                && state != WakeUpState.FALLEN_BACK
                && !settings.isOver().getAsBoolean()) {
            try (ListenerConnection connection = ListenerConnection.open(settings.connections())) {
                Optional<String> obstacle = obstacle(connection);
                if (obstacle.isPresent()) {
                    log.warn("Workers are woken by polling alone. {}", obstacle.get());
                    state = WakeUpState.FALLEN_BACK;
                } else {
                    connection.listen(settings.channel());
                    connected();
                    attempts = backOff.start();
                    hear(connection);
                }
            } catch (SQLException | RuntimeException e) {
                disconnected(e);
                pause(attempts.nextBackOff());
            }
        }
    }

    /** Once it is known that notifications arrive, it is not asked again: then the server may just be slow. */
    private Optional<String> obstacle(ListenerConnection connection) throws SQLException {
        Optional<String> obstacle =
                proven ? Optional.empty() : settings.proof().orElseThrow().obstacle(connection);
        proven = obstacle.isEmpty();
        return obstacle;
    }

    private void connected() {
        state = WakeUpState.LISTENING;
        if (lost) {
            heardAgain.log(more -> log.info("Wake-ups of other processes are heard again{}", more));
        }
        lost = false;
        told.accept(WakeUpSource.RECONNECTED);
    }

    private void disconnected(Exception cause) {
        if (state == WakeUpState.FALLEN_BACK) {
            return; // that the connection could not be given back properly makes no difference
        }
        state = WakeUpState.CONNECTING;
        if (!lost && !isClosing() && !settings.isOver().getAsBoolean()) {
            notHeard.log(more -> log.warn(
                    "Wake-ups of other processes are not heard, and found by polling: {}{}", cause.getMessage(), more));
            lost = true;
        }
    }

    private void hear(ListenerConnection connection) throws SQLException {
        long heardAt = System.nanoTime();
        while (!isClosing()) {
            var senders = connection.await(TURN);
            if (senders.stream().anyMatch(sender -> !sender.equals(settings.senderId()))) {
                told.accept(WakeUpSource.NOTIFICATION);
            }
            if (!senders.isEmpty()) {
                heardAt = System.nanoTime();
            } else if (System.nanoTime() - heardAt > settings.silence().toNanos()) {
                connection.requireAlive();
                heardAt = System.nanoTime();
            }
        }
    }

    private boolean isClosing() {
        return closing.getCount() == 0;
    }

    private void pause(long millis) {
        try {
            closing.await(millis, TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            closing.countDown();
        }
    }

    /** Waits until the connection is given back; not for ever if it is just being opened, which then closes it itself. */
    @Override
    public void close() {
        closing.countDown();
        Thread running;
        synchronized (this) {
            running = thread;
        }
        if (running != null) {
            running.interrupt();
            try {
                running.join(MAX_MILLIS_TO_CLOSE);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }
}
