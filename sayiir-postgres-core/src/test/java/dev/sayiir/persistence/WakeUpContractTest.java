package dev.sayiir.persistence;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Which operations wake the workers of the same backend. */
class WakeUpContractTest extends ContractTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final SignalRequest ASKED = SignalRequest.of("because", "me");

    private final AtomicInteger heard = new AtomicInteger();
    private WakeUps.Subscription subscription;
    private WorkflowSnapshot stored;

    @BeforeEach
    void subscribe() {
        stored = store.createSnapshot(at("a", new AtTask("t")));
        subscription = wakeUps.onWakeUp(this::hear);
    }

    @AfterEach
    void unsubscribe() {
        subscription.close();
    }

    @Test
    void R21_what_makes_a_task_due_wakes() {
        assertWakes(() -> store.createSnapshot(at("b", new AtTask("t"))));
        assertWakes(() -> store.saveSnapshot(at("c", new AtTask("t"))));
        assertWakes(() -> stored = store.saveSnapshot(done("t").moveTo(new AtTask("u"))));
        assertWakes(() -> stored = store.saveSnapshotIfVersion(done("u").moveTo(new AtTask("v")), stored.version()));
        assertWakes(() -> store.saveTaskResult("a", "branch", Payload.empty()));
    }

    @Test
    void R21_a_released_claim_wakes_as_the_task_is_free_again() {
        TaskClaim claim = claim("t");
        assertWakes(() -> claims.releaseTaskClaim(claim));
        claim("t");
        assertWakes(() -> claims.releaseTaskClaims("w"));
    }

    @Test
    void R21_a_commit_wakes_only_if_nobody_carries_on() {
        TaskClaim claim = claim("t");
        AtomicReference<CommittedTask> committed = new AtomicReference<>();
        assertDoesNotWake(
                () -> committed.set(claims.commitTask(claim, done("t").moveTo(new AtTask("u")), Optional.of(MINUTE))));
        stored = committed.get().snapshot();
        TaskClaim next = committed.get().next().orElseThrow();
        assertWakes(() -> claims.commitTask(next, done("u").moveTo(new AtTask("v")), Optional.empty()));
    }

    @Test
    void R21_a_resumed_instance_and_a_delivered_event_wake() {
        signals.requestPause("a", ASKED);
        assertWakes(() -> stored = signals.unpause("a"));
        assertWakes(() -> stored = store.saveSnapshot(stored.moveTo(wait("approved"))));
        assertWakes(() ->
                assertThat(signals.sendEvent("a", "approved", Payload.empty())).isEqualTo(EventOutcome.DELIVERED));
    }

    @Test
    void R21_a_wait_whose_event_was_there_wakes_and_who_delivers_it_has_the_next_task() {
        signals.sendEvent("a", "approved", Payload.empty());
        assertWakes(() -> stored = store.saveSnapshot(stored.moveTo(wait("approved"))));
        assertDoesNotWake(() -> assertThat(claims.claimAvailableTasks(ClaimQuery.of("w", 1, MINUTE)))
                .hasSize(1));
    }

    @Test
    void R21_a_consumed_event_and_what_follows_from_it_wake() {
        signals.sendEvent("a", "approved", Payload.empty());
        assertWakes(() -> signals.consumeEventAndSave(
                "a",
                "approved",
                (snapshot, payload) -> snapshot.completeTask("t", payload).moveTo(new AtTask("u"))));
    }

    @Test
    void R21_what_makes_nothing_due_does_not_wake() {
        assertDoesNotWake(() -> signals.sendEvent("a", "kept", Payload.empty()));
        assertDoesNotWake(() -> signals.consumeEvent("a", "kept"));
        assertDoesNotWake(() -> signals.requestPause("a", ASKED));
        assertDoesNotWake(() -> store.createSnapshot(WorkflowSnapshot.start("b", "d", Payload.empty())));
        Instant later = Instant.now().plus(MINUTE);
        assertDoesNotWake(
                () -> store.saveSnapshot(at("c", new AtDelay("delay", Instant.now(), later, Optional.empty()))));
        assertDoesNotWake(() -> store.saveSnapshot(at("d", new AtTask("t")).complete(Payload.empty())));
        assertDoesNotWake(() -> claims.claimAvailableTasks(ClaimQuery.of("w", 10, MINUTE)));
        assertDoesNotWake(() -> claims.releaseTaskClaims("nobody"));
        assertDoesNotWake(() -> signals.requestCancel("a", ASKED));
        assertDoesNotWake(() -> store.deleteSnapshot("a"));
    }

    @Test
    void R21_a_listener_that_fails_holds_up_neither_the_others_nor_the_operation() {
        CountDownLatch called = new CountDownLatch(1);
        try (var failing = wakeUps.onWakeUp(source -> {
            called.countDown();
            throw new IllegalStateException("on purpose");
        })) {
            assertWakes(() -> store.createSnapshot(at("b", new AtTask("t"))));
            await().until(() -> called.getCount() == 0);
            assertWakes(() -> store.createSnapshot(at("c", new AtTask("t"))));
        }
    }

    @Test
    void R21_whoever_has_unsubscribed_hears_nothing() {
        AtomicInteger heardBefore = new AtomicInteger();
        wakeUps.onWakeUp(source -> heardBefore.incrementAndGet()).close();
        assertWakes(() -> store.createSnapshot(at("b", new AtTask("t"))));
        assertThat(heardBefore).hasValue(0);
    }

    private void hear(WakeUpSource source) {
        if (source == WakeUpSource.LOCAL) {
            heard.incrementAndGet();
        }
    }

    private void assertWakes(Runnable operation) {
        int before = heard.get();
        operation.run();
        await().until(() -> heard.get() > before);
        assertThat(heard).as("wake-ups").hasValue(before + 1);
    }

    /** Wake-ups come in order, so one that follows shows that there was none before it. */
    private void assertDoesNotWake(Runnable operation) {
        int before = heard.get();
        operation.run();
        store.saveSnapshot(at("fence-" + before, new AtTask("t")));
        await().until(() -> heard.get() > before);
        store.deleteSnapshot("fence-" + before);
        assertThat(heard).as("wake-ups").hasValue(before + 1);
    }

    private TaskClaim claim(String taskId) {
        return claims.claimTask("a", taskId, "w", MINUTE).orElseThrow();
    }

    private WorkflowSnapshot done(String taskId) {
        return stored.completeTask(taskId, Payload.empty());
    }

    private static AtSignal wait(String event) {
        return new AtSignal("wait", event, Optional.empty(), Optional.of("after"));
    }

    private static WorkflowSnapshot at(String instanceId, ExecutionPosition position) {
        return WorkflowSnapshot.start(instanceId, "d", Payload.empty()).moveTo(position);
    }
}
