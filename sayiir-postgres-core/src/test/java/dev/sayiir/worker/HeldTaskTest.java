package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.worker.HeldTask.Stop;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the worker knows of a task that it has; the handler's thread is the test's. */
class HeldTaskTest {

    private static final Instant NOW = Instant.parse("2023-11-14T22:13:20Z");
    private static final TaskClaim CLAIM = new TaskClaim(
            "order-1", "first", "v1", "w", 1, 1, 0, 0, Optional.empty(), NOW, NOW.plus(Duration.ofHours(1)));

    private final HeldTask task = new HeldTask(CLAIM);

    @AfterEach
    @SuppressWarnings("ThreadInterrupted")
    void takeBackInterrupts() {
        Thread.interrupted();
    }

    @Test
    void a_handler_is_stopped_once_by_an_interrupt() {
        task.begin();
        assertThat(task.isHandled()).isTrue();

        assertThat(task.stop(Stop.CANCELLED)).isTrue();
        assertThat(task.stop(Stop.TIMED_OUT)).isFalse();

        assertThat(Thread.currentThread().isInterrupted()).isTrue();
        assertThat(task.isHandled()).isFalse();
        assertThat(task.isStopped()).isTrue();
        assertThat(task.isStuck()).isTrue();
        assertThat(task.end()).contains(Stop.CANCELLED);
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(task.isStuck()).isFalse();
    }

    @Test
    void what_is_stopped_before_it_begins_is_interrupted_as_it_begins() {
        assertThat(task.stop(Stop.WORKER_STOPS)).isTrue();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
        assertThat(task.isStuck()).isFalse();

        task.begin();

        assertThat(Thread.currentThread().isInterrupted()).isTrue();
    }

    @Test
    void a_handler_that_is_back_cannot_be_stopped() {
        task.begin();
        assertThat(task.end()).isEmpty();

        assertThat(task.stop(Stop.CANCELLED)).isFalse();
        assertThat(task.isStopped()).isFalse();
        assertThat(task.isHandled()).isFalse();
        assertThat(Thread.currentThread().isInterrupted()).isFalse();
    }

    @Test
    void only_what_a_handler_is_still_doing_can_be_abandoned() {
        assertThat(task.abandon()).isFalse();
        assertThat(task.isAbandoned()).isFalse();

        task.begin();

        assertThat(task.abandon()).isTrue();
        assertThat(task.isAbandoned()).isTrue();
    }

    @Test
    void a_handler_that_goes_on_in_spite_of_its_interrupt_is_found_stuck_once() {
        assertThat(task.isFoundStuck()).isFalse();
        task.begin();
        assertThat(task.isFoundStuck()).isFalse();
        task.stop(Stop.TIMED_OUT);

        assertThat(task.isFoundStuck()).isTrue();
        assertThat(task.isFoundStuck()).isFalse();
        assertThat(task.isStuck()).isTrue();
    }

    @Test
    void R28_a_claim_is_renewed_until_it_is_lost_or_left_whatever_the_handler_does() {
        assertThat(task.isHeld()).isTrue();
        task.stop(Stop.CANCELLED);
        assertThat(task.isHeld()).isTrue();
        task.leave();
        assertThat(task.isHeld()).isFalse();

        HeldTask lost = new HeldTask(CLAIM);
        lost.stop(Stop.CLAIM_LOST);
        assertThat(lost.isHeld()).isFalse();
    }

    @Test
    void a_claim_counts_as_renewed_if_it_lasts_longer_than_before() {
        assertThat(task.isRenewed(CLAIM)).isFalse();
        assertThat(task.left()).isBetween(Duration.ofMinutes(50), Duration.ofHours(1));

        assertThat(task.isRenewed(CLAIM.until(NOW.plus(Duration.ofHours(2))))).isTrue();
        assertThat(task.isRenewed(CLAIM.until(NOW.plus(Duration.ofHours(2))))).isFalse();
        assertThat(task.left()).isBetween(Duration.ofMinutes(110), Duration.ofHours(2));
        assertThat(task.clock().now()).isBetween(NOW, NOW.plus(Duration.ofMinutes(10)));
    }

    @Test
    void it_is_called_by_its_task_and_its_instance() {
        assertThat(task).hasToString("task 'first' of instance 'order-1'");
        assertThat(task.isToBeGivenBack()).isFalse();
        task.giveBackLater();
        assertThat(task.isToBeGivenBack()).isTrue();
        assertThat(task.claim()).isEqualTo(CLAIM);
    }
}
