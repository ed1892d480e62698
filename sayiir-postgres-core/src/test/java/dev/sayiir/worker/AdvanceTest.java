package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sayiir.persistence.BranchStep;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.Completed;
import dev.sayiir.workflow.WorkflowState.Failed;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What an outcome does to a snapshot, without a worker or a store. */
class AdvanceTest {

    private static final Instant NOW = Instant.parse("2023-11-14T22:13:20Z");
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Payload OUT = Payload.utf8("out");
    private static final RetryPolicy TWICE = new RetryPolicy(2, Duration.ofSeconds(1), 1, Optional.empty());

    private final WorkflowSnapshot order =
            WorkflowSnapshot.start("order-1", "v1", Payload.utf8("in")).moveTo(new AtTask("first"));

    private static Advance advance(TaskOutcome outcome) {
        return advance(outcome, Optional.empty(), Optional.of(TWICE));
    }

    private static Advance advance(TaskOutcome outcome, Optional<BranchStep> branch, Optional<RetryPolicy> policy) {
        TaskClaim claim = new TaskClaim("order-1", "first", "v1", "worker-1", 1, 1, 0, 0, branch, NOW, NOW.plus(HOUR));
        return new Advance(claim, outcome, OUT, Map.of("a", Branch.of("pack")), policy, NOW);
    }

    private static String errorOf(WorkflowSnapshot snapshot) {
        return ((Failed) snapshot.state()).error();
    }

    @Test
    void a_task_that_follows_is_to_be_done_again_if_it_was_done_before() {
        WorkflowSnapshot next =
                advance(TaskOutcome.next("second", OUT)).apply(order.completeTask("second", Payload.empty()));

        assertThat(next.position()).contains(new AtTask("second"));
        assertThat(next.completedTasks().asMap()).isEqualTo(Map.of("first", OUT));
        assertThat(next.lastCompletedTaskId()).contains("first");
    }

