package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.THEN;
import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sayiir.persistence.WorkflowEvent.Kind;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.Cancelled;
import dev.sayiir.workflow.WorkflowState.Paused;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class SignalContractTest extends ContractTest {

    private static final SignalRequest ASKED = SignalRequest.of("changed her mind", "support");
    private static final SignalRequest ASKED_AGAIN = SignalRequest.of("really", "boss");

    @ParameterizedTest
    @EnumSource
    void R14_a_stored_signal_is_pending_until_it_is_cleared(SignalKind kind) {
        store.createSnapshot(order("order-1"));

        signals.storeSignal("order-1", kind, ASKED);

        PendingSignal pending = signals.getSignal("order-1", kind).orElseThrow();
        assertThat(pending.kind()).isEqualTo(kind);
        assertThat(pending.request()).isEqualTo(ASKED);
        assertThat(signals.listPendingSignals("order-1")).containsExactly(pending);
        assertThat(store.loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.IN_PROGRESS);

        signals.clearSignal("order-1", kind);
        signals.clearSignal("order-1", kind);
        assertThat(signals.getSignal("order-1", kind)).isEmpty();
    }

    @ParameterizedTest
    @EnumSource
    void R14_who_has_been_asked_is_found_among_many(SignalKind kind) {
        for (String id : List.of("asked", "asked-of-another-kind", "taken-back", "not-asked")) {
            store.createSnapshot(order(id));
        }
        signals.storeSignal("asked", kind, ASKED);
        signals.storeSignal("asked-of-another-kind", other(kind), ASKED);
        signals.storeSignal("taken-back", kind, ASKED);
        signals.clearSignal("taken-back", kind);
        signals.sendEvent("not-asked", "paid", output("paid"));

        assertThat(signals.findSignalled(
                        List.of("asked", "asked-of-another-kind", "taken-back", "not-asked", "nobody", "asked"), kind))
                .containsExactly("asked");
        assertThat(signals.findSignalled(List.of("not-asked"), kind)).isEmpty();
        assertThat(signals.findSignalled(List.of(), kind)).isEmpty();
    }

    private static SignalKind other(SignalKind kind) {
        return kind == SignalKind.CANCEL ? SignalKind.PAUSE : SignalKind.CANCEL;
    }

    @ParameterizedTest
    @EnumSource
    void R14_a_later_signal_takes_the_place_of_an_earlier_one(SignalKind kind) {
        store.createSnapshot(order("order-1"));
        signals.storeSignal("order-1", kind, ASKED);
        signals.storeSignal("order-1", kind, ASKED_AGAIN);

        assertThat(signals.listPendingSignals("order-1"))
                .extracting(PendingSignal::request)
                .containsExactly(ASKED_AGAIN);
    }

    @Test
    void R14_the_state_of_an_instance_decides_what_it_can_be_asked() {
        store.createSnapshot(order("paused").pause(Optional.empty(), Optional.empty(), THEN));
        store.createSnapshot(order("completed").complete(output("done")));
        store.createSnapshot(order("failed").fail("lost"));
        store.createSnapshot(order("cancelled").cancel(Optional.empty(), Optional.empty(), THEN, Optional.empty()));

        signals.storeSignal("paused", SignalKind.CANCEL, ASKED);
        assertThat(signals.getSignal("paused", SignalKind.CANCEL)).isPresent();
        signals.storeSignal("paused", SignalKind.PAUSE, ASKED);
        assertThat(signals.getSignal("paused", SignalKind.PAUSE)).isEmpty();
        signals.storeSignal("cancelled", SignalKind.CANCEL, ASKED);
        assertThat(signals.getSignal("cancelled", SignalKind.CANCEL)).isEmpty();
        assertThat(signals.requestPause("paused", ASKED)).isEqualTo(SignalOutcome.UNCHANGED);
        assertThat(signals.requestCancel("cancelled", ASKED)).isEqualTo(SignalOutcome.UNCHANGED);

        assertRefused("cancelled", SignalKind.PAUSE, WorkflowStatus.CANCELLED);
        for (SignalKind kind : SignalKind.values()) {
            assertRefused("completed", kind, WorkflowStatus.COMPLETED);
            assertRefused("failed", kind, WorkflowStatus.FAILED);
        }
    }

    private void assertRefused(String instanceId, SignalKind kind, WorkflowStatus status) {
        Traces before = tracesOf(instanceId);
        List<WorkflowEvent> log = events.listEvents(instanceId, 0, 100);
        for (Runnable attempt : List.<Runnable>of(
                () -> signals.storeSignal(instanceId, kind, ASKED), () -> request(kind, instanceId))) {
            assertThatExceptionOfType(SignalRefusedException.class)
                    .isThrownBy(attempt::run)
                    .withMessageContaining(instanceId)
                    .withMessageContaining(status.text())
                    .satisfies(e -> assertThat(e.status()).isEqualTo(status));
        }
        assertThat(tracesOf(instanceId)).isEqualTo(before);
        assertThat(events.listEvents(instanceId, 0, 100)).isEqualTo(log);
    }

    private SignalOutcome request(SignalKind kind, String instanceId) {
        return kind == SignalKind.CANCEL
                ? signals.requestCancel(instanceId, ASKED)
                : signals.requestPause(instanceId, ASKED);
    }

    @Test
    void R14_a_check_carries_out_what_was_asked_for() {
        store.createSnapshot(
                order("order-1").completeTask("reserve", output("shelf 7")).moveTo(new AtTask("charge")));
        assertThat(signals.checkAndCancel("order-1", Optional.of("charge"))).isFalse();
        assertThat(signals.checkAndPause("order-1")).isFalse();
        signals.storeSignal("order-1", SignalKind.CANCEL, ASKED);

        assertThat(signals.checkAndPause("order-1")).isFalse();
        assertThat(signals.checkAndCancel("order-1", Optional.of("charge"))).isTrue();
        assertThat(signals.checkAndCancel("order-1", Optional.of("charge"))).isFalse();

        WorkflowSnapshot loaded = store.loadSnapshot("order-1");
        assertThat(loaded.version()).isEqualTo(2);
        assertThat(loaded.state()).isInstanceOfSatisfying(Cancelled.class, cancelled -> {
            assertThat(cancelled.reason()).contains("changed her mind");
            assertThat(cancelled.cancelledBy()).contains("support");
            assertThat(cancelled.interruptedAtTask()).contains("charge");
            assertThat(cancelled.completedTasks().taskIds()).containsExactly("reserve");
        });
        assertThat(signals.listPendingSignals("order-1")).isEmpty();
        assertThat(queries.findWorkflow("order-1").orElseThrow().currentTaskId())
                .isEmpty();
    }

    @Test
    void R14_a_paused_instance_goes_on_where_it_was_with_all_its_results() {
        WorkflowSnapshot order = store.createSnapshot(
                order("order-1").completeTask("reserve", output("shelf 7")).moveTo(new AtTask("charge")));
        assertThat(signals.requestPause("order-1", ASKED)).isEqualTo(SignalOutcome.APPLIED);
        assertThat(store.loadSnapshot("order-1").state()).isInstanceOfSatisfying(Paused.class, paused -> {
            assertThat(paused.reason()).contains("changed her mind");
            assertThat(paused.pausedBy()).contains("support");
        });
        store.saveTaskResult("order-1", "side", output("done meanwhile"));

        WorkflowSnapshot resumed = signals.unpause("order-1");

        assertThat(resumed).isEqualTo(store.loadSnapshot("order-1"));
        assertThat(resumed.position()).isEqualTo(order.position());
        assertThat(resumed.completedTasks().output("reserve")).contains(output("shelf 7"));
        assertThat(resumed.completedTasks().output("side")).contains(output("done meanwhile"));
        assertThat(signals.listPendingSignals("order-1")).isEmpty();
        assertThatExceptionOfType(SignalRefusedException.class).isThrownBy(() -> signals.unpause("order-1"));
        assertThat(store.saveSnapshot(resumed.completeTask("charge", output("paid")))
                        .version())
                .isEqualTo(5);
    }

    @Test
    void R15_a_cancel_reaches_a_paused_instance() {
        store.createSnapshot(order("order-1"));
        signals.requestPause("order-1", ASKED);

        assertThat(signals.requestCancel("order-1", ASKED_AGAIN)).isEqualTo(SignalOutcome.APPLIED);
        assertThat(store.loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.CANCELLED);
    }

    @Test
    void R10_nothing_stays_pending_once_an_instance_has_ended() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        signals.storeSignal("order-1", SignalKind.CANCEL, ASKED);
        signals.storeSignal("order-1", SignalKind.PAUSE, ASKED);
        signals.sendEvent("order-1", "approved", output("x"));

        store.saveSnapshot(order.complete(output("done")));

        assertThat(signals.listPendingSignals("order-1")).isEmpty();
        assertThat(signals.listPendingEvents("order-1")).isEmpty();
        assertThat(signals.checkAndCancel("order-1", Optional.empty())).isFalse();
        assertThat(signals.checkAndPause("order-1")).isFalse();
    }

    @Test
    void R14_an_instance_that_is_not_there_has_no_signals_and_cannot_be_sent_any() {
        assertThat(signals.getSignal("order-1", SignalKind.CANCEL)).isEmpty();
        signals.clearSignal("order-1", SignalKind.CANCEL);
        assertThat(signals.checkAndCancel("order-1", Optional.empty())).isFalse();
        assertThat(signals.checkAndPause("order-1")).isFalse();
        assertThat(signals.listPendingSignals("order-1")).isEmpty();
        for (Runnable attempt : List.<Runnable>of(
                () -> signals.storeSignal("order-1", SignalKind.PAUSE, ASKED),
                () -> signals.requestCancel("order-1", ASKED),
                () -> signals.requestPause("order-1", ASKED),
                () -> signals.unpause("order-1"),
                () -> events.listEvents("order-1", 0, 10))) {
            assertThatExceptionOfType(SnapshotNotFoundException.class).isThrownBy(attempt::run);
        }
    }

    @Test
    void the_log_tells_the_whole_life_of_an_instance() {
        store.createSnapshot(order("order-1"));
        signals.requestPause("order-1", ASKED);
        signals.unpause("order-1");
        signals.storeSignal("order-1", SignalKind.PAUSE, ASKED);
        signals.clearSignal("order-1", SignalKind.PAUSE);
        WorkflowSnapshot order = store.loadSnapshot("order-1");
        order = store.saveSnapshot(order.completeTask("reserve", output("shelf 7")));
        store.saveSnapshot(order.fail("card refused"));

        List<WorkflowEvent> log = events.listEvents("order-1", 0, 100);
        assertThat(log)
                .extracting(WorkflowEvent::kind)
                .containsExactly(
                        Kind.STARTED,
                        Kind.PAUSE_REQUESTED,
                        Kind.PAUSED,
                        Kind.RESUMED,
                        Kind.PAUSE_REQUESTED,
                        Kind.FAILED);
        assertThat(log.get(2).reason()).contains("changed her mind");
        assertThat(log.get(2).requestedBy()).contains("support");
        assertThat(log.get(5).reason()).contains("card refused");
        assertThat(log)
                .filteredOn(entry -> entry.kind() == Kind.PAUSE_REQUESTED)
                .allMatch(entry -> entry.consumedAt().isPresent());
        assertThat(log).isSortedAccordingTo((a, b) -> Long.compare(a.id(), b.id()));
        assertThat(events.listEvents("order-1", log.get(1).id(), 2)).isEqualTo(log.subList(2, 4));
        assertThat(events.tailEvents(log.get(0).id() - 1, 100)).containsAll(log);

        store.deleteSnapshot("order-1");
        store.createSnapshot(order("order-1"));
        assertThat(events.listEvents("order-1", 0, 100))
                .extracting(WorkflowEvent::kind)
                .containsExactly(Kind.STARTED);
    }
}
