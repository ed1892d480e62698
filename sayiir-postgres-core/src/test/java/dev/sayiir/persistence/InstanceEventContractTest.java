package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.event.TaskBlockedEvent;
import dev.sayiir.event.WorkflowCancelledEvent;
import dev.sayiir.event.WorkflowCompletedEvent;
import dev.sayiir.event.WorkflowFailedEvent;
import dev.sayiir.persistence.TaskRefusal.Outcome;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The listener of a backend hears of every end and every block, whichever operation makes it so, and of each once. */
class InstanceEventContractTest extends ContractTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final SignalRequest ASKED = SignalRequest.of("out of stock", "ada");

    @Test
    void tells_of_tasks_whose_commit_ends_their_instance_alone_and_in_a_group() {
        for (int i = 1; i <= 5; i++) {
            store.createSnapshot(order("order-" + i));
        }
        ClaimedTask first = claimed("order-1");
        claims.commitTask(
                first.claim(),
                first.snapshot().completeTask("reserve", output("out")).complete(output("result")),
                Optional.empty());
        ClaimedTask second = claimed("order-2");
        ClaimedTask third = claimed("order-3");
        ClaimedTask fourth = claimed("order-4");

        assertThat(claims.commitTasks(List.of(
                        commit(second, second.snapshot().fail("card declined")),
                        commit(
                                third,
                                third.snapshot()
                                        .completeTask("reserve", output("out"))
                                        .moveTo(new AtTask("ship"))),
                        commit(fourth, fourth.snapshot().complete(output("result"))))))
                .allMatch(CommitResult.Stored.class::isInstance);
        ClaimedTask fifth = claimed("order-5");
        claims.commitTasks(List.of(commit(fifth, fifth.snapshot().fail("lost"))));

        assertThat(told)
                .containsExactlyInAnyOrder(
                        new WorkflowCompletedEvent("order-1", "fulfilment-v1"),
                        new WorkflowFailedEvent("order-2", "fulfilment-v1", "card declined"),
                        new WorkflowCompletedEvent("order-4", "fulfilment-v1"),
                        new WorkflowFailedEvent("order-5", "fulfilment-v1", "lost"));
    }

    @Test
    void tells_of_an_end_that_is_saved_and_of_no_other_save() {
        WorkflowSnapshot saved = store.saveSnapshot(order("order-1"));
        saved = store.saveSnapshot(saved.completeTask("reserve", output("out")).moveTo(new AtTask("ship")));
        assertThat(told).isEmpty();

        store.saveSnapshot(saved.complete(output("done")));
        store.createSnapshot(order("order-2").fail("no such article"));
        store.saveSnapshotIfVersion(store.createSnapshot(order("order-3")).fail("no stock"), 1);

        assertThat(told)
                .containsExactly(
                        new WorkflowCompletedEvent("order-1", "fulfilment-v1"),
                        new WorkflowFailedEvent("order-2", "fulfilment-v1", "no such article"),
                        new WorkflowFailedEvent("order-3", "fulfilment-v1", "no stock"));
    }

    @Test
    void tells_of_a_cancel_when_it_takes_effect() {
        store.createSnapshot(order("free"));
        store.createSnapshot(order("held"));
        store.createSnapshot(order("asked"));
        TaskClaim held = claimed("held").claim();

        assertThat(signals.requestCancel("free", ASKED)).isEqualTo(SignalOutcome.APPLIED);
        assertThat(signals.requestCancel("free", ASKED)).isEqualTo(SignalOutcome.UNCHANGED);
        assertThat(signals.requestCancel("held", ASKED)).isEqualTo(SignalOutcome.PENDING);
        signals.requestPause("asked", ASKED);
        signals.storeSignal("asked", SignalKind.CANCEL, SignalRequest.unexplained());
        assertThat(told).containsExactly(cancelled("free"));

        assertThat(signals.checkAndCancel("held", Optional.of("reserve"))).isTrue();
        assertThat(signals.checkAndCancel("held", Optional.of("reserve"))).isFalse();
        assertThat(signals.checkAndCancel("asked", Optional.empty())).isTrue();

        assertThat(held.taskId()).isEqualTo("reserve");
        assertThat(told)
                .containsExactly(
                        cancelled("free"),
                        cancelled("held"),
                        new WorkflowCancelledEvent("asked", "fulfilment-v1", Optional.empty(), Optional.empty()));
    }

    @Test
    void tells_of_a_cancel_that_a_commit_a_refusal_or_a_poll_carries_out() {
        store.createSnapshot(order("commit"));
        ClaimedTask commit = claimed("commit");
        store.createSnapshot(order("refuse"));
        TaskClaim refuse = claimed("refuse").claim();
        store.createSnapshot(order("branch").forkInto("join", Map.of("l", Branch.of("left"), "r", Branch.of("right"))));
        TaskClaim branch =
                claims.claimTask("branch", "left", "worker-1", MINUTE).orElseThrow();
        store.createSnapshot(order("poll"));
        assertThat(claims.claimTask("poll", "reserve", "dead", Duration.ofMillis(1)))
                .isPresent();
        List.of("commit", "refuse", "branch")
                .forEach(id -> assertThat(signals.requestCancel(id, ASKED)).isEqualTo(SignalOutcome.PENDING));
        signals.storeSignal("poll", SignalKind.CANCEL, ASKED);
        assertThat(told).isEmpty();

        claims.commitTasks(List.of(commit(
                commit, commit.snapshot().completeTask("reserve", output("out")).moveTo(new AtTask("ship")))));
        claims.commitBranchTask(branch, new BranchOutcome.Done(output("left")), Optional.empty());
        claims.refuseTasks(List.of(refusal(refuse, MINUTE)));
        await().until(() -> {
            claims.claimAvailableTasks(ClaimQuery.of("worker-2", 10, MINUTE));
            return told.size() == 4;
        });

        assertThat(told)
                .containsExactly(cancelled("commit"), cancelled("branch"), cancelled("refuse"), cancelled("poll"));
    }

    @Test
    void tells_of_an_instance_that_the_event_that_it_awaits_completes() {
        AtSignal wait = new AtSignal("await", "approved", Optional.empty(), Optional.empty());
        store.createSnapshot(order("sent").moveTo(wait));
        store.createSnapshot(order("resumed").moveTo(wait));
        signals.requestPause("resumed", ASKED);
        store.createSnapshot(order("saved").moveTo(wait));

        signals.sendEvent("sent", "approved", output("yes"));
        signals.sendEvent("resumed", "approved", output("yes"));
        signals.unpause("resumed");
        signals.sendEvent("saved", "other", output("yes"));
        signals.consumeEventAndSave("saved", "other", (snapshot, payload) -> snapshot.complete(payload));

        assertThat(told)
                .containsExactly(
                        new WorkflowCompletedEvent("sent", "fulfilment-v1"),
                        new WorkflowCompletedEvent("resumed", "fulfilment-v1"),
                        new WorkflowCompletedEvent("saved", "fulfilment-v1"));
    }

    @Test
    void tells_of_a_blocked_task_but_not_of_one_that_is_left_for_others() {
        store.createSnapshot(order("left"));
        store.createSnapshot(order("blocked"));
        store.createSnapshot(order("branch").forkInto("join", Map.of("l", Branch.of("left"))));
        TaskClaim ofBranch =
                claims.claimTask("branch", "left", "worker-1", MINUTE).orElseThrow();

        assertThat(claims.refuseTasks(List.of(
                        refusal(claimed("left").claim(), MINUTE),
                        refusal(claimed("blocked").claim(), Duration.ZERO),
                        refusal(ofBranch, Duration.ZERO))))
                .containsExactly(Outcome.LEFT, Outcome.BLOCKED, Outcome.BLOCKED);

        assertThat(told)
                .containsExactlyInAnyOrder(
                        blocked("blocked", "reserve", Optional.empty(), BlockReason.CRASHES, "5 crashes"),
                        blocked("branch", "left", Optional.of("l"), BlockReason.CRASHES, "5 crashes"));
    }

    @Test
    void tells_of_tasks_that_are_blocked_since_nobody_has_a_handler_of_them() {
        store.createSnapshot(order("main"));
        store.createSnapshot(order("branch").forkInto("join", Map.of("l", Branch.of("left"))));
        ClaimQuery worker = ClaimQuery.of("worker-1", 10, MINUTE)
                .definitions(Set.of("fulfilment-v1"))
                .taskIds(Set.of("known"))
                .blockAfter(Duration.ZERO);

        assertThat(claims.blockUnhandledTasks(worker)).isEqualTo(2);
        assertThat(claims.blockUnhandledTasks(worker)).isZero();

        assertThat(told)
                .containsExactlyInAnyOrderElementsOf(queries.findBlockedTasks(BlockedQuery.all()).stream()
                        .map(task -> blocked(
                                task.instanceId(), task.taskId(), task.branch(), BlockReason.NO_HANDLER, task.error()))
                        .toList())
                .hasSize(2);
    }

    private ClaimedTask claimed(String instanceId) {
        TaskClaim claim =
                claims.claimTask(instanceId, "reserve", "worker-1", MINUTE).orElseThrow();
        return new ClaimedTask(claim, store.loadSnapshot(instanceId));
    }

    private static TaskCommit commit(ClaimedTask task, WorkflowSnapshot after) {
        return new TaskCommit.OfTask(task.claim(), after, Optional.empty());
    }

    private static TaskRefusal refusal(TaskClaim claim, Duration patience) {
        return new TaskRefusal(claim, BlockReason.CRASHES, "5 crashes", patience, Duration.ZERO, Optional.empty());
    }

    private static WorkflowCancelledEvent cancelled(String instanceId) {
        return new WorkflowCancelledEvent(instanceId, "fulfilment-v1", Optional.of("out of stock"), Optional.of("ada"));
    }

    private static TaskBlockedEvent blocked(
            String instanceId, String taskId, Optional<String> branch, BlockReason reason, String error) {
        return new TaskBlockedEvent(instanceId, "fulfilment-v1", taskId, branch, reason, error);
    }
}
