package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sayiir.persistence.BranchOutcome.Done;
import dev.sayiir.persistence.BranchOutcome.Next;
import dev.sayiir.persistence.BranchOutcome.Retry;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** R25: every value that is stored has a limit, which is said before anything is written. */
class ValueLimitsContractTest extends ContractTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Payload LARGE = Payload.of(new byte[ValueLimits.DEFAULT_MAX_PAYLOAD_BYTES + 1]);
    private static final String LONG = "ä".repeat(ValueLimits.MAX_TEXT_BYTES / 2) + "!";

    @Test
    void R25_an_initial_input_that_is_too_large_is_refused() {
        WorkflowSnapshot large =
                WorkflowSnapshot.start("order-1", "fulfilment-v1", LARGE).moveTo(new AtTask("reserve"));
        assertTooLarge("initial input", () -> store.createSnapshot(large));
        assertTooLarge("initial input", () -> store.saveSnapshot(large));
        assertThat(store.listSnapshots()).isEmpty();

        store.createSnapshot(order("order-1"));
        Traces before = tracesOf("order-1");
        assertTooLarge("initial input", () -> store.saveSnapshot(large));
        assertThat(tracesOf("order-1")).isEqualTo(before);
    }

    @Test
    void R25_an_output_that_is_too_large_is_refused_by_whatever_would_store_it() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        signals.sendEvent("order-1", "paid", output("42 EUR"));
        TaskClaim claim = claims.claimTask("order-1", "reserve", "w", MINUTE).orElseThrow();
        WorkflowSnapshot done = order.completeTask("reserve", LARGE).moveTo(new AtTask("pack"));
        Traces before = tracesOf("order-1");
        String value = "output of task 'reserve'";

        assertTooLarge(value, () -> store.saveSnapshot(done));
        assertTooLarge(value, () -> store.saveSnapshotIfVersion(done, 1));
        assertTooLarge(value, () -> store.saveTaskResult("order-1", "reserve", LARGE));
        assertTooLarge(value, () -> claims.commitTask(claim, done, Optional.of(MINUTE)));
        assertTooLarge(
                value,
                () -> signals.consumeEventAndSave(
                        "order-1", "paid", (snapshot, event) -> snapshot.completeTask("reserve", LARGE)));

        assertThat(tracesOf("order-1")).isEqualTo(before);
        assertThat(signals.listPendingEvents("order-1")).hasSize(1);
        claims.commitTask(
                claim, order.completeTask("reserve", output("shelf 7")).moveTo(new AtTask("pack")), Optional.empty());
    }

    @Test
    void R27_one_that_is_too_large_in_a_group_leaves_the_others_alone() {
        for (String id : List.of("order-1", "order-2")) {
            store.createSnapshot(order(id));
        }
        List<TaskCommit> commits = claims.claimAvailableTasks(ClaimQuery.of("w", 2, MINUTE)).stream()
                .<TaskCommit>map(task -> new TaskCommit.OfTask(
                        task.claim(),
                        task.snapshot()
                                .completeTask(
                                        "reserve",
                                        task.claim().instanceId().equals("order-1") ? LARGE : output("shelf 7"))
                                .moveTo(new AtTask("pack")),
                        Optional.empty()))
                .toList();

        List<CommitResult> outcomes = claims.commitTasks(commits);

        assertThat(outcomes).hasSize(2);
        for (int i = 0; i < 2; i++) {
            if (commits.get(i).claim().instanceId().equals("order-1")) {
                assertThat(((CommitResult.NotStored) outcomes.get(i)).reason())
                        .isInstanceOf(ValueTooLargeException.class);
            } else {
                assertThat(outcomes.get(i)).isInstanceOf(CommitResult.Stored.class);
            }
        }
    }

    @Test
    void R25_what_comes_out_of_a_branch_is_refused_if_it_is_too_large() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        store.saveSnapshot(order.completeTask("reserve", output("shelf 7"))
                .forkInto("ship", Map.of("parcel", Branch.of("do-parcel"))));
        TaskClaim claim =
                claims.claimAvailableTasks(ClaimQuery.of("w", 1, MINUTE)).get(0).claim();
        Traces before = tracesOf("order-1");
        String value = "output of task 'do-parcel'";

        assertTooLarge(value, () -> claims.commitBranchTask(claim, new Done(LARGE), Optional.empty()));
        assertTooLarge(
                value,
                () -> claims.commitBranchTask(claim, new Next(LARGE, "weigh", Optional.empty()), Optional.empty()));
        assertTooLarge(
                "error of task 'do-parcel'",
                () -> claims.commitBranchTask(claim, new Retry(LONG, MINUTE), Optional.empty()));
        assertThat(tracesOf("order-1")).isEqualTo(before);
        claims.commitBranchTask(claim, new Done(output("2 kg")), Optional.empty());
    }

    @Test
    void R25_an_event_that_is_too_large_is_refused() {
        store.createSnapshot(order("order-1"));
        assertTooLarge("payload of event 'paid'", () -> signals.sendEvent("order-1", "paid", LARGE));
        assertThat(signals.listPendingEvents("order-1")).isEmpty();
    }

    @Test
    void R25_texts_that_are_too_long_are_refused() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        Traces before = tracesOf("order-1");
        SignalRequest reason = new SignalRequest(Optional.of(LONG), Optional.empty());
        SignalRequest requester = new SignalRequest(Optional.empty(), Optional.of(LONG));

        assertTooLarge("error", () -> store.saveSnapshot(order.fail(LONG)));
        assertTooLarge("reason", () -> signals.storeSignal("order-1", SignalKind.CANCEL, reason));
        assertTooLarge("reason", () -> signals.requestCancel("order-1", reason));
        assertTooLarge("requester", () -> signals.requestPause("order-1", requester));
        assertThat(tracesOf("order-1")).isEqualTo(before);
        assertThat(events.listEvents("order-1", 0, 10)).hasSize(1);

        String longest = "x".repeat(ValueLimits.MAX_TEXT_BYTES);
        signals.requestPause("order-1", SignalRequest.of(longest, "ann"));
        signals.unpause("order-1");
        store.saveSnapshot(store.loadSnapshot("order-1").fail(longest));
        assertThat(queries.findWorkflow("order-1").orElseThrow().error()).contains(longest);
    }

    private static void assertTooLarge(String value, Runnable operation) {
        assertThatExceptionOfType(ValueTooLargeException.class)
                .isThrownBy(operation::run)
                .satisfies(e -> {
                    assertThat(e.instanceId()).isEqualTo("order-1");
                    assertThat(e.bytes()).isEqualTo(e.limit() + 1);
                    assertThat(e)
                            .hasMessageStartingWith("Instance 'order-1': the " + value + " has " + e.bytes()
                                    + " bytes, and the limit is " + e.limit() + ". Nothing was written.");
                    if (e.limit() == ValueLimits.DEFAULT_MAX_PAYLOAD_BYTES) {
                        assertThat(e).hasMessageContaining("sayiir.postgres.payload.max-size");
                    }
                });
    }
}
