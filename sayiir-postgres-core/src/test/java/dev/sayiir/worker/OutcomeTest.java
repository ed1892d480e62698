package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.EventOutcome;
import dev.sayiir.persistence.HistoryEntry;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** What a handler can say, and what becomes of it. */
class OutcomeTest extends WorkerContractTest {

    record Order(String sku, int pieces) {}

    record Reservation(Order order, String shelf) {}

    private static final class Reserve implements TaskHandler<Order> {
        @Override
        public String taskId() {
            return "first";
        }

        @Override
        public TaskOutcome handle(Order order, TaskContext task) {
            return TaskOutcome.next("charge", new Reservation(order, "shelf 7"));
        }
    }

    @Test
    void each_task_is_given_what_the_one_before_gave_back_and_the_last_gives_the_result() {
        start(
                new Reserve(),
                TaskHandler.of(
                        "charge",
                        Reservation.class,
                        (reservation, task) ->
                                TaskOutcome.next("ship", reservation.order().pieces() + " x " + reservation.shelf())),
                task("ship", (what, task) -> TaskOutcome.complete(new Order(what, 1))));

        workflows.start(WORKFLOW, "order-1", new Order("tea", 2));

        awaitStatus("order-1", dev.sayiir.workflow.WorkflowStatus.COMPLETED);
        assertThat(workflows.result("order-1", Order.class)).contains(new Order("2 x shelf 7", 1));
    }

    @Test
    void bytes_are_passed_on_as_they_are() {
        start(TaskHandler.of(
                "first", Payload.class, (bytes, task) -> TaskOutcome.complete(Payload.utf8(bytes.asUtf8() + "}"))));

        workflows.start(WORKFLOW, "order-1", Payload.utf8("{no JSON"));

        assertThat(resultOf("order-1")).isEqualTo("{no JSON}");
    }

    @Test
    void a_handler_knows_about_its_task() {
        AtomicReference<List<Object>> seen = new AtomicReference<>();
        AtomicReference<Duration> left = new AtomicReference<>();
        start(
                task("first", (in, task) -> TaskOutcome.next("second", "out")),
                task("second", (in, task) -> {
                            seen.set(List.of(
                                    task.instanceId(),
                                    task.workflow(),
                                    task.taskId(),
                                    task.attempt(),
                                    task.traceParent().orElseThrow(),
                                    task.result("first", String.class).orElseThrow(),
                                    task.result("third", String.class),
                                    task.workflowInput(String.class)));
                            left.set(Duration.between(
                                    snapshots.loadSnapshot(task.instanceId()).updatedAt(),
                                    task.deadline().orElseThrow()));
                            assertThat(task.claimToken()).isPositive();
                            return TaskOutcome.complete("done");
                        })
                        .timeout(HOUR));

        workflows.start(
                WORKFLOW,
                "order-1",
                "in",
                instance -> instance.taskPriority(TaskPriority.HIGH)
                        .traceParent(Optional.of("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")));

        assertThat(resultOf("order-1")).isEqualTo("\"done\"");
        assertThat(seen.get())
                .containsExactly(
                        "order-1",
                        "fulfilment-v1",
                        "second",
                        1,
                        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                        "out",
                        Optional.empty(),
                        "in");
    }

    @Test
    void a_handler_can_fail_the_workflow_at_once() {
        AtomicInteger tries = new AtomicInteger();
        start(task("first", (in, task) -> {
                    tries.incrementAndGet();
                    return TaskOutcome.fail("out of stock");
                })
                .retries(THRICE));
        begin("order-1");

        assertThat(errorOf("order-1")).isEqualTo("out of stock");
        assertThat(tries).hasValue(1);
    }

    @Test
    void a_failed_task_is_tried_again_as_often_as_its_policy_says() {
        AtomicInteger tries = new AtomicInteger();
        start(task("first", (in, task) -> {
                    throw new IllegalStateException("card declined, try " + tries.incrementAndGet());
                })
                .retries(THRICE));
        begin("order-1");

        assertThat(errorOf("order-1"))
                .isEqualTo("Task 'first' failed 4 times, which is all it may; the last time: Task 'first' failed: "
                        + "java.lang.IllegalStateException: card declined, try 4");
        assertThat(tries).hasValue(4);
    }

