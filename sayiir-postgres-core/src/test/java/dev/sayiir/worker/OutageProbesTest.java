package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.testing.LogLines;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** When a store counts as away, and how it is asked whether it is back; the timer's tasks are run by the test. */
@Timeout(60)
class OutageProbesTest {

    private static final RuntimeException FAILURE = new IllegalStateException("connection refused");

    private final List<Long> waits = new ArrayList<>();
    private final Deque<Runnable> scheduled = new ArrayDeque<>();
    private final AtomicInteger probes = new AtomicInteger();
    private final AtomicInteger ends = new AtomicInteger();
    private volatile boolean away = true;

    private final ScheduledThreadPoolExecutor timer = new ScheduledThreadPoolExecutor(1) {
        @Override
        public ScheduledFuture<?> schedule(Runnable command, long delay, TimeUnit unit) {
            waits.add(unit.toMillis(delay));
            scheduled.add(command);
            return super.schedule(() -> {}, 0, unit);
        }
    };

    private final Outage outage = new Outage(this::probe, timer, ends::incrementAndGet);

    private void probe() {
        probes.incrementAndGet();
        if (away) {
            throw FAILURE;
        }
    }

    @AfterEach
    void stop() {
        timer.shutdownNow();
    }

    @Test
    void a_failure_while_the_store_answers_is_no_outage() throws Exception {
        away = false;

        assertThat(outage.isAway(FAILURE)).isFalse();
        assertThat(outage.isOn()).isFalse();
        assertThat(scheduled).isEmpty();
        outage.awaitEnd();
    }

    @Test
    void an_outage_is_logged_once_and_one_probe_at_a_time_asks_for_its_end() {
        try (LogLines log = LogLines.of("dev.sayiir.worker")) {
            assertThat(outage.isAway(FAILURE)).isTrue();
            assertThat(outage.isAway(FAILURE)).isTrue();

            assertThat(outage.isOn()).isTrue();
            assertThat(probes).hasValue(1);
            assertThat(scheduled).hasSize(1);
            assertThat(log.lines())
                    .filteredOn(line -> line.startsWith("WARN"))
                    .singleElement()
                    .asString()
                    .contains("cannot be used", "connection refused");
        }
    }

    @Test
    void it_is_asked_less_and_less_often_down_to_once_in_five_seconds() {
        assertThat(outage.isAway(FAILURE)).isTrue();
        for (int i = 0; i < 8; i++) {
            scheduled.remove().run();
        }

        assertThat(waits).containsExactly(100L, 200L, 400L, 800L, 1600L, 3200L, 5000L, 5000L, 5000L);
        assertThat(outage.isOn()).isTrue();
        assertThat(ends).hasValue(0);
    }

    private void awaitEnd() {
        try {
            outage.awaitEnd();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    @Test
    void its_end_is_logged_and_told_and_lets_everybody_go_on() throws Exception {
        try (LogLines log = LogLines.of("dev.sayiir.worker")) {
            assertThat(outage.isAway(FAILURE)).isTrue();
            Thread waiting = new Thread(this::awaitEnd);
            waiting.start();
            await().until(() -> waiting.getState() == Thread.State.WAITING);

            away = false;
            CompletableFuture.runAsync(scheduled.remove()).join();

            waiting.join();
            outage.awaitEnd();
            assertThat(outage.isAway(FAILURE)).isFalse();
            assertThat(outage.isOn()).isFalse();
            assertThat(ends).hasValue(1);
            assertThat(scheduled).isEmpty();
            assertThat(log.lines())
                    .filteredOn(line -> line.startsWith("INFO The store can be used again, after PT"))
                    .hasSize(1);
        }
    }

    @Test
    void nothing_is_scheduled_once_the_timer_has_stopped() {
        timer.shutdown();

        assertThat(outage.isAway(FAILURE)).isTrue();
        assertThat(scheduled).isEmpty();
    }
}
