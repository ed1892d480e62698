package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Branches that run in parallel, and the task that joins them. */
class ForkTest extends WorkerContractTest {

    record Parcel(int kilos) {}

    record Packed(Parcel parcel, String invoice) {}

    private static final FunctionHandler<String> FORK = task(
            "first",
            (in, task) ->
                    TaskOutcome.fork("ship", "order").branch("parcel", "pack").branch("invoice", "bill", "42 EUR"));

    private static final FunctionHandler<Packed> SHIP = TaskHandler.of(
            "ship",
            Packed.class,
            (packed, task) -> TaskOutcome.complete(packed.parcel().kilos() + " kg for " + packed.invoice()));

    private static final FunctionHandler<String> BILL =
            task("bill", (in, task) -> TaskOutcome.complete("bill of " + in));

    private static FunctionHandler<String> pack(TaskOutcome outcome) {
        return task("pack", (in, task) -> outcome);
    }

    @Test
    void branches_run_at_the_same_time_and_the_join_gets_what_each_gave() {
        CyclicBarrier together = new CyclicBarrier(2);
        start(
                FORK,
                task("pack", (in, task) -> {
                    together.await(1, TimeUnit.MINUTES);
                    return TaskOutcome.complete(new Parcel(in.length()));
                }),
                task("bill", (in, task) -> {
                    together.await(1, TimeUnit.MINUTES);
                    return TaskOutcome.complete("bill of " + in);
                }),
                SHIP);
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("\"5 kg for bill of 42 EUR\"");
    }

    @Test
    void branches_are_done_by_whichever_worker_takes_them() {
        CyclicBarrier together = new CyclicBarrier(2);
        TaskFunction<String> meet = (in, task) -> {
            together.await(1, TimeUnit.MINUTES);
            return TaskOutcome.complete(task.taskId().equals("pack") ? new Parcel(1) : "x");
        };
        for (int i = 0; i < 2; i++) {
            start(worker(FORK, task("pack", meet), task("bill", meet), SHIP).concurrency(1));
        }
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("\"1 kg for x\"");
    }

    @Test
    void a_branch_of_several_steps_hands_each_result_on_to_the_next() {
        start(
                FORK,
                BILL,
                SHIP,
                pack(TaskOutcome.next("weigh", "boxed")),
                task("weigh", (in, task) -> TaskOutcome.delay(SOON, "label", in + ", weighed")),
                task("label", (in, task) -> {
                    assertThat(in).isEqualTo("boxed, weighed");
                    assertThat(task.result("pack", String.class)).contains("boxed");
                    return TaskOutcome.complete(new Parcel(7));
                }));
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("\"7 kg for bill of 42 EUR\"");
    }

    @Test
    void the_join_can_ask_for_the_result_of_one_branch() {
        start(
                FORK,
                BILL,
                pack(TaskOutcome.complete(new Parcel(3))),
                TaskHandler.of("ship", Payload.class, (all, task) -> {
                    assertThat(task.branchResult("nothing", String.class)).isEmpty();
                    return TaskOutcome.complete(
                            task.branchResult("parcel", Parcel.class).orElseThrow());
                }));
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("{\"kilos\":3}");
    }

    @Test
    void a_branch_that_fails_is_tried_again_by_its_policy_while_others_go_on() {
        AtomicInteger tries = new AtomicInteger();
        start(
                FORK,
                BILL,
                SHIP,
                task("pack", (in, task) -> {
                            if (tries.incrementAndGet() < 3) {
                                throw new IllegalStateException("no boxes");
                            }
                            return TaskOutcome.complete(new Parcel(tries.get()));
                        })
                        .retries(THRICE));
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("\"3 kg for bill of 42 EUR\"");
    }

    @Test
    void a_branch_that_has_failed_for_good_fails_the_workflow() {
        start(
                FORK,
                BILL,
                SHIP,
                task("pack", (in, task) -> TaskOutcome.retry("no boxes", SOON)).retries(THRICE));
        begin("order-1");

        assertThat(errorOf("order-1")).contains("'pack' failed 4 times").contains("no boxes");
        assertThat(claims.findAvailableTasks(ClaimQuery.of("w", 10, HOUR))).isEmpty();
    }