    @Test
    void a_task_that_succeeds_at_last_goes_on_without_a_trace_of_its_retries() {
        start(
                task("first", (in, task) -> {
                            if (task.attempt() < 3) {
                                throw new IllegalStateException("not yet");
                            }
                            return TaskOutcome.next("second", "at attempt " + task.attempt());
                        })
                        .retries(THRICE),
                task("second", (in, task) -> TaskOutcome.complete(in)));
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("\"at attempt 3\"");
        assertThat(snapshots.loadSnapshot("order-1").taskRetries()).isEmpty();
    }

    @Test
    void the_reference_retries_once_with_a_policy_of_none_but_here_none_means_none() {
        AtomicInteger tries = new AtomicInteger();
        start(task("first", (in, task) -> {
                    throw new IllegalStateException("try " + tries.incrementAndGet());
                })
                .retries(new RetryPolicy(0, Duration.ZERO, 1, Optional.empty())));
        begin("order-1");

        assertThat(errorOf("order-1")).contains("failed 1 times");
        assertThat(tries).hasValue(1);
    }

    @Test
    void R5_a_retry_is_due_by_the_clock_of_the_store_and_remembers_why() {
        start(task("first", (in, task) -> TaskOutcome.retry("carrier is closed", HOUR)));
        Instant before = storeNow();
        begin("order-1");

        TaskRetry retry = await().until(
                        () -> Optional.ofNullable(
                                snapshots.loadSnapshot("order-1").taskRetries().get("first")),
                        Optional::isPresent)
                .orElseThrow();
        assertThat(retry.attempts()).isEqualTo(1);
        assertThat(retry.lastError()).isEqualTo("carrier is closed");
        assertThat(retry.lastFailedWorker()).isPresent();
        assertThat(retry.nextRetryAt()).isBetween(before.plus(HOUR), storeNow().plus(HOUR));
    }

    @Test
    void a_handler_without_a_policy_may_ask_for_retries_as_often_as_it_likes() {
        start(task(
                "first",
                (in, task) -> task.attempt() <= 5
                        ? TaskOutcome.retry("not yet", Duration.ZERO)
                        : TaskOutcome.complete(task.attempt())));
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("6");
    }

    @Test
    void R5_a_delay_is_due_by_the_clock_of_the_store_and_hands_the_output_on() {
        start(
                task("first", (in, task) -> TaskOutcome.delay(Duration.ofMillis(50), "second", "kept")),
                task("second", (in, task) -> TaskOutcome.delay(HOUR, "third", in + " twice")));
        Instant before = storeNow();
        begin("order-1");

        AtDelay delay = (AtDelay) await().until(
                        () -> snapshots.loadSnapshot("order-1").position().orElseThrow(),
                        position ->
                                position.nodeId().filter("delay:third"::equals).isPresent());
        assertThat(delay.wakeAt()).isBetween(before.plus(HOUR), storeNow().plus(HOUR));
        WorkflowSnapshot delayed = snapshots.loadSnapshot("order-1");
        assertThat(delayed.completedTasks().taskIds()).containsExactly("first", "delay:second", "second");
        assertThat(delayed.completedTasks().output("second")).contains(Payload.utf8("\"kept twice\""));
    }

    @Test
    void a_delay_until_a_time_that_has_passed_is_over_at_once() {
        start(
                task("first", (in, task) -> TaskOutcome.delayUntil(Instant.EPOCH, "second", "out")),
                task("second", (in, task) -> TaskOutcome.complete(in)));
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("\"out\"");
    }

    @Test
    void a_task_can_come_back_to_itself_by_way_of_a_delay_and_is_given_its_own_output() {
        start(TaskHandler.of(
                "first",
                Integer.class,
                (count, task) -> count < 5
                        ? TaskOutcome.delay(Duration.ZERO, "first", count + 1)
                        : TaskOutcome.complete(count)));
        workflows.start(WORKFLOW, "order-1", 1);

        assertThat(resultOf("order-1")).isEqualTo("5");
    }

    @Test
    void tasks_can_go_round_in_a_loop() {
        List<Integer> seen = new CopyOnWriteArrayList<>();
        start(
                TaskHandler.of("first", Integer.class, (count, task) -> {
                    seen.add(count);
                    return TaskOutcome.next("second", count + 1);
                }),
                TaskHandler.of(
                        "second",
                        Integer.class,
                        (count, task) -> count < 4 ? TaskOutcome.next("first", count) : TaskOutcome.complete(count)));
        workflows.start(WORKFLOW, "order-1", 0);

        assertThat(resultOf("order-1")).isEqualTo("4");
        assertThat(seen).containsExactly(0, 1, 2, 3);
    }

