package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What becomes of tasks whose handlers do not do what they should. */
class FailureTest extends WorkerContractTest {

    @Test
    void a_failure_without_a_policy_fails_the_workflow() {
        AtomicInteger tries = new AtomicInteger();
        start(task("first", (in, task) -> {
            tries.incrementAndGet();
            throw new IllegalStateException("no stock");
        }));
        begin("order-1");

        assertThat(errorOf("order-1")).isEqualTo("Task 'first' failed: java.lang.IllegalStateException: no stock");
        assertThat(tries).hasValue(1);
    }

    @Test
    void a_failure_of_a_type_that_is_not_retried_fails_the_workflow_at_once() {
        AtomicInteger tries = new AtomicInteger();
        start(task("first", (in, task) -> {
                    tries.incrementAndGet();
                    throw new IllegalStateException("no stock");
                })
                .retries(THRICE)
                .failures(FailurePolicy.DEFAULT.retryFor(Set.of(IOException.class))));
        begin("order-1");

        assertThat(errorOf("order-1")).isEqualTo("Task 'first' failed: java.lang.IllegalStateException: no stock");
        assertThat(tries).hasValue(1);
    }

    @Test
    void another_task_follows_with_the_same_input_as_often_as_it_fails() {
        start(
                task("first", (in, task) -> {
                            throw new IllegalStateException("declined " + in);
                        })
                        .failures(FailurePolicy.DEFAULT.orElse("ask")),
                task(
                        "ask",
                        (in, task) ->
                                in.length() < 8 ? TaskOutcome.next("first", in + " more") : TaskOutcome.complete(in)));
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("\"in more more\"");
    }

    @Test
    void another_task_follows_in_a_branch_and_after_a_join_that_fails() {
        FailurePolicy policy = FailurePolicy.DEFAULT.orElse("instead");
        start(worker(
                        task("first", (in, task) -> TaskOutcome.fork("join", in).branch("a", "pack")),
                        task("pack", (in, task) -> {
                            throw new IllegalStateException("no paper");
                        }),
                        TaskHandler.of("join", Payload.class, (in, task) -> {
                            throw new IllegalStateException(in.asUtf8());
                        }),
                        TaskHandler.of("instead", Payload.class, (in, task) -> TaskOutcome.complete(in))
                                .failures(FailurePolicy.DEFAULT))
                .failurePolicy(policy));
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("{\"a\":\"in\"}");
    }

