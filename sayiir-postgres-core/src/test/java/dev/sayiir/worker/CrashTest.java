package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.BlockedTask;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.worker.TaskWorkerListener.End;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtJoin;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Tasks whose worker ends before they do, and what is not to be taken for that. */
class CrashTest extends WorkerContractTest {

    private static final RetryPolicy AT_ONCE = new RetryPolicy(3, Duration.ofMillis(1), 1, Optional.empty());

    private final AtomicInteger runs = new AtomicInteger();

    private FunctionHandler<String> first(TaskFunction<String> function) {
        return task("first", (in, task) -> {
            runs.incrementAndGet();
            return function.handle(in, task);
        });
    }

    /** As processes do that end as soon as they have the task. */
    private void crash(String instanceId, String taskId, int times) {
        for (int i = 0; i < times; i++) {
            await().until(() -> claims.claimTask(instanceId, taskId, "dead", Duration.ofMillis(1))
                    .isPresent());
        }
    }

    @Test
    void R26_a_task_that_ends_its_process_is_tried_a_bounded_number_of_times() {
        int most = FailurePolicy.DEFAULT.crashLimit();
        begin("last-try");
        begin("one-too-many");
        crash("last-try", "first", most - 1);
        crash("one-too-many", "first", most);

        start(first((in, task) -> TaskOutcome.complete("at attempt " + task.attempt())));

        assertThat(resultOf("last-try")).isEqualTo("\"at attempt 5\"");
        assertThat(blocked("one-too-many").error())
                .isEqualTo(
                        "Task 'first' came to no end 5 times, which is all it may: each time its process ended, or it"
                                + " lost its claim");
        assertThat(runs).hasValue(1);
    }

    @Test
    void R26_how_often_is_up_to_the_policy_of_its_handler() {
        begin("order-1");
        crash("order-1", "first", 1);

        start(first((in, task) -> TaskOutcome.complete("done")).failures(FailurePolicy.DEFAULT.crashLimit(1)));

        BlockedTask blocked = blocked("order-1");
        assertThat(blocked.reason()).isEqualTo(BlockReason.CRASHES);
        assertThat(blocked.error()).startsWith("Task 'first' came to no end 1 times, which is all it may");
        assertThat(runs).hasValue(0);
    }

    @Test
    void R26_crashes_spend_no_retries() {
        begin("order-1");
        crash("order-1", "first", 3);

        start(first((in, task) -> {
                    throw new IllegalStateException("no stock");
                })
                .retries(AT_ONCE));

        assertThat(errorOf("order-1"))
                .startsWith("Task 'first' failed 4 times, which is all it may; the last time: ")
                .endsWith("no stock");
        assertThat(runs).hasValue(4);
    }

    /** By a worker that stops then; what it has begun meanwhile is given back. */
    private void failOnce() {
        CountDownLatch stored = new CountDownLatch(1);
        CountDownLatch failing = new CountDownLatch(1);
        TaskWorker worker = start(worker(first((in, task) -> {
                            if (failing.getCount() == 0) {
                                runs.decrementAndGet();
                                new CountDownLatch(1).await();
                            }
                            failing.countDown();
                            throw new IllegalStateException("no stock");
                        })
                        .retries(AT_ONCE))
                .concurrency(1)
                .listener(new TaskWorkerListener() {
                    @Override
                    public void taskEnded(TaskClaim claim, End end) {
                        stored.countDown();
                    }
                }));
        await().until(() -> stored.getCount() == 0);
        worker.stop(Duration.ZERO);
    }

    @Test
    void R26_a_branch_that_ends_its_process_is_blocked_in_the_end() {
        snapshots.createSnapshot(WorkflowSnapshot.start("order-1", WORKFLOW.name(), Payload.utf8("\"in\""))
                .forkInto("join", Map.of("a", Branch.of("first", Payload.utf8("\"in\"")))));
        crash("order-1", "first", 5);

        start(first((in, task) -> TaskOutcome.complete("done")).retries(AT_ONCE));

        assertThat(blocked("order-1").error()).startsWith("Task 'first' came to no end 5 times, which is all it may");
        assertThat(runs).hasValue(0);
    }

