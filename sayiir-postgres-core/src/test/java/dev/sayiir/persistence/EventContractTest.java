package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.Completed;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class EventContractTest extends ContractTest {

    private static final AtSignal WAIT = new AtSignal("wait", "approved", Optional.empty(), Optional.of("ship"));

    @Test
    void R14_an_event_wakes_the_instance_that_waits_for_it() {
        store.createSnapshot(order("order-1").moveTo(WAIT));

        assertThat(signals.sendEvent("order-1", "approved", output("by ada"))).isEqualTo(EventOutcome.DELIVERED);

        WorkflowSnapshot woken = store.loadSnapshot("order-1");
        assertThat(woken.position()).contains(new AtTask("ship"));
        assertThat(woken.completedTasks().output("wait")).contains(output("by ada"));
        assertThat(results.loadTaskResult("order-1", "wait")).contains(output("by ada"));
        assertThat(signals.listPendingEvents("order-1")).isEmpty();
        assertThat(idsOf(WorkflowQuery.all().atTask("ship"))).containsExactly("order-1");
        assertThat(idsOf(WorkflowQuery.all().atTask("wait"))).isEmpty();
    }

    @Test
    void R14_an_event_that_ends_the_last_wait_completes_the_workflow_and_is_its_result() {
        store.createSnapshot(
                order("order-1").moveTo(new AtSignal("wait", "approved", Optional.empty(), Optional.empty())));

        signals.sendEvent("order-1", "approved", Payload.empty());

        assertThat(store.loadSnapshot("order-1").state()).isEqualTo(new Completed(Payload.empty()));
        assertThat(results.loadTaskResult("order-1", "wait")).contains(Payload.empty());
    }

    @Test
    void R16_events_of_one_name_are_consumed_in_the_order_in_which_they_were_sent() {
        store.createSnapshot(order("order-1"));
        for (int i = 0; i < 3; i++) {
            assertThat(signals.sendEvent("order-1", "approved", output("no. " + i)))
                    .isEqualTo(EventOutcome.BUFFERED);
            signals.sendEvent("order-1", "other", output("other"));
        }

        assertThat(signals.listPendingEvents("order-1"))
                .extracting(PendingEvent::name)
                .hasSize(6);
        for (int i = 0; i < 3; i++) {
            assertThat(signals.consumeEvent("order-1", "approved")).contains(output("no. " + i));
        }
        assertThat(signals.consumeEvent("order-1", "approved")).isEmpty();
        assertThat(signals.consumeEvent("order-1", "other")).contains(output("other"));
    }

    @Test
    void R16_a_delivery_never_overtakes_an_older_event_of_that_name() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        signals.sendEvent("order-1", "approved", output("first"));
        store.saveSnapshot(order.moveTo(WAIT));

        assertThat(signals.sendEvent("order-1", "approved", output("second"))).isEqualTo(EventOutcome.DELIVERED);

        assertThat(results.loadTaskResult("order-1", "wait")).contains(output("first"));
        assertThat(signals.consumeEvent("order-1", "approved")).contains(output("second"));
    }

    @Test
    void R14_an_event_that_came_during_a_pause_wakes_the_instance_when_it_goes_on() {
        store.createSnapshot(order("order-1").moveTo(WAIT));
        signals.requestPause("order-1", SignalRequest.unexplained());
        assertThat(signals.sendEvent("order-1", "approved", output("by ada"))).isEqualTo(EventOutcome.BUFFERED);

        WorkflowSnapshot resumed = signals.unpause("order-1");

        assertThat(resumed.position()).contains(new AtTask("ship"));
        assertThat(resumed).isEqualTo(store.loadSnapshot("order-1"));
        assertThat(signals.listPendingEvents("order-1")).isEmpty();
    }

    @Test
    void R14_an_event_of_another_name_is_kept() {
        store.createSnapshot(order("order-1").moveTo(WAIT));

        assertThat(signals.sendEvent("order-1", "refused", output("x"))).isEqualTo(EventOutcome.BUFFERED);
        assertThat(store.loadSnapshot("order-1").position()).contains(WAIT);
    }

    @Test
    void R16_consuming_an_event_and_saving_what_follows_is_one_step() {
        store.createSnapshot(order("order-1").moveTo(WAIT));
        signals.requestPause("order-1", SignalRequest.unexplained());
        signals.sendEvent("order-1", "approved", output("by ada"));
        assertThat(signals.consumeEventAndSave("order-1", "other", (snapshot, payload) -> snapshot))
                .isEmpty();

        WorkflowSnapshot saved = signals.consumeEventAndSave(
                        "order-1",
                        "approved",
                        (snapshot, payload) ->
                                snapshot.unpause().completeTask("wait", payload).moveTo(new AtTask("pack")))
                .orElseThrow();

        assertThat(saved).isEqualTo(store.loadSnapshot("order-1"));
        assertThat(saved.completedTasks().output("wait")).contains(output("by ada"));
        assertThat(signals.listPendingEvents("order-1")).isEmpty();
    }

    @Test
    void R16_if_what_follows_fails_the_event_is_not_consumed() {
        store.createSnapshot(order("order-1"));
        signals.sendEvent("order-1", "approved", output("by ada"));
        Traces before = tracesOf("order-1");

        assertThatThrownBy(() -> signals.consumeEventAndSave("order-1", "approved", (snapshot, payload) -> {
                    throw new IllegalStateException("not today");
                }))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("not today");
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        signals.consumeEventAndSave("order-1", "approved", (snapshot, payload) -> order("order-2")))
                .withMessageContaining("order-2");

        assertThat(tracesOf("order-1")).isEqualTo(before);
        assertThat(signals.consumeEvent("order-1", "approved")).contains(output("by ada"));
    }

    @Test
    void R10_a_finished_instance_takes_no_event() {
        store.createSnapshot(order("order-1").complete(output("done")));

        for (Runnable attempt : List.<Runnable>of(
                () -> signals.sendEvent("order-1", "approved", output("x")),
                () -> signals.consumeEventAndSave("order-1", "approved", (snapshot, payload) -> snapshot))) {
            assertThatExceptionOfType(TerminalStateException.class)
                    .isThrownBy(attempt::run)
                    .satisfies(e -> assertThat(e.status()).isEqualTo(WorkflowStatus.COMPLETED));
        }
        assertThat(signals.listPendingEvents("order-1")).isEmpty();
    }

    @Test
    void R16_an_event_with_a_key_is_taken_once_however_often_it_is_sent() {
        store.createSnapshot(order("order-1"));
        store.createSnapshot(order("order-2"));
        Optional<String> key = Optional.of("message-17");

        assertThat(signals.sendEvent("order-1", "approved", output("first"), key))
                .isEqualTo(EventOutcome.BUFFERED);
        assertThat(signals.sendEvent("order-1", "approved", output("again"), key))
                .isEqualTo(EventOutcome.DUPLICATE);
        assertThat(signals.sendEvent("order-2", "approved", output("other"), key))
                .isEqualTo(EventOutcome.BUFFERED);
        assertThat(signals.consumeEvent("order-1", "approved")).contains(output("first"));
        assertThat(signals.sendEvent("order-1", "approved", output("again"), key))
                .isEqualTo(EventOutcome.DUPLICATE);
        assertThat(signals.consumeEvent("order-1", "approved")).isEmpty();

        store.saveSnapshot(store.loadSnapshot("order-1").complete(output("done")));
        assertThat(signals.sendEvent("order-1", "approved", output("again"), key))
                .isEqualTo(EventOutcome.DUPLICATE);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> signals.sendEvent("order-2", "approved", output("x"), Optional.of("")));
    }

    @Test
    void R14_an_event_for_an_instance_that_is_not_there_is_refused_and_none_can_be_consumed() {
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> signals.sendEvent("order-1", "approved", output("x")));
        assertThat(signals.consumeEvent("order-1", "approved")).isEmpty();
        assertThat(signals.listPendingEvents("order-1")).isEmpty();
    }

    @Test
    void R16_any_name_and_any_size_of_payload_will_do() {
        store.createSnapshot(order("order-1"));
        Payload large = Payload.of(new byte[1024 * 1024]);
        for (String name : List.of("a", "naïve ☕ 'quoted' \"twice\" \\ 🛒", "x".repeat(256))) {
            signals.sendEvent("order-1", name, large);
            signals.sendEvent("order-1", name, Payload.empty());
            assertThat(signals.listPendingEvents("order-1"))
                    .extracting(PendingEvent::payloadSize)
                    .containsExactly(large.size(), 0);
            assertThat(signals.consumeEvent("order-1", name)).contains(large);
            assertThat(signals.consumeEvent("order-1", name)).contains(Payload.empty());
        }
    }

    @Test
    void R14_a_text_that_is_no_name_is_refused() {
        store.createSnapshot(order("order-1"));
        for (String name : List.of("", "x".repeat(257), "a\0b", "\ud800")) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> signals.sendEvent("order-1", name, output("x")))
                    .withMessageContaining("event name");
            assertThatIllegalArgumentException().isThrownBy(() -> signals.consumeEvent("order-1", name));
        }
        assertThatIllegalArgumentException().isThrownBy(() -> SignalRequest.of("a\0b", "me"));
        assertThatIllegalArgumentException().isThrownBy(() -> events.listEvents("order-1", -1, 1));
        assertThatIllegalArgumentException().isThrownBy(() -> events.tailEvents(0, 0));
    }
}
