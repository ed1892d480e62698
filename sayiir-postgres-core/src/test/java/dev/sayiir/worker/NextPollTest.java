package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each wait here is of an hour, and over at once or soon for the one reason that the test is about. */
@Timeout(60)
class NextPollTest {

    private static final Duration HOUR = Duration.ofHours(1);

    private final NextPoll next = new NextPoll();

    private CompletableFuture<Void> waiting(boolean forSlot) {
        return CompletableFuture.runAsync(() -> {
            try {
                next.await(HOUR, forSlot);
            } catch (InterruptedException e) {
                throw new CompletionException(e);
            }
        });
    }

    @Test
    void a_hint_ends_a_wait_unless_a_poll_has_begun_since() throws Exception {
        next.hint();
        next.await(HOUR, false);

        next.hint();
        next.begins();
        CompletableFuture<Void> waiting = waiting(false);
        assertThat(waiting.isDone()).isFalse();
        next.hint();
        waiting.get();
    }

    @Test
    void a_free_slot_ends_a_wait_for_one_only() throws Exception {
        CompletableFuture<Void> waiting = waiting(true);
        next.slotFreed();
        waiting.get();

        next.slotFreed();
        CompletableFuture<Void> idle = waiting(false);
        assertThat(idle.isDone()).isFalse();
        next.stop();
        idle.get();
    }

    @Test
    void a_due_time_ends_a_wait_also_if_there_are_very_many_later_ones() throws Exception {
        for (int i = 0; i < 20_000; i++) {
            next.dueIn(HOUR.plusMillis(10L * i));
        }
        next.dueIn(Duration.ofMillis(1));
        next.await(HOUR, false);
    }

    @Test
    void what_is_due_already_is_a_hint_and_what_is_due_in_ages_is_left_to_the_interval() throws Exception {
        next.dueIn(Duration.ofSeconds(Long.MAX_VALUE));
        next.await(Duration.ofMillis(1), false);
        next.dueIn(Duration.ofSeconds(-1));
        next.await(HOUR, false);
    }

    @Test
    void a_stop_ends_a_wait() throws Exception {
        CompletableFuture<Void> waiting = CompletableFuture.runAsync(() -> {
            try {
                next.await(HOUR, false);
            } catch (InterruptedException e) {
                throw new CompletionException(e);
            }
        });
        next.slotFreed();
        next.stop();
        waiting.get(1, TimeUnit.MINUTES);
        assertThat(next.isStopping()).isTrue();
    }
}
