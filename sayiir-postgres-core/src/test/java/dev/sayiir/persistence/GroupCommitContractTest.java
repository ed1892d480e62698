package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.BranchOutcome.Done;
import dev.sayiir.persistence.BranchOutcome.Next;
import dev.sayiir.persistence.BranchOutcome.Retry;
import dev.sayiir.persistence.CommitResult.NotStored;
import dev.sayiir.persistence.CommitResult.Stored;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.SayiirException;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Tasks that are committed together, each with a result of its own. */
class GroupCommitContractTest extends ContractTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    @Test
    void R20_steps_are_stored_together_and_their_claims_are_carried_on() {
        List<ClaimedTask> tasks = claimed(20);

        List<CommitResult> results = claims.commitTasks(
                tasks.stream().map(task -> step(task, Optional.of(MINUTE))).toList());

        assertThat(results).hasSameSizeAs(tasks);
        for (int i = 0; i < tasks.size(); i++) {
            String id = tasks.get(i).claim().instanceId();
            Stored stored = (Stored) results.get(i);
            assertThat(stored.snapshot()).contains(store.loadSnapshot(id));
            assertThat(stored.mayBeDue()).isFalse();
            TaskClaim next = stored.next().orElseThrow();
            assertThat(next.instanceId()).isEqualTo(id);
            assertThat(next.taskId()).isEqualTo("charge");
            assertThat(next.attempt()).isOne();
            assertThat(next.claimToken()).isGreaterThan(tasks.get(i).claim().claimToken());
            assertThat(claims.extendTaskClaim(next, MINUTE).claimToken()).isEqualTo(next.claimToken());
            assertThat(this.results.loadTaskResult(id, "reserve")).contains(output("shelf of " + id));
        }
    }

    @Test
    void R20_steps_that_are_not_carried_on_are_free_for_anybody() {
        List<CommitResult> results = claims.commitTasks(
                claimed(3).stream().map(task -> step(task, Optional.empty())).toList());

        assertThat(results)
                .allSatisfy(result -> assertThat(((Stored) result).mayBeDue()).isTrue());
        assertThat(claims.claimAvailableTasks(ClaimQuery.of("other", 10, MINUTE)))
                .hasSize(3)
                .allSatisfy(task -> assertThat(task.claim().taskId()).isEqualTo("charge"));
    }

    @Test
    void R27_of_a_group_in_which_every_second_claim_is_lost_the_other_half_is_stored() {
        List<ClaimedTask> tasks = claimed(10);
        List<Traces> before = new ArrayList<>();
        for (int i = 0; i < tasks.size(); i += 2) {
            TaskClaim lost = tasks.get(i).claim();
            claims.releaseTaskClaim(lost);
            assertThat(claims.claimTask(lost.instanceId(), "reserve", "other", MINUTE))
                    .isPresent();
            before.add(tracesOf(lost.instanceId()));
        }

        List<CommitResult> results = claims.commitTasks(
                tasks.stream().map(task -> step(task, Optional.of(MINUTE))).toList());

        for (int i = 0; i < tasks.size(); i++) {
            String id = tasks.get(i).claim().instanceId();
            if (i % 2 == 0) {
                assertThat(reasonOf(results.get(i)))
                        .isInstanceOf(ClaimLostException.class)
                        .hasMessageContaining(id);
                assertThat(tracesOf(id)).isEqualTo(before.get(i / 2));
            } else {
                assertThat(results.get(i)).isInstanceOf(Stored.class);
                assertThat(store.loadSnapshot(id).version()).isEqualTo(2);
            }
        }
    }

    @Test
    void R27_a_newer_version_an_end_and_an_instance_that_is_gone_are_results_of_their_own() {
        List<ClaimedTask> tasks = claimed(5);
        store.saveTaskResult("order-0", "weigh", output("2 kg"));
        store.saveSnapshot(store.loadSnapshot("order-1").fail("called off"));
        store.deleteSnapshot("order-2");
        store.deleteSnapshot("order-3");
        store.createSnapshot(order("order-3"));

        List<CommitResult> results = claims.commitTasks(
                tasks.stream().map(task -> step(task, Optional.of(MINUTE))).toList());

        assertThat(reasonOf(results.get(0))).isInstanceOf(StaleSnapshotException.class);
        assertThat(reasonOf(results.get(1))).isInstanceOf(TerminalStateException.class);
        assertThat(reasonOf(results.get(2))).isInstanceOf(SnapshotNotFoundException.class);
        assertThat(reasonOf(results.get(3))).isInstanceOf(ClaimLostException.class);
        assertThat(results.get(4)).isInstanceOf(Stored.class);
    }

    @Test
    void R20_outcomes_of_every_kind_go_together() {
        List<ClaimedTask> tasks = claimed(5);
        Instant later = Instant.now().plusSeconds(3600);
        List<CommitResult> results = claims.commitTasks(List.of(
                step(tasks.get(0), Optional.of(MINUTE)),
                commit(tasks.get(1), done(tasks.get(1)).complete(output("all"))),
                commit(tasks.get(2), tasks.get(2).snapshot().fail("declined")),
                commit(tasks.get(3), done(tasks.get(3)).moveTo(new AtDelay("wait", later, later, Optional.empty()))),
                commit(tasks.get(4), done(tasks.get(4)).forkInto("ship", Map.of("parcel", Branch.of("pack"))))));

        assertThat(results).allSatisfy(result -> assertThat(result).isInstanceOf(Stored.class));
        assertThat(store.loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.COMPLETED);
        assertThat(store.loadSnapshot("order-2").status()).isEqualTo(WorkflowStatus.FAILED);
        assertThat(claims.claimAvailableTasks(ClaimQuery.of("w", 10, MINUTE)))
                .singleElement()
                .satisfies(task -> assertThat(task.claim().taskId()).isEqualTo("pack"));
    }

    @Test
    void R11_branches_of_one_instance_are_stored_together_and_the_join_is_due_after_the_last() {
        Map<String, Branch> branches = new LinkedHashMap<>();
        for (int i = 0; i < 10; i++) {
            branches.put("b" + i, Branch.of("do-b" + i));
        }
        ClaimedTask first = claimed(1).get(0);
        claims.commitTask(first.claim(), done(first).forkInto("ship", branches), Optional.empty());
        List<ClaimedTask> tasks = claims.claimAvailableTasks(ClaimQuery.of("w", 20, MINUTE));
        assertThat(tasks).hasSize(10);

        List<TaskCommit> commits = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            commits.add(branch(tasks.get(i), new Done(output("of " + i))));
        }
        commits.add(branch(tasks.get(8), new Next(output("of 8"), "more", Optional.empty())));
        commits.add(branch(tasks.get(9), new Retry("timed out", Duration.ofMillis(1))));
        List<CommitResult> results = claims.commitTasks(commits);

        assertThat(results).allSatisfy(result -> assertThat(result).isInstanceOf(Stored.class));
        ClaimedTask more =
                new ClaimedTask(((Stored) results.get(8)).next().orElseThrow(), store.loadSnapshot("order-0"));
        assertThat(more.claim().taskId()).isEqualTo("more");
        assertThat(more.claim().branch()).contains(new BranchStep("b8", Optional.of("do-b8")));
        ClaimedTask again = await().until(
                        () -> claims.claimAvailableTasks(ClaimQuery.of("w", 20, MINUTE)), found -> !found.isEmpty())
                .get(0);
        assertThat(again.claim().failures()).isOne();
        claims.commitTasks(List.of(branch(more, new Done(output("m"))), branch(again, new Done(output("a")))));

        ClaimedTask join =
                claims.claimAvailableTasks(ClaimQuery.of("w", 20, MINUTE)).get(0);
        assertThat(join.claim().taskId()).isEqualTo("ship");
        assertThat(join.snapshot().completedTaskCount()).isEqualTo(12);
        assertThat(join.snapshot().fork().orElseThrow().openBranches()).isEmpty();
    }

    @Test
    void R27_a_lost_claim_on_a_branch_does_not_keep_the_others_of_its_instance_from_being_stored() {
        ClaimedTask first = claimed(1).get(0);
        claims.commitTask(
                first.claim(),
                done(first).forkInto("ship", Map.of("a", Branch.of("do-a"), "b", Branch.of("do-b"))),
                Optional.empty());
        List<ClaimedTask> tasks = claims.claimAvailableTasks(ClaimQuery.of("w", 20, MINUTE));
        claims.releaseTaskClaim(tasks.get(0).claim());

        List<CommitResult> results = claims.commitTasks(
                tasks.stream().map(task -> branch(task, new Done(output("x")))).toList());

        assertThat(reasonOf(results.get(0))).isInstanceOf(ClaimLostException.class);
        assertThat(results.get(1)).isInstanceOf(Stored.class);
    }

    @Test
    void R15_what_is_asked_of_one_instance_is_carried_out_after_its_commit_and_concerns_no_other() {
        List<ClaimedTask> tasks = claimed(3);
        signals.storeSignal("order-0", SignalKind.CANCEL, SignalRequest.of("late", "ann"));
        signals.storeSignal("order-1", SignalKind.PAUSE, SignalRequest.of("audit", "ann"));

        List<CommitResult> results = claims.commitTasks(
                tasks.stream().map(task -> step(task, Optional.of(MINUTE))).toList());

        assertThat(((Stored) results.get(0)).next()).isEmpty();
        assertThat(store.loadSnapshot("order-0").status()).isEqualTo(WorkflowStatus.CANCELLED);
        assertThat(((Stored) results.get(1)).next()).isEmpty();
        assertThat(store.loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.PAUSED);
        assertThat(((Stored) results.get(2)).next()).isPresent();
    }

    @Test
    void R27_two_commits_of_one_instance_are_one_too_many() {
        ClaimedTask task = claimed(1).get(0);

        List<CommitResult> results =
                claims.commitTasks(List.of(step(task, Optional.empty()), step(task, Optional.empty())));

        assertThat(results.get(0)).isInstanceOf(Stored.class);
        assertThat(reasonOf(results.get(1))).isInstanceOf(SayiirException.class);
        assertThat(versionsOf("order-0")).hasSize(2);
    }

    @Test
    void nothing_is_a_group_as_well_and_what_is_no_commit_of_the_task_is_refused() {
        assertThat(claims.commitTasks(List.of())).isEmpty();
        ClaimedTask task = claimed(1).get(0);
        WorkflowSnapshot other = store.createSnapshot(order("other"));

        assertThatIllegalArgumentException().isThrownBy(() -> commit(task, other));
        assertThatIllegalArgumentException().isThrownBy(() -> branch(task, new Done(output("x"))));
        assertThatIllegalArgumentException().isThrownBy(() -> step(task, Optional.of(Duration.ZERO)));
        assertThatExceptionOfType(ClaimLostException.class).isThrownBy(() -> {
            claims.releaseTaskClaim(task.claim());
            claims.commitTask(task.claim(), done(task), Optional.empty());
        });
    }

    private List<ClaimedTask> claimed(int count) {
        for (int i = 0; i < count; i++) {
            store.createSnapshot(order("order-" + i));
        }
        List<ClaimedTask> tasks = new ArrayList<>(claims.claimAvailableTasks(ClaimQuery.of("w", count, MINUTE)));
        assertThat(tasks).hasSize(count);
        tasks.sort((a, b) -> a.claim().instanceId().compareTo(b.claim().instanceId()));
        return tasks;
    }

    private static WorkflowSnapshot done(ClaimedTask task) {
        return task.snapshot()
                .completeTask("reserve", output("shelf of " + task.claim().instanceId()));
    }

    private static TaskCommit step(ClaimedTask task, Optional<Duration> carryOn) {
        return new TaskCommit.OfTask(task.claim(), done(task).moveTo(new AtTask("charge")), carryOn);
    }

    private static TaskCommit commit(ClaimedTask task, WorkflowSnapshot snapshot) {
        return new TaskCommit.OfTask(task.claim(), snapshot, Optional.empty());
    }

    private static TaskCommit branch(ClaimedTask task, BranchOutcome outcome) {
        return new TaskCommit.OfBranchTask(task.claim(), outcome, Optional.of(MINUTE));
    }

    private static RuntimeException reasonOf(CommitResult result) {
        return ((NotStored) result).reason();
    }
}
