package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What a worker has made due itself it does when it is due, however long it is until its next poll. */
class DueTimesTest extends WorkerContractTest {

    private static final RetryPolicy SOON_AGAIN = new RetryPolicy(3, SOON, 1, Optional.empty());

    private final List<Integer> polls = new CopyOnWriteArrayList<>();

    private void startWithoutPolling(TaskHandler<?>... handlers) {
        start(worker(handlers).pollInterval(HOUR).listener(new TaskWorkerListener() {
            @Override
            public void polled(int claimed) {
                polls.add(claimed);
            }
        }));
    }

    @Test
    void a_delay_costs_one_poll_when_it_is_over() {
        begin("order-1");
        startWithoutPolling(
                task("first", (in, task) -> TaskOutcome.delay(SOON, "second", in)),
                task("second", (in, task) -> TaskOutcome.complete("done")));

        assertThat(resultOf("order-1")).isEqualTo("\"done\"");
        await().untilAsserted(() -> assertThat(polls).containsExactly(1, 1));
    }

    @Test
    void a_task_is_tried_again_after_its_back_off() {
        begin("order-1");
        startWithoutPolling(task("first", (in, task) -> {
                    if (task.attempt() < 3) {
                        throw new IllegalStateException("not yet");
                    }
                    return TaskOutcome.complete(task.attempt());
                })
                .retries(SOON_AGAIN));

        assertThat(resultOf("order-1")).isEqualTo("3");
        await().untilAsserted(() -> assertThat(polls).containsExactly(1, 1, 1));
    }

    @Test
    void a_wait_whose_time_is_up_goes_on() {
        begin("order-1");
        startWithoutPolling(
                task(
                        "first",
                        (in, task) ->
                                TaskOutcome.awaitEvent("approved", "second", in).orAfter(SOON, "late")),
                task("late", (in, task) -> TaskOutcome.complete("too late")));

        assertThat(resultOf("order-1")).isEqualTo("\"too late\"");
    }

    @Test
    void the_delays_and_back_offs_of_branches_are_known_as_well() {
        begin("order-1");
        startWithoutPolling(
                task(
                        "first",
                        (in, task) -> TaskOutcome.fork("join", in)
                                .branch("slow", "wait")
                                .branch("flaky", "try")),
                task("wait", (in, task) -> TaskOutcome.delay(SOON, "waited", in)),
                task("waited", (in, task) -> TaskOutcome.complete("waited")),
                task("try", (in, task) -> {
                            if (task.attempt() < 2) {
                                throw new IllegalStateException("not yet");
                            }
                            return TaskOutcome.complete("tried");
                        })
                        .retries(SOON_AGAIN),
                TaskHandler.of(
                        "join",
                        Payload.class,
                        (in, task) -> TaskOutcome.complete(
                                task.branchResult("slow", String.class).orElseThrow())));

        assertThat(resultOf("order-1")).isEqualTo("\"waited\"");
    }

    @Test
    void a_task_that_times_out_while_its_handler_goes_on_is_tried_again_as_well() {
        begin("order-1");
        CountDownLatch letGo = new CountDownLatch(1);
        startWithoutPolling(task("first", (in, task) -> {
                    if (task.attempt() == 1) {
                        FailureTest.waitWhateverComes(letGo);
                    }
                    return TaskOutcome.complete(task.attempt());
                })
                .timeout(SOON)
                .retries(new RetryPolicy(1_000, SOON, 1, Optional.empty())));

        assertThat(Integer.parseInt(resultOf("order-1"))).isGreaterThan(1);
        letGo.countDown();
    }
}
