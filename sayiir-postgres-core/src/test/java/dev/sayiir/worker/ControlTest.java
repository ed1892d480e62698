package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.PendingSignal;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalOutcome;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.WorkflowEvent;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.Cancelled;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

/** Cancels, pauses, and whatever else befalls an instance while a worker has its task. */
class ControlTest extends WorkerContractTest {

    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    /** Ends when it is told to. */
    private FunctionHandler<String> slow(TaskOutcome outcome) {
        return task("first", (in, task) -> {
            begun.countDown();
            goOn.await();
            return outcome;
        });
    }

    private void awaitBegun() {
        await().until(() -> begun.getCount() == 0);
    }

    @Test
    void a_cancel_or_a_pause_reaches_an_instance_that_nobody_works_on() {
        start(task(
                "first",
                (in, task) -> in.equals("delay")
                        ? TaskOutcome.delay(HOUR, "second", "out")
                        : TaskOutcome.awaitEvent("approved", "second", "out")));
        workflows.start(WORKFLOW, "delayed", "delay");
        workflows.start(WORKFLOW, "waiting", "wait");
        await().until(() -> isParked("delayed") && isParked("waiting"));

        assertThat(workflows.pause("delayed", REQUEST)).isEqualTo(SignalOutcome.APPLIED);
        assertThat(workflows.cancel("waiting", REQUEST)).isEqualTo(SignalOutcome.APPLIED);

        assertThat(workflows.status("delayed")).isEqualTo(WorkflowStatus.PAUSED);
        assertThat(workflows.status("waiting")).isEqualTo(WorkflowStatus.CANCELLED);
        assertThat(workflows.resume("delayed").status()).isEqualTo(WorkflowStatus.IN_PROGRESS);
    }

    @Test
    void a_request_that_nobody_has_applied_is_carried_out_by_whoever_polls() {
        workflows.start(WORKFLOW, "to-cancel", "in");
        workflows.start(WORKFLOW, "to-pause", "in");
        signals.storeSignal("to-cancel", SignalKind.CANCEL, REQUEST);
        signals.storeSignal("to-pause", SignalKind.PAUSE, REQUEST);

        start(task("first", (in, task) -> TaskOutcome.complete("done")));

        awaitStatus("to-cancel", WorkflowStatus.CANCELLED);
        awaitStatus("to-pause", WorkflowStatus.PAUSED);
        workflows.resume("to-pause");
        assertThat(resultOf("to-pause")).isEqualTo("\"done\"");
    }

    @Test
    void a_cancel_interrupts_the_task_that_is_under_way() {
        List<String> ends = new CopyOnWriteArrayList<>();
        start(worker(task("first", (in, task) -> {
                    begun.countDown();
                    try {
                        goOn.await();
                    } catch (InterruptedException e) {
                        ends.add("interrupted");
                        throw e;
                    }
                    return TaskOutcome.complete("done");
                }))
                .claims(HOUR, SOON)
                .listener(new TaskWorkerListener() {
                    @Override
                    public void taskEnded(TaskClaim claim, End end) {
                        ends.add(end.toString());
                    }
                }));
        begin("order-1");
        awaitBegun();

        assertThat(workflows.cancel("order-1", REQUEST)).isEqualTo(SignalOutcome.PENDING);

        WorkflowSnapshot cancelled = awaitStatus("order-1", WorkflowStatus.CANCELLED);
        assertThat(((Cancelled) cancelled.state()).interruptedAtTask()).contains("first");
        assertThat(((Cancelled) cancelled.state()).reason()).contains("late");
        await().untilAsserted(() -> assertThat(ends).containsExactlyInAnyOrder("interrupted", "CANCELLED"));
    }

    @Test
    void a_cancel_takes_effect_at_the_commit_if_the_heartbeat_has_not_seen_it() {
        start(slow(TaskOutcome.next("second", "out")));
        begin("order-1");
        awaitBegun();
        workflows.cancel("order-1", REQUEST);
        goOn.countDown();

        WorkflowSnapshot cancelled = awaitStatus("order-1", WorkflowStatus.CANCELLED);
        assertThat(cancelled.completedTasks().output("first")).contains(Payload.utf8("\"out\""));
    }

    @Test
    void a_pause_takes_effect_after_the_task_and_loses_nothing() {
        start(slow(TaskOutcome.next("second", "out")), task("second", (in, task) -> TaskOutcome.complete(in)));
        begin("order-1");
        awaitBegun();
        assertThat(workflows.pause("order-1", REQUEST)).isEqualTo(SignalOutcome.PENDING);
        goOn.countDown();

        assertThat(awaitStatus("order-1", WorkflowStatus.PAUSED).position()).contains(new AtTask("second"));
        workflows.resume("order-1");
        assertThat(resultOf("order-1")).isEqualTo("\"out\"");
    }

