package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.BranchOutcome.Done;
import dev.sayiir.persistence.BranchOutcome.Next;
import dev.sayiir.persistence.BranchOutcome.Retry;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** When a task is due that is claimed, or that is not to be dispatched before a time, or whose instance is paused. */
class ClaimTimesContractTest extends ContractTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final Duration DAY = Duration.ofDays(1);
    private static final SignalRequest ASKED = SignalRequest.of("audit", "ann");

    private Optional<Instant> readyAt(String taskId) {
        return queries.listTasks("order-1").stream()
                .filter(task -> task.taskId().equals(taskId))
                .findFirst()
                .orElseThrow()
                .readyAt();
    }

    private TaskClaim extended(TaskClaim claim, Duration ttl) {
        List<TaskClaim> extended = claims.extendTaskClaims(List.of(claim), ttl);
        assertThat(extended).hasSize(1);
        return extended.get(0);
    }

    private TaskClaim claim(String taskId) {
        return claims.claimTask("order-1", taskId, "w", HOUR).orElseThrow();
    }

    @Test
    void R17_a_back_off_that_ends_after_the_claim_is_neither_shortened_by_its_extension_nor_by_its_release() {
        store.createSnapshot(order("order-1"));
        TaskClaim claim = claim("reserve");
        Instant later = claim.claimedAt().plus(DAY).truncatedTo(ChronoUnit.SECONDS);
        backOff(later);
        assertThat(readyAt("reserve")).contains(later);

        extended(claim, HOUR.multipliedBy(2));
        assertThat(readyAt("reserve")).contains(later);
        claims.releaseTaskClaim(claim);

        assertThat(readyAt("reserve")).contains(later);
    }

    @Test
    void R17_a_claim_that_is_extended_beyond_a_back_off_is_exclusive_until_its_end() {
        store.createSnapshot(order("order-1"));
        TaskClaim claim = claim("reserve");
        backOff(claim.claimedAt().plus(HOUR.multipliedBy(2)));

        TaskClaim longer = extended(claim, DAY);

        assertThat(readyAt("reserve")).contains(longer.expiresAt());
    }

    private void backOff(Instant until) {
        RetryPolicy policy = new RetryPolicy(3, Duration.ofSeconds(1), 2f, Optional.empty());
        WorkflowSnapshot stored = store.loadSnapshot("order-1");
        store.saveSnapshot(stored.toBuilder()
                .taskRetry("reserve", new TaskRetry(1, policy, "timed out", Optional.empty(), until))
                .build());
    }

    @Test
    void R15_the_task_of_a_paused_instance_is_not_made_due_by_an_extension_or_a_release() {
        store.createSnapshot(order("order-1"));
        TaskClaim claim = claim("reserve");
        signals.storeSignal("order-1", SignalKind.PAUSE, ASKED);
        signals.checkAndPause("order-1");

        extended(claim, DAY);
        assertThat(readyAt("reserve")).isEmpty();
        claims.releaseTaskClaim(claim);
        assertThat(readyAt("reserve")).isEmpty();
        signals.unpause("order-1");
        assertThat(readyAt("reserve")).isPresent();
    }

    @Test
    void R17_a_task_that_is_claimed_while_its_instance_is_paused_and_resumed_is_not_due_before_the_claim_ends() {
        store.createSnapshot(order("order-1"));
        Instant end = claim("reserve").expiresAt();

        pauseAndResume();

        assertThat(readyAt("reserve")).contains(end);
    }

    @Test
    void R17_so_is_the_task_of_a_branch() {
        fork();
        Instant end = claim("do-parcel").expiresAt();

        pauseAndResume();

        assertThat(readyAt("do-parcel")).contains(end);
    }

    @Test
    void R17_so_it_is_if_its_fork_is_saved_anew_meanwhile() {
        fork();
        WorkflowSnapshot atFork = store.loadSnapshot("order-1");
        store.saveTaskResult("order-1", "weigh", output("2 kg"));
        Instant end = claim("do-parcel").expiresAt();

        store.saveSnapshot(atFork);

        assertThat(readyAt("do-parcel")).contains(end);
    }

    @Test
    void a_branch_that_waits_goes_on_waiting_after_a_pause() {
        fork();
        claims.commitBranchTask(
                claim("do-parcel"), new Next(output("packed"), "weigh", Optional.of(DAY)), Optional.of(HOUR));
        claims.commitBranchTask(claim("do-invoice"), new Retry("no paper", DAY), Optional.empty());
        Instant weigh = readyAt("weigh").orElseThrow();
        Instant invoice = readyAt("do-invoice").orElseThrow();

        pauseAndResume();

        Instant almost = invoice.plusMillis(1); // the store may have read its clock twice
        assertThat(readyAt("weigh")).contains(weigh);
        assertThat(readyAt("do-invoice").orElseThrow()).isBetween(invoice, almost);
    }

    @Test
    void a_branch_that_fails_while_its_instance_is_paused_waits_from_then_on_but_is_not_due_before_it_is_resumed() {
        fork();
        TaskClaim claim = claim("do-parcel");
        signals.storeSignal("order-1", SignalKind.PAUSE, ASKED);
        signals.checkAndPause("order-1");
        claims.commitBranchTask(claim, new Retry("no boxes", DAY), Optional.empty());
        assertThat(readyAt("do-parcel")).isEmpty();

        signals.unpause("order-1");

        assertThat(readyAt("do-parcel").orElseThrow())
                .isAfterOrEqualTo(claim.claimedAt().plus(DAY));
    }

    @Test
    void R18_a_worker_gets_the_task_of_a_branch_that_failed_on_it_last_only_after_all_else() {
        fork();
        claim("do-invoice");
        claims.commitBranchTask(claim("do-parcel"), new Retry("no boxes", Duration.ofMillis(1)), Optional.empty());
        Instant due = readyAt("do-parcel").orElseThrow();
        store.createSnapshot(order("order-2"));
        await().until(() -> claims.findHintedTask("order-1", "do-parcel", ClaimQuery.of("w", 1, HOUR))
                .isPresent());

        assertThat(claims.findAvailableTasks(ClaimQuery.of("w", 9, HOUR)))
                .extracting(AvailableTask::taskId)
                .containsExactly("reserve", "do-parcel");
        assertThat(claims.findAvailableTasks(ClaimQuery.of("other", 9, HOUR)))
                .filteredOn(task -> task.taskId().equals("do-parcel"))
                .extracting(AvailableTask::readyAt)
                .containsExactly(due);
    }

    @Test
    void R15_the_task_that_joins_is_not_due_before_its_instance_is_resumed() {
        fork();
        TaskClaim parcel = claim("do-parcel");
        TaskClaim invoice = claim("do-invoice");
        signals.storeSignal("order-1", SignalKind.PAUSE, ASKED);
        signals.checkAndPause("order-1");
        claims.commitBranchTask(parcel, new Done(output("2 kg")), Optional.empty());
        claims.commitBranchTask(invoice, new Done(output("42 EUR")), Optional.empty());
        assertThat(readyAt("ship")).isEmpty();

        signals.unpause("order-1");

        assertThat(readyAt("ship")).isPresent();
    }

    @Test
    void R15_nor_if_the_last_result_was_saved_without_a_claim() {
        fork();
        signals.requestPause("order-1", ASKED);
        store.saveTaskResult("order-1", "do-parcel", output("2 kg"));
        store.saveTaskResult("order-1", "do-invoice", output("42 EUR"));
        assertThat(readyAt("ship")).isEmpty();

        signals.unpause("order-1");

        assertThat(readyAt("ship")).isPresent();
    }

    @Test
    void R11_a_result_that_is_saved_again_for_a_branch_that_is_done_ends_no_other_one() {
        fork();
        claims.commitBranchTask(claim("do-parcel"), new Done(output("2 kg")), Optional.empty());
        store.saveTaskResult("order-1", "do-parcel", output("3 kg"));
        assertThat(readyAt("ship")).isEmpty();

        claims.commitBranchTask(claim("do-invoice"), new Done(output("42 EUR")), Optional.empty());

        assertThat(readyAt("ship")).isPresent();
    }

    private void fork() {
        store.createSnapshot(order("order-1"));
        TaskClaim claim = claim("reserve");
        claims.commitTask(
                claim,
                store.loadSnapshot("order-1")
                        .completeTask("reserve", output("x"))
                        .forkInto("ship", Map.of("parcel", Branch.of("do-parcel"), "invoice", Branch.of("do-invoice"))),
                Optional.empty());
    }

    private void pauseAndResume() {
        signals.storeSignal("order-1", SignalKind.PAUSE, ASKED);
        assertThat(signals.checkAndPause("order-1")).isTrue();
        signals.unpause("order-1");
    }
}
