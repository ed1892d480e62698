package dev.sayiir.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Test;

class WakeUpSubscriptionsTest {

    @Test
    void R21_a_listener_that_is_stuck_holds_nobody_up_and_wake_ups_do_not_pile_up() throws InterruptedException {
        CountDownLatch stuck = new CountDownLatch(1);
        CountDownLatch toGoOn = new CountDownLatch(1);
        AtomicInteger told = new AtomicInteger();
        try (WakeUpSubscriptions subscriptions = new WakeUpSubscriptions()) {
            subscriptions.onWakeUp(source -> {
                stuck.countDown();
                awaitUnchecked(toGoOn);
                told.incrementAndGet();
            });
            subscriptions.tell(WakeUpSource.LOCAL);
            stuck.await();

            for (int i = 0; i < 5_000; i++) {
                subscriptions.tell(WakeUpSource.LOCAL);
            }

            assertThat(told).hasValue(0);
            toGoOn.countDown();
        }
        await().until(() -> told.get() == 1 + 1_000);
    }

    @Test
    void R25_a_listener_that_always_fails_is_logged_a_few_times() {
        Logger logger = Logger.getLogger(WakeUpSubscriptions.class.getName());
        List<LogRecord> lines = new CopyOnWriteArrayList<>();
        Handler handler = new Handler() {
            @Override
            public void publish(LogRecord line) {
                lines.add(line);
            }

            @Override
            public void flush() {}

            @Override
            public void close() {}
        };
        logger.addHandler(handler);
        AtomicInteger told = new AtomicInteger();
        try (WakeUpSubscriptions subscriptions = new WakeUpSubscriptions()) {
            subscriptions.onWakeUp(source -> {
                told.incrementAndGet();
                throw new IllegalStateException("broken");
            });
            for (int i = 0; i < 500; i++) {
                subscriptions.tell(WakeUpSource.LOCAL);
            }
            await().until(() -> told.get() == 500);
        } finally {
            logger.removeHandler(handler);
        }
        assertThat(lines).hasSize(LogLimit.LINES);
    }

    private static void awaitUnchecked(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