    @Test
    void an_event_that_comes_later_is_the_input_of_the_next_task() {
        start(
                task("first", (in, task) -> TaskOutcome.awaitEvent("approved", "second", "asked")),
                task(
                        "second",
                        (by, task) -> TaskOutcome.complete(
                                by + ", " + task.result("first", String.class).orElseThrow())));
        begin("order-1");
        awaitWait("order-1", "await:approved");

        assertThat(workflows.sendEvent("order-1", "approved", "by ada")).isEqualTo(EventOutcome.DELIVERED);

        assertThat(resultOf("order-1")).isEqualTo("\"by ada, asked\"");
    }

    @Test
    void an_event_that_was_there_before_is_not_missed() {
        start(
                task("first", (in, task) -> {
                    workflows.sendEvent("order-1", "approved", "early", "key-1");
                    workflows.sendEvent("order-1", "approved", "early again", "key-1");
                    return TaskOutcome.awaitEvent("approved", "second", "asked").orFailAfter(HOUR);
                }),
                task("second", (by, task) -> TaskOutcome.complete(by)));
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("\"early\"");
    }

    @Test
    void a_wait_that_comes_again_takes_the_next_event() {
        List<String> seen = new CopyOnWriteArrayList<>();
        start(task("first", (in, task) -> {
            seen.add(in);
            return seen.size() < 4
                    ? TaskOutcome.awaitEvent("item", "first", in)
                    : TaskOutcome.complete(String.join(" ", seen));
        }));
        workflows.start(WORKFLOW, "order-1", "in");
        for (String item : List.of("a", "b", "c")) {
            workflows.sendEvent("order-1", "item", item);
        }

        assertThat(resultOf("order-1")).isEqualTo("\"in a b c\"");
    }

    @Test
    void a_wait_without_an_event_goes_on_with_another_task_when_its_time_is_up() {
        start(
                task(
                        "first",
                        (in, task) -> TaskOutcome.awaitEvent("approved", "second", "asked")
                                .orAfter(Duration.ofMillis(30), "escalate")),
                task("escalate", (in, task) -> TaskOutcome.complete("escalated what was " + in)));
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("\"escalated what was asked\"");
    }

    @Test
    void a_wait_without_an_event_fails_the_workflow_if_it_says_so() {
        start(task(
                "first",
                (in, task) ->
                        TaskOutcome.awaitEvent("approved", "second", "asked").orFailAfter(Duration.ofMillis(30))));
        begin("order-1");

        assertThat(errorOf("order-1")).isEqualTo("No event 'approved' came within the time limit of 'await:approved'");
    }

    @Test
    void R5_the_time_limit_of_a_wait_is_by_the_clock_of_the_store() {
        start(task(
                "first",
                (in, task) ->
                        TaskOutcome.awaitEvent("approved", "second", "asked").orAfter(HOUR, "late")));
        Instant before = storeNow();
        begin("order-1");

        AtSignal wait = awaitWait("order-1", "await:approved|late");
        assertThat(wait.wakeAt().orElseThrow())
                .isBetween(before.plus(HOUR), storeNow().plus(HOUR));
    }

    @Test
    void the_end_of_the_last_task_and_of_the_workflow_are_one_checkpoint() {
        start(
                task("first", (in, task) -> TaskOutcome.next("second", "out")),
                task("second", (in, task) -> TaskOutcome.complete("done")));
        begin("order-1");
        resultOf("order-1");

        List<HistoryEntry> versions = history.listVersions("order-1", 0, 100);
        assertThat(versions).hasSize(3);
        assertThat(versions.get(2).completedTaskIds()).containsExactly("second");
    }

    private AtSignal awaitWait(String instanceId, String waitId) {
        return (AtSignal) await().until(
                        () -> snapshots.loadSnapshot(instanceId).position().orElseThrow(),
                        position -> position.nodeId().filter(waitId::equals).isPresent());
    }

    /** By what the store has written down. */
    private Instant storeNow() {
        snapshots.saveSnapshot(WorkflowSnapshot.start("clock", "none", Payload.empty()));
        List<HistoryEntry> versions = history.listVersions("clock", 0, 100);
        return versions.get(versions.size() - 1).savedAt();
    }
}
