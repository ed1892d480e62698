package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TaskClaimContractTest extends ContractTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration SHORT = Duration.ofMillis(1);
    private static final Instant PAST = Instant.now().minusSeconds(3600).truncatedTo(ChronoUnit.SECONDS);
    private static final Instant FUTURE = PAST.plusSeconds(1_000_000);

    @Test
    void R17_a_claim_is_exclusive_also_against_the_same_worker() {
        store.createSnapshot(order("order-1"));

        TaskClaim claim = claim("order-1", "worker-1");

        assertThat(claim.taskId()).isEqualTo("reserve");
        assertThat(claim.definitionHash()).isEqualTo("fulfilment-v1");
        assertThat(Duration.between(claim.claimedAt(), claim.expiresAt())).isEqualTo(MINUTE);
        assertThat(claims.claimTask("order-1", "reserve", "worker-1", MINUTE)).isEmpty();
        assertThat(claims.claimAvailableTasks(ClaimQuery.of("worker-2", 10, MINUTE)))
                .isEmpty();
    }

    @Test
    void R17_the_former_holder_of_a_claim_that_was_taken_over_cannot_write_extend_or_release() {
        WorkflowSnapshot loaded = store.createSnapshot(order("order-1"));
        TaskClaim lost = claimShortly("order-1", "worker-1");
        TaskClaim taken = takeOver("order-1", "worker-1");
        Traces before = tracesOf("order-1");

        assertThat(taken.claimToken()).isGreaterThan(lost.claimToken());
        assertThatExceptionOfType(ClaimLostException.class)
                .isThrownBy(() -> claims.commitTask(lost, done(loaded), Optional.empty()))
                .withMessageContaining("order-1")
                .withMessageContaining("reserve")
                .withMessageContaining("worker-1");
        assertThatExceptionOfType(ClaimLostException.class).isThrownBy(() -> claims.extendTaskClaim(lost, MINUTE));
        assertThat(claims.isHeld(lost)).isFalse();
        assertThat(claims.isHeld(taken)).isTrue();
        assertThat(claims.releaseTaskClaim(lost)).isFalse();
        assertThat(tracesOf("order-1")).isEqualTo(before);
        assertThat(claims.commitTask(taken, done(loaded), Optional.empty())
                        .snapshot()
                        .version())
                .isEqualTo(2);
    }

    @Test
    void R17_an_expired_claim_that_nobody_took_over_still_commits_and_can_be_extended() {
        WorkflowSnapshot loaded = store.createSnapshot(order("order-1"));
        TaskClaim claim = claimShortly("order-1", "worker-1");
        assertThat(claims.isHeld(claim)).isTrue();

        TaskClaim extended = claims.extendTaskClaim(claim, MINUTE);

        assertThat(extended.claimToken()).isEqualTo(claim.claimToken());
        assertThat(extended.expiresAt()).isAfter(claim.expiresAt());
        assertThat(claims.claimTask("order-1", "reserve", "worker-2", MINUTE)).isEmpty();
        assertThat(claims.commitTask(claim, done(loaded), Optional.empty()).snapshot())
                .isEqualTo(store.loadSnapshot("order-1"));
    }

    @Test
    void R20_a_commit_saves_the_result_and_frees_the_next_task() {
        WorkflowSnapshot loaded = store.createSnapshot(order("order-1"));
        TaskClaim claim = claim("order-1", "worker-1");

        CommittedTask committed = claims.commitTask(claim, done(loaded), Optional.empty());

        assertThat(committed.next()).isEmpty();
        assertThat(committed.snapshot()).isEqualTo(store.loadSnapshot("order-1"));
        assertThat(results.loadTaskResult("order-1", "reserve")).contains(output("shelf 7"));
        assertThat(claims.claimTask("order-1", "charge", "worker-2", MINUTE)).isPresent();
        assertThatExceptionOfType(ClaimLostException.class)
                .isThrownBy(() -> claims.commitTask(claim, done(loaded), Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(longs = {30, 90, 600})
    void R20_a_claim_that_is_carried_on_is_renewed_unless_half_of_its_time_is_left(long seconds) {
        WorkflowSnapshot loaded = store.createSnapshot(order("order-1"));
        TaskClaim claim = claim("order-1", "worker-1");
        Duration carryOn = Duration.ofSeconds(seconds);

        TaskClaim next = claims.commitTask(claim, done(loaded), Optional.of(carryOn))
                .next()
                .orElseThrow();

        boolean kept = seconds == 90; // the claim has been for a minute
        assertThat(next.expiresAt())
                .isEqualTo(kept ? claim.expiresAt() : next.claimedAt().plus(carryOn));
    }

    @Test
    void R20_a_commit_carries_the_claim_on_to_a_task_that_can_be_done_at_once() {
        WorkflowSnapshot loaded = store.createSnapshot(order("order-1"));
        TaskClaim first = claim("order-1", "worker-1");
        CommittedTask committed = claims.commitTask(first, done(loaded), Optional.of(MINUTE));
        TaskClaim next = committed.next().orElseThrow();

        assertThat(next.taskId()).isEqualTo("charge");
        assertThat(next.workerId()).isEqualTo("worker-1");
        assertThat(next.claimedAt()).isAfterOrEqualTo(first.claimedAt());
        assertThat(next.expiresAt()).isEqualTo(first.expiresAt());
        assertThat(claims.claimTask("order-1", "charge", "worker-2", MINUTE)).isEmpty();

        WorkflowSnapshot again = committed
                .snapshot()
                .completeTask("charge", output("paid"))
                .withdrawTask("reserve")
                .moveTo(new AtTask("reserve"));
        CommittedTask round = claims.commitTask(next, again, Optional.of(MINUTE));
        assertThat(round.next().orElseThrow().taskId()).isEqualTo("reserve");
        assertThat(round.next().orElseThrow().claimToken()).isGreaterThan(next.claimToken());

        WorkflowSnapshot parked = round.snapshot().moveTo(new AtDelay("d", PAST, FUTURE, Optional.empty()));
        CommittedTask last = claims.commitTask(round.next().orElseThrow(), parked, Optional.of(MINUTE));
        assertThat(last.next()).isEmpty();
        assertThat(available(ClaimQuery.of("w", 10, MINUTE))).isEmpty();
    }

    @Test
    void R20_a_commit_opens_a_task_anew_that_was_done_in_an_earlier_round() {
        WorkflowSnapshot loaded = store.createSnapshot(order("order-1"));
        CommittedTask first = claims.commitTask(claim("order-1", "worker-1"), done(loaded), Optional.of(MINUTE));
        WorkflowSnapshot around = first.snapshot()
                .completeTask("charge", output("paid"))
                .withdrawTask("reserve")
                .withdrawTask("charge")
                .moveTo(new AtTask("reserve"));
        CommittedTask round = claims.commitTask(first.next().orElseThrow(), around, Optional.of(MINUTE));

        CommittedTask again =
                claims.commitTask(round.next().orElseThrow(), done(round.snapshot()), Optional.of(MINUTE));

        TaskClaim claim = again.next().orElseThrow();
        assertThat(claim.taskId()).isEqualTo("charge");
        TaskSummary charge = task("charge");
        assertThat(charge.status()).isEqualTo(TaskStatus.ACTIVE);
        assertThat(charge.attempts()).isEqualTo(1);
        assertThat(charge.startedAt())
                .isAfterOrEqualTo(round.next().orElseThrow().claimedAt());
        assertThat(charge.completedAt()).isEmpty();
        assertThat(charge.completedVersion()).isEmpty();
        assertThat(charge.claim()).contains(claim);
        assertThat(claims.commitTask(
                                claim,
                                again.snapshot()
                                        .completeTask("charge", output("paid"))
                                        .complete(output("")),
                                Optional.empty())
                        .next())
                .isEmpty();
    }

    @Test
    void R20_a_retry_is_not_due_before_its_time_and_the_end_leaves_nothing_to_claim() {
        WorkflowSnapshot one = store.createSnapshot(order("order-1"));
        WorkflowSnapshot two = store.createSnapshot(order("order-2"));
        WorkflowSnapshot retried =
                one.toBuilder().taskRetry("reserve", retry(FUTURE)).build();

        assertThat(claims.commitTask(claim("order-1", "worker-1"), retried, Optional.of(MINUTE))
                        .next())
                .isEmpty();
        claims.commitTask(claim("order-2", "worker-1"), two.fail("broken"), Optional.of(MINUTE));

        assertThat(available(ClaimQuery.of("w", 10, MINUTE))).isEmpty();
        assertThat(store.loadSnapshot("order-2").status()).isEqualTo(WorkflowStatus.FAILED);
        assertThat(claims.releaseTaskClaims("worker-1")).isZero();
    }

    @Test
    void R20_a_commit_that_is_not_based_on_the_stored_version_changes_nothing() {
        WorkflowSnapshot loaded = store.createSnapshot(order("order-1"));
        TaskClaim claim = claim("order-1", "worker-1");
        store.saveTaskResult("order-1", "other", output("x"));
        Traces before = tracesOf("order-1");

        assertThatExceptionOfType(StaleSnapshotException.class)
                .isThrownBy(() -> claims.commitTask(claim, done(loaded), Optional.empty()));
        assertThat(tracesOf("order-1")).isEqualTo(before);
        assertThat(claims.commitTask(claim, done(store.loadSnapshot("order-1")), Optional.empty())
                        .snapshot()
                        .completedTaskCount())
                .isEqualTo(2);
    }

    @Test
    void a_save_by_whoever_keeps_the_claim_as_long_as_the_task_is_open() {
        WorkflowSnapshot loaded = store.createSnapshot(order("order-1"));
        TaskClaim claim = claim("order-1", "worker-1");

        WorkflowSnapshot saved =
                store.saveSnapshot(loaded.toBuilder().loopIteration("round", 1).build());
        assertThat(claims.claimTask("order-1", "reserve", "worker-2", MINUTE)).isEmpty();
        assertThat(claims.extendTaskClaim(claim, MINUTE).claimToken()).isEqualTo(claim.claimToken());

        store.saveSnapshot(done(saved));
        assertThat(claims.isHeld(claim)).isFalse();
        assertThat(claims.extendTaskClaims(List.of(claim), MINUTE)).isEmpty();
        assertThat(claims.claimTask("order-1", "charge", "worker-2", MINUTE)).isPresent();
    }

    @Test
    void R17_an_extended_claim_is_exclusive_until_its_new_end_and_free_at_once_when_released() {
        store.createSnapshot(order("order-1"));
        TaskClaim claim = claimShortly("order-1", "worker-1");

        for (int i = 0; i < 100; i++) {
            claim = claims.extendTaskClaim(claim, Duration.ofMillis(1));
            claim = claims.extendTaskClaim(claim, MINUTE);
            assertThat(claims.claimTask("order-1", "reserve", "worker-2", MINUTE))
                    .isEmpty();
        }
        assertThat(claims.releaseTaskClaim(claim)).isTrue();
        assertThat(claims.claimTask("order-1", "reserve", "worker-2", MINUTE)).isPresent();
    }

    @Test
    void R17_a_claim_that_expired_before_a_save_is_exclusive_again_once_it_is_extended() {
        WorkflowSnapshot loaded = store.createSnapshot(order("order-1"));
        TaskClaim claim = claimShortly("order-1", "worker-1");
        await().until(() -> Instant.now().isAfter(claim.expiresAt()));
        store.saveSnapshot(loaded.toBuilder().loopIteration("round", 1).build());

        claims.extendTaskClaim(claim, MINUTE);

        assertThat(claims.claimTask("order-1", "reserve", "worker-2", MINUTE)).isEmpty();
    }

    @Test
    void a_paused_task_keeps_its_claim_and_is_not_due_before_it_goes_on() {
        store.createSnapshot(order("order-1"));
        TaskClaim claim = claim("order-1", "worker-1");
        signals.storeSignal("order-1", SignalKind.PAUSE, SignalRequest.unexplained());
        assertThat(signals.checkAndPause("order-1")).isTrue();

        assertThat(claims.releaseTaskClaim(claim)).isTrue();
        assertThat(claims.claimTask("order-1", "reserve", "worker-2", MINUTE)).isEmpty();
        signals.unpause("order-1");
        assertThat(claims.claimTask("order-1", "reserve", "worker-2", MINUTE)).isPresent();
    }

    @Test
    void R15_a_request_waits_for_a_live_claim_and_takes_effect_at_once_without_one() {
        WorkflowSnapshot loaded = store.createSnapshot(order("order-1"));
        TaskClaim claim = claim("order-1", "worker-1");

        assertThat(signals.requestCancel("order-1", SignalRequest.unexplained()))
                .isEqualTo(SignalOutcome.PENDING);
        claims.releaseTaskClaim(claim);
        assertThat(signals.requestCancel("order-1", SignalRequest.unexplained()))
                .isEqualTo(SignalOutcome.APPLIED);
        assertThatExceptionOfType(TerminalStateException.class)
                .isThrownBy(() -> claims.commitTask(claim, done(loaded), Optional.empty()));
    }

    @Test
    void R15_a_request_is_carried_out_at_the_holders_next_commit() {
        for (SignalKind kind : SignalKind.values()) {
            String id = "order-" + kind;
            WorkflowSnapshot loaded = store.createSnapshot(order(id));
            TaskClaim claim = claim(id, "worker-1");
            SignalRequest request = SignalRequest.of("audit", "ann");
            SignalOutcome outcome =
                    kind == SignalKind.CANCEL ? signals.requestCancel(id, request) : signals.requestPause(id, request);
            assertThat(outcome).isEqualTo(SignalOutcome.PENDING);

            CommittedTask committed = claims.commitTask(claim, done(loaded), Optional.of(MINUTE));

            assertThat(committed.next()).isEmpty();
            assertThat(committed.snapshot().status()).isEqualTo(kind.statusAfter());
            assertThat(committed.snapshot()).isEqualTo(store.loadSnapshot(id));
            assertThat(results.loadTaskResult(id, "reserve")).contains(output("shelf 7"));
            assertThat(signals.listPendingSignals(id)).isEmpty();
        }
        assertThat(available(ClaimQuery.of("w", 10, MINUTE))).isEmpty();
        assertThat(claims.releaseTaskClaims("worker-1")).isZero();
        signals.unpause("order-PAUSE");
        assertThat(available(ClaimQuery.of("w", 10, MINUTE))).containsExactly("order-PAUSE");
    }

    @Test
    void R15_a_request_is_carried_out_once_the_claim_of_a_dead_worker_has_expired() {
        store.createSnapshot(order("order-1"));
        claimShortly("order-1", "dead");
        signals.storeSignal("order-1", SignalKind.CANCEL, SignalRequest.of("audit", "ann"));

        await().untilAsserted(() -> {
            assertThat(available(ClaimQuery.of("w", 10, MINUTE))).isEmpty();
            assertThat(store.loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.CANCELLED);
        });
        assertThat(claims.releaseTaskClaims("w")).isZero();
    }

    @Test
    void all_claims_of_a_worker_are_extended_and_released_together() {
        List<TaskClaim> held = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            store.createSnapshot(order("order-" + i));
            held.add(claim("order-" + i, i < 4 ? "worker-1" : "worker-2"));
        }
        claims.releaseTaskClaim(held.get(0));
        Collections.reverse(held);

        Set<String> extended = new HashSet<>();
        claims.extendTaskClaims(held, Duration.ofHours(1)).forEach(claim -> extended.add(claim.instanceId()));

        assertThat(extended).containsExactlyInAnyOrder("order-1", "order-2", "order-3", "order-4");
        assertThat(claims.extendTaskClaims(List.of(), MINUTE)).isEmpty();
        assertThat(claims.releaseTaskClaims("worker-1")).isEqualTo(3);
        assertThat(claims.releaseTaskClaims("worker-1")).isZero();
        assertThat(available(ClaimQuery.of("w", 10, MINUTE))).hasSize(4);
    }

    @Test
    void what_is_not_there_cannot_be_claimed() {
        store.createSnapshot(order("order-1"));

        assertThat(claims.claimTask("order-1", "charge", "w", MINUTE)).isEmpty();
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> claims.claimTask("order-2", "charge", "w", MINUTE));
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT-1S", "PT0.000000001S", "P36501D", "PT2562047788015215H30M7.999999999S"})
    void R19_no_claim_lasts_no_time_or_for_ever(Duration ttl) {
        store.createSnapshot(order("order-1"));
        TaskClaim claim = claim("order-1", "w");

        assertThatIllegalArgumentException().isThrownBy(() -> ClaimQuery.of("w", 1, ttl));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ClaimQuery.of("w", 1, MINUTE).ageingInterval(ttl));
        assertThatIllegalArgumentException().isThrownBy(() -> claims.claimTask("order-1", "reserve", "w", ttl));
        assertThatIllegalArgumentException().isThrownBy(() -> claims.extendTaskClaims(List.of(claim), ttl));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> claims.commitTask(claim, done(store.loadSnapshot("order-1")), Optional.of(ttl)));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, Integer.MIN_VALUE})
    void R19_no_batch_is_empty_or_less(int limit) {
        assertThatIllegalArgumentException().isThrownBy(() -> ClaimQuery.of("w", limit, MINUTE));
    }

    @Test
    void the_longest_claim_and_the_largest_batch_are_possible() {
        store.createSnapshot(order("order-1"));

        assertThat(available(ClaimQuery.of("w", Integer.MAX_VALUE, Duration.ofDays(ClaimQuery.MAX_DAYS))))
                .containsExactly("order-1");
    }

    @Test
    void a_commit_needs_a_snapshot_of_its_instance_that_came_from_the_store() {
        store.createSnapshot(order("order-1"));
        WorkflowSnapshot other = store.createSnapshot(order("order-2"));
        TaskClaim claim = claim("order-1", "w");

        assertThatIllegalArgumentException().isThrownBy(() -> claims.commitTask(claim, done(other), Optional.empty()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> claims.commitTask(claim, done(order("order-1")), Optional.empty()));
    }

    private static WorkflowSnapshot done(WorkflowSnapshot at) {
        return at.completeTask("reserve", output("shelf 7")).moveTo(new AtTask("charge"));
    }

    private static TaskRetry retry(Instant nextRetryAt) {
        RetryPolicy policy = new RetryPolicy(3, Duration.ofSeconds(1), 2f, Optional.empty());
        return new TaskRetry(1, policy, "timed out", Optional.of("worker-1"), nextRetryAt);
    }

    private TaskSummary task(String taskId) {
        return queries.listTasks("order-1").stream()
                .filter(task -> task.taskId().equals(taskId))
                .findFirst()
                .orElseThrow();
    }

    private TaskClaim claim(String instanceId, String workerId) {
        return claims.claimTask(instanceId, "reserve", workerId, MINUTE).orElseThrow();
    }

    private TaskClaim claimShortly(String instanceId, String workerId) {
        return claims.claimTask(instanceId, "reserve", workerId, SHORT).orElseThrow();
    }

    private TaskClaim takeOver(String instanceId, String workerId) {
        return await().until(() -> claims.claimTask(instanceId, "reserve", workerId, MINUTE), Optional::isPresent)
                .orElseThrow();
    }

    private List<String> available(ClaimQuery query) {
        return claims.claimAvailableTasks(query).stream()
                .map(task -> task.claim().instanceId())
                .toList();
    }
}
