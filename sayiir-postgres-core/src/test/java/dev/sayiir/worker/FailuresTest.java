package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BranchStep;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.testing.LogLines;
import dev.sayiir.worker.FailurePolicy.OnExhausted;
import dev.sayiir.worker.TaskOutcome.Fail;
import dev.sayiir.worker.TaskOutcome.Next;
import dev.sayiir.worker.TaskOutcome.Retry;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** What becomes of a task that has failed, without a worker or a store. */
class FailuresTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Payload IN = Payload.utf8("\"in\"");
    private static final RetryPolicy TWICE = new RetryPolicy(2, Duration.ofSeconds(1), 3, Optional.empty());

    private static FunctionHandler<String> handler() {
        return TaskHandler.of("first", String.class, (in, task) -> TaskOutcome.complete(in));
    }

    private static ClaimedTask task(long failures) {
        WorkflowSnapshot order = WorkflowSnapshot.start("order-1", "v1", IN).moveTo(new AtTask("first"));
        if (failures > 0) {
            TaskRetry retry = new TaskRetry(failures, TWICE, "declined", Optional.empty(), Instant.EPOCH);
            order = order.toBuilder().taskRetry("first", retry).build();
        }
        return new ClaimedTask(claim(0, Optional.empty()), order);
    }

    private static TaskClaim claim(long failures, Optional<BranchStep> branch) {
        return new TaskClaim(
                "order-1", "first", "v1", "w", 1, 1, failures, 9, branch, Instant.EPOCH, Instant.EPOCH.plus(HOUR));
    }

    private static Failures failures(TaskHandler<?> handler) {
        return new Failures(
                new Handlers(List.of(handler), FailurePolicy.DEFAULT), new JsonPayloads(JsonMapper::shared));
    }

    private static TaskOutcome thrown(ClaimedTask task, TaskHandler<?> handler, Throwable failure) {
        return outcome(failures(handler).thrown(task, handler, new HeldTask(task.claim()), failure));
    }

    private static TaskOutcome outcome(Ending ending) {
        return ((Advance) ending).outcome();
    }

    private static TaskOutcome retry(ClaimedTask task, TaskHandler<?> handler, TaskOutcome asked) {
        return outcome(failures(handler).retry(task, handler, new HeldTask(task.claim()), (Retry) asked));
    }

    @Test
    void without_retries_the_workflow_fails() {
        assertThat(thrown(task(0), handler(), new IOException("down")))
                .isEqualTo(new Fail("Task 'first' failed: java.io.IOException: down"));
    }

    @Test
    void it_is_tried_again_until_its_retries_are_used_up_whatever_else_befell_it() {
        TaskHandler<?> handler = handler().retries(TWICE);

        assertThat(waitOf(thrown(task(0), handler, new IOException("down"))))
                .isBetween(Duration.ofMillis(500), Duration.ofSeconds(1));
        assertThat(waitOf(thrown(task(1), handler, new IOException("down"))))
                .isBetween(Duration.ofMillis(1500), Duration.ofSeconds(3));
        assertThat(thrown(task(2), handler, new IOException("down")))
                .isEqualTo(new Fail("Task 'first' failed 3 times, which is all it may; the last time: Task 'first'"
                        + " failed: java.io.IOException: down"));
    }

    private static Duration waitOf(TaskOutcome outcome) {
        return ((Retry) outcome).after().orElseThrow();
    }

    @Test
    void of_a_branch_the_claim_says_how_often_it_failed() {
        TaskHandler<?> handler = handler().retries(TWICE);
        Optional<BranchStep> branch = Optional.of(new BranchStep("a", Optional.empty()));
        WorkflowSnapshot order = task(0).snapshot();

        assertThat(thrown(new ClaimedTask(claim(1, branch), order), handler, new IOException("down")))
                .isInstanceOf(Retry.class);
        assertThat(thrown(new ClaimedTask(claim(2, branch), order), handler, new IOException("down")))
                .isInstanceOf(Fail.class);
    }

    @Test
    void a_handler_that_asks_for_another_try_gets_it_without_a_policy_too() {
        assertThat(retry(task(0), handler(), TaskOutcome.retry("declined", HOUR)))
                .isEqualTo(TaskOutcome.retry("declined", HOUR));
        assertThat(waitOf(retry(task(0), handler(), TaskOutcome.retry("declined"))))
                .isBetween(Duration.ofMillis(500), Duration.ofSeconds(1));
        assertThat(retry(task(2), handler().retries(TWICE), TaskOutcome.retry("declined")))
                .isEqualTo(new Fail("Task 'first' failed 3 times, which is all it may; the last time: declined"));
    }

    @Test
    void it_is_tried_again_after_failures_of_some_types_only() {
        FailurePolicy some = FailurePolicy.DEFAULT
                .retryFor(Set.of(IOException.class))
                .noRetryFor(Set.of(FileNotFoundException.class));
        TaskHandler<?> handler = handler().retries(TWICE).failures(some);

        assertThat(thrown(task(0), handler, new IOException())).isInstanceOf(Retry.class);
        assertThat(thrown(task(0), handler, new UncheckedIOException(new IOException())))
                .isInstanceOf(Retry.class);
        assertThat(thrown(task(1), handler, new IllegalStateException("no")))
                .isEqualTo(new Fail("Task 'first' failed: java.lang.IllegalStateException: no"));
        assertThat(thrown(task(0), handler, new FileNotFoundException())).isInstanceOf(Fail.class);
        assertThat(thrown(task(0), handler, new IOException(new FileNotFoundException())))
                .isInstanceOf(Fail.class);
    }

    @Test
    void failures_that_cause_each_other_or_cannot_say_so_are_failures() {
        IOException one = new IOException();
        one.initCause(new IllegalStateException(one));
        IOException mute = new IOException() {
            private static final long serialVersionUID = 1L;

            @Override
            public synchronized Throwable getCause() {
                throw new IllegalStateException("not even that");
            }
        };
        TaskHandler<?> handler =
                handler().retries(TWICE).failures(FailurePolicy.DEFAULT.retryFor(Set.of(IOException.class)));

        assertThat(thrown(task(0), handler, one)).isInstanceOf(Retry.class);
        assertThat(thrown(task(0), handler, mute)).isInstanceOf(Retry.class);
    }

    @Test
    void another_task_follows_with_the_same_input_if_the_policy_says_so() {
        TaskHandler<?> handler = handler().failures(FailurePolicy.DEFAULT.orElse("refund"));
        ClaimedTask task = task(0);

        Advance advance =
                (Advance) failures(handler).thrown(task, handler, new HeldTask(task.claim()), new IOException());

        assertThat(advance.outcome()).isEqualTo(new Next("refund", IN));
        assertThat(advance.output()).isEqualTo(IN);
    }

    @Test
    void it_is_blocked_if_the_policy_says_so() {
        TaskHandler<?> handler =
                handler().retries(TWICE).failures(FailurePolicy.DEFAULT.onExhausted(OnExhausted.BLOCK));
        ClaimedTask task = task(2);

        assertThat(failures(handler).thrown(task, handler, new HeldTask(task.claim()), new IOException("down")))
                .isEqualTo(new Refusal(
                        BlockReason.FAILURES,
                        "Task 'first' failed 3 times, which is all it may; the last time: Task 'first' failed:"
                                + " java.io.IOException: down",
                        false));
    }

    @Test
    void a_policy_says_one_thing_that_becomes_of_a_task() {
        FailurePolicy policy =
                FailurePolicy.DEFAULT.onExhausted(OnExhausted.BLOCK).orElse("refund");

        assertThat(policy.onExhausted()).isEqualTo(OnExhausted.FAIL);
        assertThat(policy.onExhausted(OnExhausted.BLOCK).orElse()).isEmpty();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new FailurePolicy(Set.of(), Set.of(), OnExhausted.BLOCK, Optional.of("refund"), 5))
                .withMessageContaining("choose one of both");
        assertThatIllegalArgumentException().isThrownBy(() -> FailurePolicy.DEFAULT.crashLimit(0));
        assertThatIllegalArgumentException().isThrownBy(() -> FailurePolicy.DEFAULT.orElse(""));
    }

    @Test
    void too_long_is_a_timeout() {
        FailurePolicy none = FailurePolicy.DEFAULT.noRetryFor(Set.of(TimeoutException.class));
        FunctionHandler<String> handler = handler().timeout(HOUR).retries(TWICE);
        ClaimedTask task = task(0);
        HeldTask held = new HeldTask(task.claim());

        assertThat(outcome(failures(handler).timedOut(task, handler, held))).isInstanceOf(Retry.class);
        assertThat(outcome(failures(handler).timedOut(task, handler.failures(none), held)))
                .isEqualTo(new Fail("Task 'first' took longer than PT1H"));
    }

    @Test
    void the_log_says_what_comes_next_in_a_line_each() {
        TaskHandler<?> handler = handler().retries(TWICE);
        try (LogLines log = LogLines.of("dev.sayiir.worker")) {
            retry(task(0), handler, TaskOutcome.retry("declined", Duration.ofMillis(1_230)));
            thrown(task(2), handler, new IOException("down\n  for long"));
            thrown(task(1), handler(), new IOException("down"));
            thrown(task(0), handler().failures(FailurePolicy.DEFAULT.orElse("refund")), new IOException("down"));

            assertThat(log.lines())
                    .containsExactly(
                            "WARN task 'first' of instance 'order-1' failed, attempt 1 of 3, again in 1.2 s: declined",
                            "ERROR task 'first' of instance 'order-1' failed, attempt 3 of 3, and its workflow fails:"
                                    + " java.io.IOException: down for long",
                            "ERROR task 'first' of instance 'order-1' failed, attempt 2, and its workflow fails:"
                                    + " java.io.IOException: down",
                            "ERROR task 'first' of instance 'order-1' failed, attempt 1, and task 'refund' follows:"
                                    + " java.io.IOException: down");
        }
    }

    @Test
    void the_stack_trace_is_logged_once_for_each_kind_of_failure() {
        TaskHandler<?> handler = handler().retries(TWICE);
        Failures failures = failures(handler);
        ClaimedTask task = task(0);
        try (LogLines log = LogLines.of("dev.sayiir.worker")) {
            for (int i = 0; i < 3; i++) {
                failures.thrown(task, handler, new HeldTask(task.claim()), new IOException("down " + i));
            }
            failures.thrown(task, handler, new HeldTask(task.claim()), new IllegalStateException("odd"));

            assertThat(log.withTrace()).hasSize(2);
            assertThat(log.withTrace().get(0)).contains("down 0");
            assertThat(log.withTrace().get(1)).contains("odd");
            assertThat(log.lines()).hasSize(4).allMatch(line -> line.startsWith("WARN "));
        }
    }
}