    @Test
    void a_task_can_be_followed_by_itself_after_a_wait_only() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> advance(TaskOutcome.next("first", OUT)).apply(order))
                .withMessageContaining("cannot be followed at once by itself");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> advance(TaskOutcome.fork("first", OUT)).apply(order));
        assertThat(advance(TaskOutcome.delay(HOUR, "first", OUT)).apply(order).position())
                .contains(new AtDelay("delay:first", NOW, NOW.plus(HOUR), Optional.of("first")));
    }

    @Test
    void a_delay_begins_by_the_clock_of_the_store_and_anew_if_it_was_over_before() {
        WorkflowSnapshot delayed = advance(TaskOutcome.delayUntil(NOW.plusSeconds(5), "second", OUT))
                .apply(order.completeTask("delay:second", Payload.empty()));

        assertThat(delayed.position())
                .contains(new AtDelay("delay:second", NOW, NOW.plusSeconds(5), Optional.of("second")));
        assertThat(delayed.completedTasks().taskIds()).containsExactly("first");
    }

    @Test
    void a_wait_has_the_task_of_its_time_limit_in_its_id_and_begins_anew() {
        WorkflowSnapshot waiting = advance(
                        TaskOutcome.awaitEvent("paid", "second", OUT).orAfter(HOUR, "late"))
                .apply(order.completeTask("await:paid|late", Payload.empty()));

        assertThat(waiting.position())
                .contains(new AtSignal("await:paid|late", "paid", Optional.of(NOW.plus(HOUR)), Optional.of("second")));
        assertThat(waiting.completedTasks().taskIds()).containsExactly("first");
        assertThat(advance(TaskOutcome.awaitEvent("paid", "second", OUT))
                        .apply(order)
                        .position())
                .contains(new AtSignal("await:paid", "paid", Optional.empty(), Optional.of("second")));
    }

    @Test
    void a_fork_begins_its_branches_after_the_task() {
        WorkflowSnapshot forked = advance(TaskOutcome.fork("join", OUT)).apply(order);

        assertThat(forked.fork()).hasValueSatisfying(fork -> {
            assertThat(fork.forkId()).isEqualTo("join");
            assertThat(fork.branches()).isEqualTo(Map.of("a", Branch.of("pack")));
            assertThat(fork.afterTaskId()).contains("first");
        });
    }

    @Test
    void a_workflow_ends_with_the_output_or_with_an_error_that_can_be_stored() {
        assertThat(advance(TaskOutcome.complete(OUT)).apply(order).state()).isEqualTo(new Completed(OUT));
        assertThat(errorOf(advance(TaskOutcome.fail("no\0stock")).apply(order))).isEqualTo("no\ufffdstock");
    }

    @Test
    void a_failed_task_is_tried_again_and_counts_how_often_it_failed() {
        Advance failed = advance(TaskOutcome.retry("declined\0", HOUR));

        WorkflowSnapshot once = failed.apply(order);
        assertThat(once.taskRetries())
                .isEqualTo(Map.of(
                        "first", new TaskRetry(1, TWICE, "declined\ufffd", Optional.of("worker-1"), NOW.plus(HOUR))));
        assertThat(once.updatedAt()).isEqualTo(NOW);
        assertThat(failed.apply(once).taskRetries().get("first").attempts()).isEqualTo(2);
    }

    @Test
    void what_comes_out_does_not_undo_a_pause_and_an_end_is_an_end() {
        WorkflowSnapshot paused = order.pause(Optional.of("lunch"), Optional.of("ann"), NOW);

        WorkflowSnapshot next = advance(TaskOutcome.next("second", OUT)).apply(paused);
        assertThat(next.status()).isEqualTo(WorkflowStatus.PAUSED);
        assertThat(next.position()).contains(new AtTask("second"));
        assertThat(next.state())
                .isEqualTo(order.completeTask("first", OUT)
                        .moveTo(new AtTask("second"))
                        .pause(Optional.of("lunch"), Optional.of("ann"), NOW)
                        .state());
        assertThat(advance(TaskOutcome.complete(OUT)).apply(paused).status()).isEqualTo(WorkflowStatus.COMPLETED);
    }

    @Test
    void of_a_branch_it_is_the_failure_that_concerns_the_instance() {
        Optional<BranchStep> branch = Optional.of(new BranchStep("a", Optional.empty()));

        assertThat(errorOf(advance(TaskOutcome.fail("no stock"), branch, Optional.empty())
                        .apply(order)))
                .isEqualTo("no stock");
    }

    @Test
    void a_delay_that_is_over_hands_its_input_on() {
        WorkflowSnapshot done = order.completeTask("first", OUT);
        AtDelay delay = new AtDelay("delay:second", NOW, NOW, Optional.of("second"));

        WorkflowSnapshot over = Advance.timePassed(done.moveTo(delay), delay);
        assertThat(over.position()).contains(new AtTask("second"));
        assertThat(over.completedTasks().output("delay:second")).contains(OUT);
        AtDelay last = new AtDelay("delay:end", NOW, NOW, Optional.empty());
        assertThat(Advance.timePassed(done.moveTo(last), last).state()).isEqualTo(new Completed(OUT));
    }

    @Test
    void a_wait_whose_time_is_up_goes_on_with_the_task_that_its_id_names_or_fails() {
        WorkflowSnapshot done = order.completeTask("first", OUT);
        AtSignal named = new AtSignal("await:paid|late", "paid", Optional.of(NOW), Optional.of("second"));
        AtSignal unnamed = new AtSignal("await:paid", "paid", Optional.of(NOW), Optional.of("second"));

        WorkflowSnapshot late = Advance.timePassed(done.moveTo(named), named);
        assertThat(late.position()).contains(new AtTask("late"));
        assertThat(late.completedTasks().output("await:paid|late")).contains(OUT);
        assertThat(errorOf(Advance.timePassed(done.moveTo(unnamed), unnamed)))
                .isEqualTo("No event 'paid' came within the time limit of 'await:paid'");
    }
}
