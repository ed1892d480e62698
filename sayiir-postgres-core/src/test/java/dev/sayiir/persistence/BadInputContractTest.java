package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What signals and claims are given wrongly is refused in words, and nothing of it is written. */
class BadInputContractTest extends ContractTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final SignalRequest ASKED = SignalRequest.unexplained();
    private static final Payload MEBIBYTE = Payload.of(new byte[1024 * 1024]);

    private WorkflowSnapshot stored;

    @BeforeEach
    void createOrder() {
        stored = store.createSnapshot(order("order-1"));
    }

    @ParameterizedTest
    @MethodSource("dev.sayiir.persistence.Examples#badIds")
    void R14_a_text_that_is_no_id_is_refused_by_every_signal_operation(String id) {
        assertRefused(
                () -> signals.storeSignal(id, SignalKind.CANCEL, ASKED),
                () -> signals.getSignal(id, SignalKind.CANCEL),
                () -> signals.findSignalled(List.of("order-1", id), SignalKind.CANCEL),
                () -> signals.clearSignal(id, SignalKind.CANCEL),
                () -> signals.checkAndCancel(id, Optional.empty()),
                () -> signals.checkAndCancel("order-1", Optional.of(id)),
                () -> signals.checkAndPause(id),
                () -> signals.unpause(id),
                () -> signals.requestCancel(id, ASKED),
                () -> signals.requestPause(id, ASKED),
                () -> signals.sendEvent(id, "approved", output("x")),
                () -> signals.sendEvent("order-1", id, output("x")),
                () -> signals.sendEvent("order-1", "approved", output("x"), Optional.of(id)),
                () -> signals.consumeEvent(id, "approved"),
                () -> signals.consumeEvent("order-1", id),
                () -> signals.consumeEventAndSave(id, "approved", (snapshot, event) -> snapshot),
                () -> signals.consumeEventAndSave("order-1", id, (snapshot, event) -> snapshot),
                () -> signals.listPendingSignals(id),
                () -> signals.listPendingEvents(id),
                () -> events.listEvents(id, 0, 10));
    }

    @ParameterizedTest
    @MethodSource("dev.sayiir.persistence.Examples#badIds")
    void R17_a_text_that_is_no_id_is_refused_by_every_claim_operation(String id) {
        String forkId = id.length() > 100 ? id.repeat(5) : id;
        ClaimQuery query = ClaimQuery.of("w", 1, MINUTE);
        assertRefused(
                () -> ClaimQuery.of(id, 1, MINUTE),
                () -> query.definitions(Set.of(id)),
                () -> query.tags(Set.of(id)),
                () -> claims.claimTask(id, "reserve", "w", MINUTE),
                () -> claims.claimTask("order-1", forkId, "w", MINUTE),
                () -> claims.claimTask("order-1", "reserve", id, MINUTE),
                () -> claims.findHintedTask(id, "reserve", query),
                () -> claims.findHintedTask("order-1", forkId, query),
                () -> claims.releaseTaskClaims(id));
        assertThat(claims.claimTask("order-1", "reserve", "w", MINUTE)).isPresent();
    }

    private void assertRefused(Runnable... operations) {
        Traces before = tracesOf("order-1");
        List<WorkflowEvent> log = events.listEvents("order-1", 0, 100);
        for (Runnable operation : operations) {
            assertThatIllegalArgumentException().isThrownBy(operation::run).withMessageMatching("(?s).+ .+");
        }
        assertThat(tracesOf("order-1")).isEqualTo(before);
        assertThat(events.listEvents("order-1", 0, 100)).isEqualTo(log);
    }

    @Test
    void R17_a_claim_that_this_store_never_gave_does_nothing() {
        store.createSnapshot(order("order-2"));
        TaskClaim other = claims.claimTask("order-2", "reserve", "w", MINUTE).orElseThrow();
        Traces before = tracesOf("order-1");
        for (long token : new long[] {Long.MIN_VALUE, -1, 0, other.claimToken(), Long.MAX_VALUE}) {
            TaskClaim foreign = new TaskClaim(
                    "order-1",
                    "reserve",
                    "fulfilment-v1",
                    "w",
                    token,
                    1,
                    0,
                    0,
                    Optional.empty(),
                    Instant.EPOCH,
                    Instant.MAX);

            assertThatExceptionOfType(ClaimLostException.class)
                    .isThrownBy(() -> claims.commitTask(
                            foreign, stored.completeTask("reserve", output("x")), Optional.of(MINUTE)));
            assertThatExceptionOfType(ClaimLostException.class)
                    .isThrownBy(() -> claims.extendTaskClaim(foreign, MINUTE));
            assertThat(claims.releaseTaskClaim(foreign)).isFalse();
        }
        assertThat(tracesOf("order-1")).isEqualTo(before);
        assertThat(claims.extendTaskClaim(other, MINUTE).claimToken()).isEqualTo(other.claimToken());
    }

    @Test
    void R17_a_claim_of_an_instance_that_has_been_deleted_does_nothing() {
        TaskClaim claim = claims.claimTask("order-1", "reserve", "w", MINUTE).orElseThrow();
        store.deleteSnapshot("order-1");

        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(
                        () -> claims.commitTask(claim, stored.completeTask("reserve", output("x")), Optional.empty()));
        assertThat(claims.extendTaskClaims(List.of(claim), MINUTE)).isEmpty();
        assertThat(claims.releaseTaskClaim(claim)).isFalse();
        assertThat(store.listSnapshots()).isEmpty();
    }

    @Test
    void R20_a_claim_twice_in_a_batch_is_extended_once() {
        TaskClaim claim = claims.claimTask("order-1", "reserve", "w", MINUTE).orElseThrow();

        assertThat(claims.extendTaskClaims(List.of(claim, claim), MINUTE))
                .extracting(TaskClaim::claimToken)
                .containsExactly(claim.claimToken());
    }

    @ParameterizedTest
    @MethodSource("dev.sayiir.persistence.Examples#awkwardIds")
    void R9_any_text_will_do_as_a_name(String name) {
        store.createSnapshot(order(name).moveTo(new AtTask(name)));
        ClaimQuery query = ClaimQuery.of(name, 10, MINUTE);

        TaskClaim claim = claims.claimTask(name, name, name, MINUTE).orElseThrow();
        assertThat(claims.extendTaskClaims(List.of(claim), MINUTE))
                .extracting(TaskClaim::workerId)
                .containsExactly(name);
        assertThat(claims.releaseTaskClaims(name)).isOne();
        assertThat(claims.findHintedTask(name, name, query)).isPresent();
        signals.sendEvent(name, name, output("x"), Optional.of(name));
        assertThat(signals.sendEvent(name, name, output("x"), Optional.of(name)))
                .isEqualTo(EventOutcome.DUPLICATE);
        assertThat(signals.consumeEvent(name, name)).contains(output("x"));
        signals.requestPause(name, SignalRequest.of(name, name));
        assertThat(events.listEvents(name, 0, 100))
                .filteredOn(entry -> entry.kind() == WorkflowEvent.Kind.PAUSED)
                .extracting(WorkflowEvent::requestedBy)
                .containsExactly(Optional.of(name));
    }

    @Test
    void R20_a_mebibyte_comes_back_as_it_was_committed() {
        store.createSnapshot(
                WorkflowSnapshot.start("large", "fulfilment-v1", MEBIBYTE).moveTo(new AtTask("pack")));
        TaskClaim claim = claims.claimTask("large", "pack", "w", MINUTE).orElseThrow();

        claims.commitTask(
                claim,
                store.loadSnapshot("large").completeTask("pack", MEBIBYTE).moveTo(new AtTask("ship")),
                Optional.empty());
        store.saveTaskResult("large", "weigh", MEBIBYTE);

        assertThat(store.loadSnapshot("large").initialInput()).contains(MEBIBYTE);
        assertThat(results.loadTaskResult("large", "pack")).contains(MEBIBYTE);
        assertThat(results.loadTaskResult("large", "weigh")).contains(MEBIBYTE);
    }
}