    @Test
    void a_pause_that_was_forced_on_a_running_task_does_not_lose_its_result() {
        start(slow(TaskOutcome.next("second", "out")), task("second", (in, task) -> TaskOutcome.complete(in)));
        begin("order-1");
        awaitBegun();
        signals.storeSignal("order-1", SignalKind.PAUSE, REQUEST);
        assertThat(signals.checkAndPause("order-1")).isTrue();
        goOn.countDown();

        await().until(() ->
                snapshots.loadSnapshot("order-1").position().orElseThrow().equals(new AtTask("second")));
        assertThat(workflows.status("order-1")).isEqualTo(WorkflowStatus.PAUSED);
        workflows.resume("order-1");
        assertThat(resultOf("order-1")).isEqualTo("\"out\"");
    }

    @Test
    void items_30_and_31_a_pause_during_the_last_task_leaves_nothing_stuck_and_nothing_pending() {
        start(slow(TaskOutcome.complete("done")));
        begin("order-1");
        awaitBegun();
        workflows.pause("order-1", REQUEST);
        goOn.countDown();

        assertThat(resultOf("order-1")).isEqualTo("\"done\"");
        assertThat(signals.listPendingSignals("order-1")).isEqualTo(List.<PendingSignal>of());
    }

    @Test
    void an_instance_that_is_paused_before_its_last_task_is_finished_after_it_is_resumed() {
        start(slow(TaskOutcome.next("last", "out")), task("last", (in, task) -> TaskOutcome.complete("done")));
        begin("order-1");
        awaitBegun();
        workflows.pause("order-1", REQUEST);
        goOn.countDown();
        awaitStatus("order-1", WorkflowStatus.PAUSED);

        workflows.resume("order-1");

        assertThat(resultOf("order-1")).isEqualTo("\"done\"");
    }

    @Test
    void R17_a_task_whose_claim_is_lost_is_interrupted_and_its_result_dropped() {
        AtomicReference<TaskContext> context = new AtomicReference<>();
        AtomicInteger interrupts = new AtomicInteger();
        List<TaskWorkerListener.End> ends = new CopyOnWriteArrayList<>();
        begin("order-1");
        TaskWorker worker = start(worker(task("first", (in, task) -> {
                    context.set(task);
                    try {
                        goOn.await();
                    } catch (InterruptedException e) {
                        interrupts.incrementAndGet();
                    }
                    return TaskOutcome.complete("mine");
                }))
                .pollInterval(HOUR)
                .claims(HOUR, SOON)
                .listener(new TaskWorkerListener() {
                    @Override
                    public void taskEnded(TaskClaim claim, End end) {
                        ends.add(end);
                    }
                }));
        await().until(() -> context.get() != null);
        long token = context.get().claimToken();

        // passes over a row that the heartbeat is at
        await().until(() -> claims.releaseTaskClaims(worker.workerId()) == 1);
        TaskClaim others = claims.claimTask("order-1", "first", "other", HOUR).orElseThrow();

        await().until(() -> ends.equals(List.of(TaskWorkerListener.End.LOST)));
        await().until(() -> interrupts.get() == 1);
        assertThat(others.claimToken()).isGreaterThan(token);
        assertThat(snapshots.loadSnapshot("order-1").position()).contains(new AtTask("first"));
    }

    @Test
    void R17_a_result_that_comes_after_the_claim_is_lost_is_dropped() {
        List<TaskWorkerListener.End> ends = new CopyOnWriteArrayList<>();
        begin("order-1");
        TaskWorker worker = start(
                worker(slow(TaskOutcome.complete("mine"))).pollInterval(HOUR).listener(new TaskWorkerListener() {
                    @Override
                    public void taskEnded(TaskClaim claim, End end) {
                        ends.add(end);
                    }
                }));
        awaitBegun();
        claims.releaseTaskClaims(worker.workerId());
        assertThat(claims.claimTask("order-1", "first", "other", HOUR)).isPresent();
        goOn.countDown();

        await().until(() -> ends.equals(List.of(TaskWorkerListener.End.LOST)));
        assertThat(workflows.status("order-1")).isEqualTo(WorkflowStatus.IN_PROGRESS);
    }

    @Test
    void a_result_that_others_have_added_meanwhile_is_kept() {
        start(
                slow(TaskOutcome.next("second", "out")),
                task(
                        "second",
                        (in, task) -> TaskOutcome.complete(
                                in + ", " + task.result("side", String.class).orElseThrow())));
        begin("order-1");
        awaitBegun();
        snapshots.saveTaskResult("order-1", "side", Payload.utf8("\"from the side\""));
        goOn.countDown();

        assertThat(resultOf("order-1")).isEqualTo("\"out, from the side\"");
    }

