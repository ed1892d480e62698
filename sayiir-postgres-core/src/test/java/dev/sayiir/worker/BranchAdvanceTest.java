package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.BranchStep;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What an outcome does to a branch, without a worker or a store. */
class BranchAdvanceTest {

    private static final Instant NOW = Instant.parse("2023-11-14T22:13:20Z");
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration SHORTEST = Duration.ofMillis(1);
    private static final Payload OUT = Payload.utf8("out");
    private static final RetryPolicy TWICE = new RetryPolicy(2, Duration.ofSeconds(1), 3, Optional.empty());

    private static Advance advance(TaskOutcome outcome) {
        Optional<BranchStep> branch = Optional.of(new BranchStep("a", Optional.empty()));
        TaskClaim claim = new TaskClaim("order-1", "pack", "v1", "worker-1", 1, 1, 0, 0, branch, NOW, NOW.plus(HOUR));
        return new Advance(claim, outcome, OUT, Map.of(), Optional.of(TWICE), NOW);
    }

    private static Optional<BranchOutcome> of(TaskOutcome outcome) {
        return BranchAdvance.of(advance(outcome));
    }

    private static BranchOutcome next(Optional<Duration> delay) {
        return new BranchOutcome.Next(OUT, "label", delay);
    }

    @Test
    void a_branch_ends_or_goes_on_with_another_task() {
        assertThat(of(TaskOutcome.complete(OUT))).contains(new BranchOutcome.Done(OUT));
        assertThat(of(TaskOutcome.next("label", OUT))).contains(next(Optional.empty()));
        assertThat(of(TaskOutcome.delay(HOUR, "label", OUT))).contains(next(Optional.of(HOUR)));
        assertThat(of(TaskOutcome.delayUntil(NOW.plus(HOUR), "label", OUT))).contains(next(Optional.of(HOUR)));
        assertThatIllegalArgumentException().isThrownBy(() -> of(TaskOutcome.next("pack", OUT)));
    }

    @Test
    void a_delay_of_less_than_a_millisecond_or_that_has_passed_is_none() {
        assertThat(of(TaskOutcome.delay(SHORTEST, "label", OUT))).contains(next(Optional.of(SHORTEST)));
        assertThat(of(TaskOutcome.delay(SHORTEST.minusNanos(1), "label", OUT))).contains(next(Optional.empty()));
        assertThat(of(TaskOutcome.delayUntil(Instant.EPOCH, "label", OUT))).contains(next(Optional.empty()));
    }

    @Test
    void a_failed_task_is_tried_again_after_a_millisecond_at_least() {
        assertThat(of(TaskOutcome.retry("declined\0", HOUR))).contains(new BranchOutcome.Retry("declined\ufffd", HOUR));
        assertThat(of(TaskOutcome.retry("declined", Duration.ZERO)))
                .contains(new BranchOutcome.Retry("declined", SHORTEST));
    }

    @Test
    void a_failure_for_good_is_the_workflow_s() {
        assertThat(of(TaskOutcome.fail("no stock"))).isEmpty();
    }

    @Test
    void a_branch_can_neither_wait_for_an_event_nor_fork() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> of(TaskOutcome.awaitEvent("paid", "label", OUT)))
                .withMessageContaining("Task 'pack' is part of a branch");
        assertThatIllegalArgumentException().isThrownBy(() -> of(TaskOutcome.fork("label", OUT)));
    }
}
