package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.WakeUpSource;
import dev.sayiir.persistence.WakeUps;
import dev.sayiir.workflow.ExecutionPosition.AtJoin;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** How a worker starts, asks for tasks, and stops. */
class LifecycleTest extends WorkerContractTest {

    /** Wakes when told to. */
    private static final class Hints implements WakeUps {

        private final Set<Consumer<WakeUpSource>> listeners = ConcurrentHashMap.newKeySet();

        @Override
        public Subscription onWakeUp(Consumer<WakeUpSource> listener) {
            listeners.add(listener);
            return () -> listeners.remove(listener);
        }

        void wake() {
            listeners.forEach(listener -> listener.accept(WakeUpSource.LOCAL));
        }
    }

    /** How many tasks each poll brought. */
    private static final class Polls implements TaskWorkerListener {

        private final List<Integer> claimed = new CopyOnWriteArrayList<>();

        @Override
        public void polled(int tasks) {
            claimed.add(tasks);
        }
    }

    private static final class Endless implements TaskHandler<String> {

        @Override
        public String taskId() {
            return "first";
        }

        @Override
        public Optional<Duration> timeout() {
            return Optional.of(Duration.ofSeconds(-1));
        }

        @Override
        public TaskOutcome handle(String in, TaskContext task) {
            return TaskOutcome.complete(in);
        }
    }

    private final CountDownLatch begun = new CountDownLatch(1);

    @Test
    void a_worker_that_is_stopped_lets_its_tasks_finish_and_claims_nothing_more() throws Exception {
        CountDownLatch goOn = new CountDownLatch(1);
        TaskWorker worker = start(
                task("first", (in, task) -> {
                    begun.countDown();
                    goOn.await();
                    return TaskOutcome.next("second", "out");
                }),
                task("second", (in, task) -> TaskOutcome.complete(in)));
        begin("order-1");
        await().until(() -> begun.getCount() == 0);

        CompletableFuture<Void> stopped = CompletableFuture.runAsync(() -> worker.stop(Duration.ofMinutes(1)));
        begin("order-2");
        await().during(Duration.ofMillis(100)).until(() -> !stopped.isDone());
        goOn.countDown();
        stopped.get();

        assertThat(snapshots.loadSnapshot("order-1").completedTasks().contains("first"))
                .isTrue();
        assertThat(claims.findAvailableTasks(ClaimQuery.of("w", 10, HOUR))).hasSize(2);
    }

    @Test
    void a_task_that_does_not_finish_in_time_is_interrupted_and_given_back() {
        TaskWorker worker = start(task("first", (in, task) -> {
            begun.countDown();
            new CountDownLatch(1).await();
            return TaskOutcome.complete("never");
        }));
        begin("order-1");
        await().until(() -> begun.getCount() == 0);

        worker.stop(Duration.ofMillis(10));

        assertThat(claims.findAvailableTasks(ClaimQuery.of("w", 10, HOUR))).hasSize(1);
        assertThat(workflows.status("order-1")).isEqualTo(WorkflowStatus.IN_PROGRESS);
        assertThat(snapshots.loadSnapshot("order-1").taskRetries()).isEmpty();
    }

    @Test
    void a_task_whose_handler_does_not_heed_the_interrupt_is_given_back_and_its_result_dropped() {
        CountDownLatch letGo = new CountDownLatch(1);
        CountDownLatch returned = new CountDownLatch(1);
        TaskWorker worker = start(task("first", (in, task) -> {
            begun.countDown();
            FailureTest.waitWhateverComes(letGo);
            returned.countDown();
            throw new IllegalStateException("much too late");
        }));
        begin("order-1");
        await().until(() -> begun.getCount() == 0);

        worker.stop(Duration.ZERO);

        assertThat(claims.claimTask("order-1", "first", "other", HOUR)).isPresent();
        letGo.countDown();
        await().until(() -> returned.getCount() == 0);
        assertThat(workflows.status("order-1")).isEqualTo(WorkflowStatus.IN_PROGRESS);
    }