    @Test
    void a_task_cannot_follow_its_own_failure() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> worker(task("first", (in, task) -> TaskOutcome.complete(in)))
                        .failurePolicy(FailurePolicy.DEFAULT.orElse("first"))
                        .build())
                .withMessageContaining("Task 'first' cannot be followed by itself when it has failed");
    }

    @Test
    void an_error_is_a_failure_like_any_other_and_the_worker_goes_on() {
        start(worker(task("first", (in, task) -> {
                    if (task.instanceId().equals("order-1")) {
                        throw new StackOverflowError();
                    }
                    return TaskOutcome.complete("done");
                }))
                .concurrency(1));
        begin("order-1");
        assertThat(errorOf("order-1")).isEqualTo("Task 'first' failed: java.lang.StackOverflowError");

        begin("order-2");
        assertThat(resultOf("order-2")).isEqualTo("\"done\"");
    }

    @Test
    void a_handler_that_returns_nothing_has_failed() {
        start(task("first", (in, task) -> null));
        begin("order-1");

        assertThat(errorOf("order-1")).contains("The handler returned null");
    }

    @Test
    void a_handler_that_interrupts_itself_has_its_outcome_stored_all_the_same() {
        start(worker(task("first", (in, task) -> {
                    Thread.currentThread().interrupt();
                    return TaskOutcome.complete("done");
                }))
                .concurrency(1));
        begin("order-1");
        begin("order-2");

        assertThat(resultOf("order-1")).isEqualTo("\"done\"");
        assertThat(resultOf("order-2")).isEqualTo("\"done\"");
    }

    @Test
    void a_task_cannot_be_followed_by_itself() {
        start(task("first", (in, task) -> TaskOutcome.next("first", "again")));
        begin("order-1");

        assertThat(errorOf("order-1")).contains("Task 'first' cannot be followed at once by itself; return a delay");
    }

    @Test
    void an_error_text_that_the_store_could_not_hold_is_made_one_that_it_can() {
        start(task("first", (in, task) -> {
            throw new IllegalStateException("nul \0, half \ud83d" + "x".repeat(10_000));
        }));
        begin("order-1");

        assertThat(errorOf("order-1"))
                .contains("nul \ufffd, half ?x")
                .endsWith("…")
                .hasSizeLessThan(3_000);
    }

    @Test
    void a_task_that_takes_too_long_is_interrupted_and_has_failed_whatever_it_returns() {
        AtomicBoolean interrupted = new AtomicBoolean();
        start(task("first", (in, task) -> {
                    try {
                        new CountDownLatch(1).await();
                    } catch (InterruptedException e) {
                        interrupted.set(true);
                    }
                    return TaskOutcome.complete("too late");
                })
                .timeout(SOON));
        begin("order-1");

        assertThat(errorOf("order-1")).isEqualTo("Task 'first' took longer than PT0.02S");
        assertThat(interrupted).isTrue();
    }

    @Test
    void a_task_that_took_too_long_is_tried_again_if_its_policy_says_so() {
        start(task("first", (in, task) -> {
                    if (task.attempt() == 1) {
                        new CountDownLatch(1).await();
                    }
                    return TaskOutcome.complete("at attempt " + task.attempt());
                })
                .timeout(Duration.ofMillis(200))
                .retries(THRICE));
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("\"at attempt 2\"");
    }

    @Test
    void a_handler_that_ignores_its_interrupt_keeps_its_slot_but_not_its_task() {
        CountDownLatch letGo = new CountDownLatch(1);
        start(worker(task("first", (in, task) -> {
                            waitWhateverComes(letGo);
                            return TaskOutcome.complete("much too late");
                        })
                        .timeout(SOON))
                .concurrency(1));
        begin("order-1");
        assertThat(errorOf("order-1")).isEqualTo("Task 'first' took longer than PT0.02S");

        begin("order-2");
        assertThat(claims.findAvailableTasks(ClaimQuery.of("w", 1, HOUR))).hasSize(1);
        letGo.countDown();
        assertThat(resultOf("order-2")).isEqualTo("\"much too late\"");
        assertThat(workflows.status("order-1")).isEqualTo(WorkflowStatus.FAILED);
    }

    @Test
    void a_handler_that_blocks_for_ever_without_a_time_limit_keeps_its_task_until_it_is_cancelled() {
        CountDownLatch begun = new CountDownLatch(1);
        start(worker(task("first", (in, task) -> {
                    begun.countDown();
                    new CountDownLatch(1).await();
                    return TaskOutcome.complete("never");
                }))
                .claims(Duration.ofMillis(500), SOON));
        begin("order-1");
        await().until(() -> begun.getCount() == 0);

        signals.storeSignal("order-1", SignalKind.CANCEL, REQUEST);

        awaitStatus("order-1", WorkflowStatus.CANCELLED);
    }

    @Test
    void tasks_without_a_handler_are_left_for_a_worker_that_has_one() {
        start(task("first", (in, task) -> TaskOutcome.next("second", in + " 1")));
        begin("order-1");
        await().until(() ->
                snapshots.loadSnapshot("order-1").position().orElseThrow().equals(new AtTask("second")));

        start(task("second", (in, task) -> TaskOutcome.complete(in + " 2")));

        assertThat(resultOf("order-1")).isEqualTo("\"in 1 2\"");
    }

    @Test
    void instances_of_other_workflows_are_left_alone() {
        start(task("first", (in, task) -> TaskOutcome.complete("done")));
        workflows.start(new Workflow("billing-v1", "first"), "bill-1", "in");
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("\"done\"");
        assertThat(claims.findAvailableTasks(ClaimQuery.of("w", 1, HOUR)))
                .singleElement()
                .satisfies(task -> assertThat(task.instanceId()).isEqualTo("bill-1"));
    }

    /** Ignores interrupts. */
    static void waitWhateverComes(CountDownLatch latch) {
        while (latch.getCount() > 0) {
            try {
                latch.await();
            } catch (InterruptedException ignored) {
                // goes on, as some libraries do
            }
        }
    }
}