    @Test
    void an_instance_that_is_deleted_meanwhile_stays_deleted() {
        List<TaskWorkerListener.End> ends = new CopyOnWriteArrayList<>();
        start(worker(slow(TaskOutcome.complete("done"))).listener(new TaskWorkerListener() {
            @Override
            public void taskEnded(TaskClaim claim, End end) {
                ends.add(end);
            }
        }));
        begin("order-1");
        awaitBegun();
        snapshots.deleteSnapshot("order-1");
        goOn.countDown();

        await().until(() -> ends.equals(List.of(TaskWorkerListener.End.LOST)));
        assertThat(snapshots.listSnapshots()).isEmpty();
    }

    @Test
    void a_heartbeat_of_the_handler_tells_that_it_is_to_stop_and_how_far_it_is() {
        List<String> progress = new CopyOnWriteArrayList<>();
        AtomicReference<Throwable> stoppedBy = new AtomicReference<>();
        start(worker(task("first", (in, task) -> {
                    begun.countDown();
                    for (int i = 0; ; i++) {
                        try {
                            task.heartbeat(i + " items");
                        } catch (InterruptedException e) {
                            stoppedBy.set(e);
                            throw e;
                        }
                    }
                }))
                .claims(HOUR, SOON)
                .listener(new TaskWorkerListener() {
                    @Override
                    public void progress(TaskContext task, String how) {
                        if (progress.size() < 2) {
                            progress.add(how);
                        }
                    }
                }));
        begin("order-1");
        awaitBegun();
        workflows.cancel("order-1", REQUEST);

        await().untilAsserted(() -> assertThat(stoppedBy.get()).isNotNull());
        assertThat(progress).containsExactly("0 items", "1 items");
    }

    @Test
    void of_several_workers_one_moves_a_delay_on_and_the_task_after_it_runs_once() {
        AtomicInteger runs = new AtomicInteger();
        for (int i = 0; i < 4; i++) {
            start(
                    task("first", (in, task) -> TaskOutcome.delay(Duration.ofMillis(50), "second", "out")),
                    task("second", (in, task) -> TaskOutcome.complete(runs.incrementAndGet())));
        }
        for (int i = 0; i < 20; i++) {
            begin("order-" + i);
        }
        for (int i = 0; i < 20; i++) {
            resultOf("order-" + i);
            assertThat(history.listVersions("order-" + i, 0, 100)).hasSize(4);
        }
        assertThat(runs).hasValue(20);
    }

    @Test
    void a_wait_whose_event_was_taken_away_goes_on_waiting() {
        begin("order-1");
        workflows.sendEvent("order-1", "approved", "first");
        snapshots.saveSnapshot(snapshots
                .loadSnapshot("order-1")
                .moveTo(new AtSignal("await:approved", "approved", Optional.empty(), Optional.of("second"))));
        signals.consumeEvent("order-1", "approved");
        assertThat(claims.findAvailableTasks(ClaimQuery.of("w", 1, HOUR))).hasSize(1);

        start(task("second", (by, task) -> TaskOutcome.complete(by)));

        await().until(() -> history.listVersions("order-1", 0, 100).size() == 3);
        assertThat(claims.findAvailableTasks(ClaimQuery.of("w", 1, HOUR))).isEmpty();
        workflows.sendEvent("order-1", "approved", "second");
        assertThat(resultOf("order-1")).isEqualTo("\"second\"");
    }

    @Test
    void a_task_is_given_the_same_input_again_after_its_worker_died() {
        TaskClaim dead = diesAt("first");
        start(task("first", (in, task) -> TaskOutcome.complete(in + " at attempt " + task.attempt())));

        assertThat(resultOf("order-1")).isEqualTo("\"in at attempt 2\"");
        assertThat(dead.attempt()).isEqualTo(1);
    }

    @Test
    void the_log_tells_what_became_of_an_instance() {
        start(task("first", (in, task) -> TaskOutcome.fail("out of stock")));
        begin("order-1");
        errorOf("order-1");

        assertThat(events.listEvents("order-1", 0, 100))
                .extracting(WorkflowEvent::kind)
                .containsExactly(WorkflowEvent.Kind.STARTED, WorkflowEvent.Kind.FAILED);
    }

    /** A claim that soon ends, of a process that is no more. */
    private TaskClaim diesAt(String taskId) {
        begin("order-1");
        return claims.claimTask("order-1", taskId, "dead", Duration.ofMillis(50))
                .orElseThrow();
    }

    private boolean isParked(String instanceId) {
        return snapshots.loadSnapshot(instanceId).openTask().orElseThrow().waiting();
    }
}