    @Test
    void a_worker_is_started_once_and_stopped_as_often_as_one_likes() {
        TaskWorker worker = start(task("first", (in, task) -> TaskOutcome.complete("done")));

        assertThatIllegalStateException().isThrownBy(worker::start);
        worker.close();
        worker.close();
        assertThatIllegalStateException().isThrownBy(worker::start);
    }

    @Test
    void a_worker_that_was_never_started_can_be_closed() {
        TaskWorker worker = worker(task("first", (in, task) -> TaskOutcome.complete("done")))
                .build();
        worker.close();
        assertThatIllegalStateException().isThrownBy(worker::start);
    }

    @Test
    void what_makes_no_sense_is_refused() {
        TaskHandler<?> handler = task("first", (in, task) -> TaskOutcome.complete("done"));
        assertThatIllegalArgumentException().isThrownBy(() -> worker().build());
        assertThatIllegalArgumentException()
                .isThrownBy(() -> worker(handler, handler).build())
                .withMessageContaining("two handlers of task 'first'");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> worker(new Endless()).build())
                .withMessageContaining("timeout of task 'first' is PT-1S");
        assertThatIllegalArgumentException().isThrownBy(() -> worker(handler).concurrency(0));
        assertThatIllegalArgumentException().isThrownBy(() -> worker(handler).batchSize(0));
        assertThatIllegalArgumentException().isThrownBy(() -> worker(handler).pollInterval(Duration.ZERO));
        assertThatIllegalArgumentException().isThrownBy(() -> worker(handler).claims(SOON, SOON));
        assertThatIllegalArgumentException().isThrownBy(() -> worker(handler).shutdownTimeout(Duration.ofMillis(-1)));
        assertThatIllegalArgumentException().isThrownBy(() -> worker(handler).workerId(""));
        assertThatIllegalArgumentException().isThrownBy(() -> new Workflow("fulfilment-v1", "delay:x"));
        assertThatIllegalArgumentException().isThrownBy(() -> new Workflow("fulfilment-v1", "a|b"));
        assertThatIllegalArgumentException().isThrownBy(() -> TaskOutcome.next("await:x", "out"));
        assertThatIllegalArgumentException().isThrownBy(() -> TaskOutcome.next("x".repeat(201), "out"));
        assertThatIllegalArgumentException().isThrownBy(() -> TaskOutcome.delay(Duration.ofMillis(-1), "x", "out"));
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        TaskOutcome.awaitEvent("x".repeat(200), "x", "out").orAfter(HOUR, "y".repeat(60)));
    }

    @Test
    void R18_no_more_tasks_are_claimed_than_can_be_begun() {
        Semaphore running = new Semaphore(3);
        AtomicInteger tooMany = new AtomicInteger();
        Polls polls = new Polls();
        start(worker(task("first", (in, task) -> {
                    if (!running.tryAcquire()) {
                        tooMany.incrementAndGet();
                        return TaskOutcome.fail("too many at once");
                    }
                    running.release();
                    return TaskOutcome.complete("done");
                }))
                .concurrency(3)
                .batchSize(2)
                .listener(polls));
        for (int i = 0; i < 30; i++) {
            begin("order-" + i);
        }
        for (int i = 0; i < 30; i++) {
            assertThat(resultOf("order-" + i)).isEqualTo("\"done\"");
        }
        assertThat(tooMany).hasValue(0);
        assertThat(polls.claimed).allMatch(tasks -> tasks <= 2);
    }

    @Test
    void a_worker_that_is_busy_does_not_poll_and_does_so_at_once_when_it_is_not() {
        for (int i = 0; i < 5; i++) {
            begin("order-" + i);
        }
        Polls polls = new Polls();
        start(worker(task("first", (in, task) -> TaskOutcome.complete("done")))
                .concurrency(1)
                .pollInterval(HOUR)
                .listener(polls));
        for (int i = 0; i < 5; i++) {
            resultOf("order-" + i);
        }
        await().untilAsserted(() -> assertThat(polls.claimed).containsExactly(1, 1, 1, 1, 1, 0));
    }

    @Test
    void a_hint_that_comes_before_a_poll_is_sent_costs_no_second_one() {
        Hints hints = new Hints();
        Polls polls = new Polls();
        start(worker(task("first", (in, task) -> TaskOutcome.complete("done")))
                .pollInterval(HOUR)
                .wakeUps(told -> {
                    told.accept(WakeUpSource.RECONNECTED);
                    return hints.onWakeUp(told);
                })
                .listener(polls));
        await().until(() -> !polls.claimed.isEmpty());
        begin("order-1");
        hints.wake();

        assertThat(resultOf("order-1")).isEqualTo("\"done\"");
        assertThat(polls.claimed).containsExactly(0, 1);
    }

    @Test
    void a_worker_that_is_woken_polls_at_once_and_otherwise_once_in_an_interval() {
        Hints hints = new Hints();
        Polls polls = new Polls();
        TaskWorker worker = start(worker(task("first", (in, task) -> TaskOutcome.complete("done")))
                .pollInterval(HOUR)
                .wakeUps(hints)
                .listener(polls));
        await().untilAsserted(() -> assertThat(polls.claimed).containsExactly(0));
        begin("order-1");
        assertThat(polls.claimed).containsExactly(0);

        hints.wake();

        assertThat(resultOf("order-1")).isEqualTo("\"done\"");
        assertThat(polls.claimed).containsExactly(0, 1);
        worker.stop(Duration.ZERO);
        assertThat(hints.listeners).isEmpty();
    }

    @Test
    void a_long_chain_lets_others_have_their_turn() {
        List<String> order = new CopyOnWriteArrayList<>();
        TaskFunction<Integer> step = (count, task) -> {
            order.add(task.instanceId());
            return count < 40
                    ? TaskOutcome.next(task.taskId().equals("first") ? "second" : "first", count + 1)
                    : TaskOutcome.complete("done");
        };
        workflows.start(WORKFLOW, "long-1", 1);
        workflows.start(WORKFLOW, "long-2", 1);
        start(worker(TaskHandler.of("first", Integer.class, step), TaskHandler.of("second", Integer.class, step))
                .concurrency(1));
        resultOf("long-1");
        resultOf("long-2");

        int inARow = 0;
        int most = 0;
        for (int i = 0; i < order.size(); i++) {
            inARow = i > 0 && order.get(i).equals(order.get(i - 1)) ? inARow + 1 : 1;
            most = Math.max(most, inARow);
        }
        assertThat(order).hasSize(80);
        assertThat(most).isEqualTo(TaskRunner.IN_A_ROW);
    }

    @Test
    void many_workers_do_every_task_once() {
        AtomicInteger runs = new AtomicInteger();
        for (int i = 0; i < 3; i++) {
            start(
                    task("first", (in, task) -> {
                        runs.incrementAndGet();
                        return TaskOutcome.next("second", in);
                    }),
                    task("second", (in, task) -> {
                        runs.incrementAndGet();
                        return TaskOutcome.complete(in);
                    }));
        }
        for (int i = 0; i < 100; i++) {
            begin("order-" + i);
        }
        for (int i = 0; i < 100; i++) {
            assertThat(resultOf("order-" + i)).isEqualTo("\"in\"");
        }
        assertThat(runs).hasValue(200);
    }

    @Test
    void handlers_run_in_virtual_threads_where_there_are_such() {
        start(task(
                "first",
                (in, task) ->
                        TaskOutcome.complete(Thread.currentThread().toString().startsWith("VirtualThread"))));
        begin("order-1");

        assertThat(resultOf("order-1"))
                .isEqualTo(String.valueOf(Runtime.version().feature() >= 21));
    }

    @Test
    void a_listener_that_fails_does_no_harm() {
        start(worker(task("first", (in, task) -> {
                    task.heartbeat("half");
                    return TaskOutcome.complete("done");
                }))
                .listener(new TaskWorkerListener() {
                    @Override
                    public void polled(int claimed) {
                        throw new IllegalStateException("polled");
                    }

                    @Override
                    public void progress(TaskContext task, String progress) {
                        throw new IllegalStateException("progress");
                    }

                    @Override
                    public void taskEnded(TaskClaim claim, End end) {
                        throw new IllegalStateException("ended");
                    }
                }));
        begin("order-1");

        assertThat(resultOf("order-1")).isEqualTo("\"done\"");
    }

    /** Writes down what it is told. */
    private static TaskWorkerListener noting(String name, List<String> notes) {
        return new TaskWorkerListener() {
            @Override
            public TaskOutcome aroundTask(TaskContext task, Callable<TaskOutcome> handler) throws Exception {
                notes.add(name + " begins");
                try {
                    return handler.call();
                } finally {
                    notes.add(name + " is done");
                }
            }

            @Override
            public void taskEnded(TaskClaim claim, End end) {
                notes.add(name + " ended");
                throw new IllegalStateException("what one throws is kept from the others");
            }
        };
    }

    @Test
    void several_listeners_are_told_in_their_order_and_the_first_wraps_the_others() {
        List<String> notes = new CopyOnWriteArrayList<>();
        start(worker(task("first", (in, task) -> {
                    notes.add("handler");
                    return TaskOutcome.complete("done");
                }))
                .listener(noting("one", notes))
                .listener(noting("two", notes)));
        begin("order-1");
        resultOf("order-1");

        await().untilAsserted(() -> assertThat(notes)
                .containsExactly(
                        "one begins", "two begins", "handler", "two is done", "one is done", "one ended", "two ended"));
    }

    @Test
    void tasks_without_a_handler_are_left_to_a_worker_that_has_one_and_keep_nothing_else_waiting() {
        Polls polls = new Polls();
        start(worker(task("first", (in, task) -> TaskOutcome.next("second", in)))
                .wakeUps(new Hints())
                .listener(polls));
        begin("order-1");
        await().until(() -> snapshots.loadSnapshot("order-1").completedTasks().contains("first"));
        begin("order-2");
        await().until(() -> snapshots.loadSnapshot("order-2").completedTasks().contains("first"));
        int before = polls.claimed.size();
        await().until(() -> polls.claimed.size() > before + 2);
        assertThat(polls.claimed.stream().mapToInt(claimed -> claimed).sum()).isEqualTo(2);

        start(task("second", (in, task) -> TaskOutcome.complete("done")));

        assertThat(resultOf("order-1")).isEqualTo("\"done\"");
        assertThat(resultOf("order-2")).isEqualTo("\"done\"");
    }

    /** As another engine may have left it. */
    @Test
    void a_position_that_a_worker_cannot_move_on_is_left_until_its_claim_ends() {
        List<String> notes = new CopyOnWriteArrayList<>();
        Polls polls = new Polls();
        snapshots.createSnapshot(WorkflowSnapshot.start("order-1", WORKFLOW.name(), Payload.empty())
                .moveTo(new AtJoin("first", Map.of())));
        start(worker(task("first", (in, task) -> TaskOutcome.complete("done")))
                .claims(HOUR, SOON)
                .listener(polls)
                .listener(new TaskWorkerListener() {
                    @Override
                    public void taskEnded(TaskClaim claim, End end) {
                        notes.add(claim.taskId() + " " + end);
                    }
                }));

        await().until(() -> polls.claimed.size() > 3);
        assertThat(notes).containsExactly("first RELEASED");
        assertThat(polls.claimed.stream().mapToInt(claimed -> claimed).sum()).isEqualTo(1);
        assertThat(workflows.status("order-1")).isEqualTo(WorkflowStatus.IN_PROGRESS);
    }

    @Test
    void tasks_with_tags_are_done_where_the_tags_are_offered() {
        Polls polls = new Polls();
        start(worker(task("first", (in, task) -> TaskOutcome.complete("without")))
                .tags(Set.of("cpu"))
                .listener(polls));
        workflows.start(WORKFLOW, "order-1", "in", instance -> instance.taskTags(List.of("gpu")));
        int before = polls.claimed.size();
        await().until(() -> polls.claimed.size() > before + 2);
        assertThat(workflows.status("order-1")).isEqualTo(WorkflowStatus.IN_PROGRESS);

        start(worker(task("first", (in, task) -> TaskOutcome.complete("with"))).tags(Set.of("gpu", "cpu")));

        assertThat(resultOf("order-1")).isEqualTo("\"with\"");
    }
}