    @Test
    void R30_a_polite_stop_is_neither_a_failure_nor_a_crash_of_a_branch() {
        snapshots.createSnapshot(WorkflowSnapshot.start("order-1", WORKFLOW.name(), Payload.utf8("\"in\""))
                .forkInto("join", Map.of("a", Branch.of("first", Payload.utf8("\"in\"")))));
        for (int i = 0; i < 4; i++) {
            CountDownLatch begun = new CountDownLatch(1);
            TaskWorker worker = start(first((in, task) -> {
                        begun.countDown();
                        new CountDownLatch(1).await();
                        return TaskOutcome.complete("never");
                    })
                    .retries(AT_ONCE));
            await().until(() -> begun.getCount() == 0);
            worker.stop(Duration.ZERO);
        }
        failOnce();

        TaskClaim again = await().until(() -> claims.claimTask("order-1", "first", "w", HOUR), Optional::isPresent)
                .orElseThrow();
        assertThat(again.failures()).isEqualTo(1);
        assertThat(again.crashes()).isZero();
        assertThat(workflows.status("order-1")).isEqualTo(WorkflowStatus.IN_PROGRESS);
    }

    @Test
    void R30_a_worker_that_stops_gives_back_its_own_tasks_and_not_those_of_another_of_the_same_name() {
        CountDownLatch begun = new CountDownLatch(2);
        CountDownLatch goOn = new CountDownLatch(1);
        TaskFunction<String> blocking = (in, task) -> {
            begun.countDown();
            goOn.await();
            return TaskOutcome.complete("done");
        };
        begin("order-1");
        begin("order-2");
        for (int i = 0; i < 2; i++) {
            start(worker(first(blocking)).workerId("same").concurrency(1).claims(HOUR, SOON));
        }
        await().until(() -> begun.getCount() == 0);
        start(worker(first(blocking)).workerId("same").pollInterval(HOUR)).stop(Duration.ZERO);

        assertThat(claims.findAvailableTasks(ClaimQuery.of("w", 10, HOUR))).isEmpty();
        goOn.countDown();
        assertThat(resultOf("order-1")).isEqualTo("\"done\"");
        assertThat(resultOf("order-2")).isEqualTo("\"done\"");
        assertThat(runs).hasValue(2);
    }

    /** As another engine may have left it. */
    @Test
    void R30_a_task_that_a_worker_cannot_do_is_left_for_others_then_blocked_and_has_not_crashed() {
        snapshots.createSnapshot(WorkflowSnapshot.start("order-1", WORKFLOW.name(), Payload.empty())
                .moveTo(new AtJoin("first", Map.of())));
        List<End> ends = new CopyOnWriteArrayList<>();
        TaskWorker worker = start(worker(first((in, task) -> TaskOutcome.complete("done")))
                .blockAfter(Duration.ofMillis(200))
                .listener(new TaskWorkerListener() {
                    @Override
                    public void taskEnded(TaskClaim claim, End end) {
                        ends.add(end);
                    }
                }));

        assertThat(blocked("order-1").reason()).isEqualTo(BlockReason.NO_HANDLER);
        worker.stop(Duration.ZERO);
        assertThat(ends).startsWith(End.RELEASED).endsWith(End.BLOCKED);
        repairs.unblock(BlockedQuery.all(), REQUEST);
        TaskClaim claim = claims.claimTask("order-1", "first", "w", HOUR).orElseThrow();
        assertThat(claim.crashes()).isZero();
        assertThat(runs).hasValue(0);
    }

    private static final class Mute extends RuntimeException {
        private static final long serialVersionUID = 1L;

        @Override
        public String getMessage() {
            throw new IllegalStateException("not even that");
        }

        @Override
        public String toString() {
            throw new StackOverflowError();
        }
    }

    @Test
    void R26_an_exception_that_cannot_say_what_it_is_is_an_ordinary_failure() {
        start(first((in, task) -> {
                    throw new Mute();
                })
                .retries(AT_ONCE));
        begin("order-1");

        assertThat(errorOf("order-1"))
                .startsWith("Task 'first' failed 4 times")
                .contains(Mute.class.getName(), "its message cannot be read");
        assertThat(runs).hasValue(4);
    }

    @Test
    void R26_an_exception_whose_cause_cannot_say_what_it_is_is_an_ordinary_failure() {
        start(first((in, task) -> {
            throw new IllegalStateException("outside", new Mute());
        }));
        begin("order-1");

        assertThat(errorOf("order-1")).contains("IllegalStateException: outside");
        assertThat(runs).hasValue(1);
    }

    @Test
    void R26_an_error_of_any_length_and_with_any_characters_is_an_ordinary_failure() {
        String large = "\0\ud800".repeat(25 << 20);
        start(first((in, task) -> {
                    throw new IllegalStateException(large);
                })
                .retries(AT_ONCE));
        begin("order-1");

        assertThat(errorOf("order-1"))
                .startsWith("Task 'first' failed 4 times")
                .hasSizeLessThan(3_000)
                .doesNotContain("\0");
        assertThat(runs).hasValue(4);
    }
}