    @Test
    void a_failing_branch_ends_the_workflow_also_when_others_have_committed_meanwhile() throws Exception {
        CountDownLatch billed = new CountDownLatch(1);
        start(
                FORK,
                SHIP,
                task("pack", (in, task) -> {
                    billed.await();
                    await().until(() -> history.listVersions("order-1", 0, 10).size() >= 3);
                    return TaskOutcome.fail("no boxes at all");
                }),
                task("bill", (in, task) -> {
                    billed.countDown();
                    return TaskOutcome.complete("x");
                }));
        begin("order-1");

        assertThat(errorOf("order-1")).isEqualTo("no boxes at all");
    }

    @Test
    void a_branch_that_wants_to_wait_for_an_event_fails_with_a_clear_error() {
        start(FORK, BILL, SHIP, pack(TaskOutcome.awaitEvent("approved", "weigh", "x")));
        begin("order-1");

        assertThat(errorOf("order-1")).contains("'pack' is part of a branch").contains("wait for an event");
    }

    @Test
    void a_cancel_in_the_middle_reaches_the_branches_that_run() {
        CountDownLatch begun = new CountDownLatch(2);
        CountDownLatch interrupted = new CountDownLatch(2);
        TaskFunction<String> blocking = (in, task) -> {
            begun.countDown();
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
            return TaskOutcome.complete("never");
        };
        start(worker(FORK, SHIP, task("pack", blocking), task("bill", blocking)).claims(HOUR, SOON));
        begin("order-1");
        await().until(() -> begun.getCount() == 0);

        workflows.cancel("order-1", REQUEST);

        awaitStatus("order-1", WorkflowStatus.CANCELLED);
        await().until(() -> interrupted.getCount() == 0);
    }

    @Test
    void a_pause_in_the_middle_keeps_what_branches_finish_and_they_go_on_after_it() {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        start(
                FORK,
                BILL,
                SHIP,
                task("pack", (in, task) -> {
                    begun.countDown();
                    goOn.await();
                    return TaskOutcome.next("weigh", "boxed");
                }),
                task("weigh", (in, task) -> TaskOutcome.complete(new Parcel(2))));
        begin("order-1");
        await().until(() -> begun.getCount() == 0);

        workflows.pause("order-1", REQUEST);
        goOn.countDown();
        awaitStatus("order-1", WorkflowStatus.PAUSED);
        workflows.resume("order-1");

        assertThat(resultOf("order-1")).isEqualTo("\"2 kg for bill of 42 EUR\"");
    }

    @Test
    void R17_a_branch_of_a_dead_worker_is_taken_over() {
        begin("order-1");
        ClaimedTask first = claims.claimAvailableTasks(ClaimQuery.of("dead", 1, Duration.ofMillis(1)))
                .get(0);
        assertThat(first.claim().taskId()).isEqualTo("first");
        start(FORK, BILL, SHIP, pack(TaskOutcome.complete(new Parcel(1))));

        assertThat(resultOf("order-1")).isEqualTo("\"1 kg for bill of 42 EUR\"");
    }

    @Test
    void another_round_of_the_same_fork_begins_its_branches_anew() {
        AtomicInteger rounds = new AtomicInteger();
        start(
                FORK,
                BILL,
                pack(TaskOutcome.next("weigh", "boxed")),
                task("weigh", (in, task) -> TaskOutcome.complete(new Parcel(rounds.incrementAndGet()))),
                TaskHandler.of(
                        "ship",
                        Packed.class,
                        (packed, task) -> packed.parcel().kilos() < 3
                                ? TaskOutcome.next("first", "again")
                                : TaskOutcome.complete(packed.parcel().kilos())));
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("3");
        assertThat(rounds).hasValue(3);
    }

    @Test
    void many_branches_all_arrive() {
        List<Integer> numbers = IntStream.range(0, 30).boxed().toList();
        TaskOutcome.Fork fork = TaskOutcome.fork("ship", "all");
        for (int number : numbers) {
            fork = fork.branch("b" + number, "do-" + number, number);
        }
        TaskOutcome outcome = fork;
        TaskWorkerBuilder worker = worker(
                task("first", (in, task) -> outcome),
                TaskHandler.of("ship", Map.class, (all, task) -> TaskOutcome.complete(all.size())));
        for (int number : numbers) {
            worker.handler(TaskHandler.of("do-" + number, Integer.class, (in, task) -> TaskOutcome.complete(in + 1)));
        }
        start(worker);
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("30");
    }
}
