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
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskResult;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** Branches that run in parallel, and the task that joins them. */
class ForkContractTest extends ContractTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final SignalRequest ASKED = SignalRequest.of("changed her mind", "support");

    @Test
    void every_branch_is_a_task_that_any_worker_can_take_and_the_join_waits_for_all_of_them() {
        fork("order-1", "parcel", "invoice");

        ClaimedTask parcel = claimOne("worker-1");
        ClaimedTask invoice = claimOne("worker-2");
        assertThat(parcel.claim().taskId()).isEqualTo("do-parcel");
        assertThat(parcel.claim().branch()).contains(new BranchStep("parcel", Optional.of("reserve")));
        assertThat(invoice.claim().taskId()).isEqualTo("do-invoice");
        assertThat(dueTasks()).isEmpty();

        done(invoice, "42 EUR");
        assertThat(dueTasks()).isEmpty();
        done(parcel, "2 kg");

        ClaimedTask join = claimOne("worker-3");
        assertThat(join.claim().taskId()).isEqualTo("ship");
        assertThat(join.claim().branch()).isEmpty();
        assertThat(join.snapshot().fork().orElseThrow().completedBranches())
                .containsEntry("parcel", new TaskResult("do-parcel", output("2 kg")))
                .containsEntry("invoice", new TaskResult("do-invoice", output("42 EUR")));
        claims.commitTask(
                join.claim(),
                join.snapshot().completeTask("ship", output("shipped")).complete(output("all")),
                Optional.empty());
        assertThat(store.loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.COMPLETED);
        assertThat(results.loadTaskResults("order-1")).containsOnlyKeys("reserve", "do-parcel", "do-invoice", "ship");
    }

    @Test
    void R11_branches_that_commit_at_once_lose_nothing_of_each_other() throws Exception {
        String[] labels = new String[12];
        for (int i = 0; i < labels.length; i++) {
            labels[i] = "b" + i;
        }
        fork("order-1", labels);
        List<Callable<CommittedBranchTask>> commits = new ArrayList<>();
        for (ClaimedTask task : claims.claimAvailableTasks(ClaimQuery.of("w", 100, MINUTE))) {
            commits.add(() -> done(task, "of " + task.claim().taskId()));
        }

        Together.run(commits).forEach(outcome -> assertThat(outcome.value()).isPresent());

        ClaimedTask join = claimOne("w");
        assertThat(join.snapshot().fork().orElseThrow().openBranches()).isEmpty();
        assertThat(join.snapshot().completedTaskCount()).isEqualTo(13);
        assertThat(queries.findWorkflow("order-1").orElseThrow().completedTaskCount())
                .isEqualTo(13);
        assertThat(versionsOf("order-1")).hasSize(2 + 12);
    }

    @Test
    void a_branch_can_repeat_a_task_which_is_given_what_it_gave_and_counts_once() {
        fork("order-1", "parcel");
        for (int round = 1; round <= 3; round++) {
            ClaimedTask poll = claimOne("w");
            assertThat(poll.claim().taskId()).isEqualTo("do-parcel");
            assertThat(poll.snapshot().completedTasks().output("do-parcel"))
                    .isEqualTo(round == 1 ? Optional.empty() : Optional.of(output("round " + (round - 1))));
            claims.commitBranchTask(
                    poll.claim(), new Next(output("round " + round), "do-parcel", Optional.empty()), Optional.empty());
            assertThat(queries.findWorkflow("order-1").orElseThrow().completedTaskCount())
                    .isEqualTo(2);
            assertThat(results.loadTaskResult("order-1", "do-parcel")).contains(output("round " + round));
        }
        done(claimOne("w"), "2 kg");

        assertThat(queries.findWorkflow("order-1").orElseThrow().completedTaskCount())
                .isEqualTo(2);
        assertThat(results.loadTaskResult("order-1", "do-parcel")).contains(output("2 kg"));
        assertThat(claimOne("w").claim().taskId()).isEqualTo("ship");
    }

    @Test
    void a_branch_of_several_steps_goes_on_where_it_was_and_ends_with_its_last_result() {
        fork("order-1", "parcel", "invoice");
        ClaimedTask parcel = claimOne("w");

        TaskClaim second = claims.commitBranchTask(
                        parcel.claim(), new Next(output("packed"), "weigh", Optional.empty()), Optional.of(MINUTE))
                .next()
                .orElseThrow();
        assertThat(second.taskId()).isEqualTo("weigh");
        assertThat(second.branch()).contains(new BranchStep("parcel", Optional.of("do-parcel")));
        assertThat(second.claimToken()).isGreaterThan(parcel.claim().claimToken());
        claims.releaseTaskClaim(second);

        assertThat(store.loadSnapshot("order-1").fork().orElseThrow().completedBranches())
                .isEmpty();
        done(claimOne("w"), "42 EUR");
        ClaimedTask weigh = claimOne("other");
        assertThat(weigh.claim().branch()).contains(new BranchStep("parcel", Optional.of("do-parcel")));
        assertThat(weigh.snapshot().completedTasks().output("do-parcel")).contains(output("packed"));
        assertThat(weigh.claim().attempt()).isEqualTo(2);
        done(weigh, "2 kg");

        assertThat(claimOne("w").snapshot().fork().orElseThrow().completedBranches())
                .containsEntry("parcel", new TaskResult("weigh", output("2 kg")));
    }

    @Test
    void R25_a_task_of_a_branch_comes_with_what_it_needs_and_nothing_of_the_others() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        Map<String, Branch> branches = branches("parcel", "label");
        branches.put("invoice", Branch.of("do-invoice", output("42 EUR")));
        branches.put("receipt", Branch.of("do-receipt", Payload.empty()));
        order = store.saveSnapshot(
                order.completeTask("reserve", output("shelf 7")).forkInto("ship", branches));
        done(claimOneOf("do-label", "w"), "printed");

        Map<String, WorkflowSnapshot> given = new LinkedHashMap<>();
        for (ClaimedTask task : claims.claimAvailableTasks(ClaimQuery.of("w", 100, MINUTE))) {
            given.put(task.claim().taskId(), task.snapshot());
        }

        assertThat(given).containsOnlyKeys("do-parcel", "do-invoice", "do-receipt");
        WorkflowSnapshot parcel = Objects.requireNonNull(given.get("do-parcel"));
        assertThat(parcel.completedTasks().asMap()).isEqualTo(Map.of("reserve", output("shelf 7")));
        assertThat(parcel.lastCompletedTaskId()).contains("reserve");
        assertThat(parcel.fork().orElseThrow().branches()).isEqualTo(Map.of("parcel", Branch.of("do-parcel")));
        assertThat(parcel.fork().orElseThrow().forkId()).isEqualTo("ship");
        assertThat(parcel.version()).isEqualTo(3);
        WorkflowSnapshot invoice = Objects.requireNonNull(given.get("do-invoice"));
        assertThat(invoice.completedTasks()).isEqualTo(CompletedTasks.none());
        assertThat(invoice.fork().orElseThrow().branches())
                .isEqualTo(Map.of("invoice", Branch.of("do-invoice", output("42 EUR"))));
        assertThat(Objects.requireNonNull(given.get("do-receipt"))
                        .fork()
                        .orElseThrow()
                        .branches())
                .isEqualTo(Map.of("receipt", Branch.of("do-receipt", Payload.empty())));
        for (WorkflowSnapshot each : given.values()) {
            assertThat(each.initialInput()).isEqualTo(order.initialInput());
            assertThat(each.definitionHash()).isEqualTo(order.definitionHash());
            assertThat(each.taskPriority()).isEqualTo(order.taskPriority());
            assertThat(each.taskTags()).isEqualTo(order.taskTags());
            assertThat(each.createdAt()).isEqualTo(order.createdAt());
            assertThat(each.traceParent()).isEqualTo(order.traceParent());
        }
    }

    @Test
    void R8_what_a_task_of_a_branch_comes_with_is_neither_saved_nor_committed() {
        fork("order-1", "parcel");
        ClaimedTask parcel =
                claims.claimAvailableTasks(ClaimQuery.of("w", 1, MINUTE)).get(0);
        Traces before = tracesOf("order-1");

        assertThatExceptionOfType(StaleSnapshotException.class)
                .isThrownBy(() -> store.saveSnapshot(parcel.snapshot().moveTo(new AtTask("else"))));
        assertThatExceptionOfType(StaleSnapshotException.class)
                .isThrownBy(() ->
                        claims.commitTask(parcel.claim(), parcel.snapshot().fail("no"), Optional.empty()));

        assertThat(tracesOf("order-1")).isEqualTo(before);
    }

    @Test
    void a_branch_without_an_input_of_its_own_is_given_what_was_done_before_the_fork_whatever_is_done_since() {
        fork("order-1", "parcel", "invoice");
        ClaimedTask invoice = claimOneOf("do-invoice", "w");
        claims.commitBranchTask(
                invoice.claim(), new Next(output("again"), "reserve", Optional.empty()), Optional.empty());
        done(claimOneOf("reserve", "w"), "shelf 8");

        assertThat(inputOf("do-parcel")).contains(output("shelf 7"));
    }

    @Test
    void a_branch_can_begin_with_the_task_before_the_fork() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        store.saveSnapshot(order.completeTask("reserve", output("shelf 7"))
                .forkInto("ship", Map.of("parcel", Branch.of("do-parcel"), "again", Branch.of("reserve"))));

        for (ClaimedTask task : claims.claimAvailableTasks(ClaimQuery.of("w", 2, MINUTE))) {
            assertThat(task.snapshot().fork().orElseThrow().branches().values())
                    .containsExactly(Branch.of(task.claim().taskId(), output("shelf 7")));
        }
    }

    @Test
    void a_fork_before_any_task_gives_its_branches_the_input_of_the_workflow() {
        WorkflowSnapshot order = order("order-1");
        store.createSnapshot(order.forkInto("ship", branches("parcel")));

        ClaimedTask parcel =
                claims.claimAvailableTasks(ClaimQuery.of("w", 1, MINUTE)).get(0);

        assertThat(parcel.claim().branch()).contains(new BranchStep("parcel", Optional.empty()));
        assertThat(parcel.snapshot().completedTasks()).isEqualTo(CompletedTasks.none());
        assertThat(parcel.snapshot().initialInput()).isEqualTo(order.initialInput());
    }

    @Test
    void a_fork_after_a_task_that_is_not_done_gives_its_branches_the_input_of_the_workflow() {
        store.createSnapshot(order("order-1")
                .moveTo(new AtFork("ship", Map.of(), Examples.THEN, branches("parcel"), Optional.of("reserve"))));

        ClaimedTask parcel =
                claims.claimAvailableTasks(ClaimQuery.of("w", 1, MINUTE)).get(0);

        assertThat(parcel.claim().branch()).contains(new BranchStep("parcel", Optional.empty()));
        assertThat(store.loadSnapshot("order-1").fork().orElseThrow().afterTaskId())
                .contains("reserve");
    }

    @Test
    void R9_a_pause_at_a_fork_keeps_inputs_and_results_of_branches() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        Map<String, Branch> branches = branches("parcel", "label", "note");
        branches.put("invoice", Branch.of("do-invoice", output("42 EUR")));
        branches.put("receipt", Branch.of("do-receipt", Payload.empty()));
        store.saveSnapshot(order.completeTask("reserve", output("shelf 7")).forkInto("ship", branches));
        done(claimOneOf("do-label", "w"), "printed");
        done(claimOneOf("do-note", "w"), "");
        WorkflowSnapshot before = store.loadSnapshot("order-1");

        signals.requestPause("order-1", ASKED);
        assertThat(store.loadSnapshot("order-1").fork()).isEqualTo(before.fork());
        signals.unpause("order-1");

        assertThat(store.loadSnapshot("order-1").fork()).isEqualTo(before.fork());
        assertThat(store.loadSnapshot("order-1").completedTasks()).isEqualTo(before.completedTasks());
        assertThat(history.loadVersion("order-1", before.version())).isEqualTo(before);
        assertThat(inputOf("do-invoice")).contains(output("42 EUR"));
        assertThat(inputOf("do-receipt")).contains(Payload.empty());
        assertThat(inputOf("do-parcel")).contains(output("shelf 7"));
    }

    @Test
    void R25_a_fork_of_5000_branches_and_one_with_much_data_work_within_the_default_limits() {
        Payload large = Payload.of(new byte[50_000]);
        Map<String, Branch> many = new LinkedHashMap<>();
        for (int i = 0; i < 5_000; i++) {
            many.put("b" + i, Branch.of("do-" + i, Payload.of(new byte[100])));
        }
        Map<String, Branch> heavy = new LinkedHashMap<>();
        for (int i = 0; i < 100; i++) {
            heavy.put("b" + i, i % 2 == 0 ? Branch.of("do-" + i) : Branch.of("do-" + i, large));
        }
        store.createSnapshot(order("order-1").completeTask("reserve", large).forkInto("ship", many));
        store.createSnapshot(order("order-2").completeTask("reserve", large).forkInto("ship", heavy));

        List<ClaimedTask> claimed = claims.claimAvailableTasks(ClaimQuery.of("w", 5_100, MINUTE));
        assertThat(claimed).hasSize(5_100);
        claimed.stream()
                .filter(task -> task.claim().instanceId().equals("order-2"))
                .forEach(task -> claims.commitBranchTask(task.claim(), new Done(large), Optional.empty()));
        signals.requestPause("order-2", ASKED);

        assertThat(store.loadSnapshot("order-1").fork().orElseThrow().branches())
                .isEqualTo(many);
        WorkflowSnapshot paused = store.loadSnapshot("order-2");
        assertThat(paused.status()).isEqualTo(WorkflowStatus.PAUSED);
        assertThat(paused.fork().orElseThrow().branches()).isEqualTo(heavy);
        assertThat(paused.fork().orElseThrow().completedBranches())
                .hasSize(100)
                .allSatisfy((label, result) -> assertThat(result.output()).isEqualTo(large));
    }

    @Test
    void R17_a_lost_claim_on_a_branch_commits_nothing() {
        fork("order-1", "parcel");
        TaskClaim lost = claims.claimTask("order-1", "do-parcel", "a", Duration.ofMillis(1))
                .orElseThrow();
        TaskClaim taken = await().until(
                        () -> claims.claimTask("order-1", "do-parcel", "b", MINUTE), Optional::isPresent)
                .orElseThrow();
        Traces before = tracesOf("order-1");

        for (BranchOutcome outcome : List.of(
                new Done(output("x")),
                new Next(output("x"), "weigh", Optional.empty()),
                new Retry("timed out", MINUTE))) {
            assertThatExceptionOfType(ClaimLostException.class)
                    .isThrownBy(() -> claims.commitBranchTask(lost, outcome, Optional.empty()));
        }

        assertThat(tracesOf("order-1")).isEqualTo(before);
        claims.commitBranchTask(taken, new Done(output("x")), Optional.empty());
    }

    @Test
    void a_branch_that_failed_is_tried_again_after_its_back_off_and_others_come_first() {
        fork("order-1", "parcel", "invoice");
        ClaimedTask parcel = claimOne("w");
        claims.commitBranchTask(parcel.claim(), new Retry("no boxes", Duration.ofDays(1)), Optional.empty());
        ClaimedTask invoice = claimOne("w");
        claims.commitBranchTask(invoice.claim(), new Retry("no paper", Duration.ofMillis(1)), Optional.empty());

        ClaimedTask again = await().until(
                        () -> claims.claimAvailableTasks(ClaimQuery.of("w", 10, MINUTE)), found -> !found.isEmpty())
                .get(0);
        assertThat(again.claim().taskId()).isEqualTo("do-invoice");
        assertThat(again.claim().attempt()).isEqualTo(2);
        assertThat(dueTasks()).isEmpty();
    }

    @Test
    void a_branch_that_is_delayed_is_not_due_before_its_time() {
        fork("order-1", "parcel", "invoice");
        ClaimedTask parcel = claimOne("w");
        claims.commitBranchTask(
                parcel.claim(),
                new Next(output("packed"), "weigh", Optional.of(Duration.ofDays(1))),
                Optional.of(MINUTE));
        ClaimedTask invoice = claimOne("w");
        claims.commitBranchTask(
                invoice.claim(),
                new Next(output("written"), "sign", Optional.of(Duration.ofMillis(1))),
                Optional.empty());

        assertThat(await().until(this::dueTasks, found -> !found.isEmpty())).containsExactly("sign");
    }

    @Test
    void R10_a_branch_that_fails_the_workflow_takes_the_others_with_it() {
        fork("order-1", "parcel", "invoice", "label");
        ClaimedTask parcel = claimOne("w");
        ClaimedTask invoice = claimOne("w");
        done(invoice, "42 EUR");

        assertThatExceptionOfType(StaleSnapshotException.class)
                .isThrownBy(() ->
                        claims.commitTask(parcel.claim(), parcel.snapshot().fail("no boxes"), Optional.empty()));
        claims.commitTask(parcel.claim(), store.loadSnapshot("order-1").fail("no boxes"), Optional.empty());

        assertThat(store.loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.FAILED);
        assertThat(dueTasks()).isEmpty();
        assertThatExceptionOfType(TerminalStateException.class)
                .isThrownBy(() -> claims.commitBranchTask(parcel.claim(), new Done(output("x")), Optional.empty()));
        assertThat(queries.findWorkflows(WorkflowQuery.all().atTask("do-label")).workflows())
                .isEmpty();
    }

    @Test
    void R15_a_cancel_in_the_middle_of_branches_is_carried_out_at_the_next_commit_of_any() {
        fork("order-1", "parcel", "invoice");
        ClaimedTask parcel = claimOne("w");
        ClaimedTask invoice = claimOne("w");
        assertThat(signals.requestCancel("order-1", ASKED)).isEqualTo(SignalOutcome.PENDING);

        done(parcel, "2 kg");

        assertThat(store.loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.CANCELLED);
        assertThatExceptionOfType(TerminalStateException.class).isThrownBy(() -> done(invoice, "42 EUR"));
        assertThat(dueTasks()).isEmpty();
    }

    @Test
    void R15_a_pause_in_the_middle_of_branches_keeps_what_they_finish_and_all_go_on_after_it() {
        fork("order-1", "parcel", "invoice", "label");
        ClaimedTask parcel = claimOne("w");
        ClaimedTask invoice = claimOne("w");
        signals.requestPause("order-1", ASKED);
        claims.commitBranchTask(
                parcel.claim(), new Next(output("packed"), "weigh", Optional.empty()), Optional.of(MINUTE));
        assertThat(store.loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.PAUSED);
        assertThat(dueTasks()).isEmpty();

        done(invoice, "42 EUR");
        assertThat(dueTasks()).isEmpty();
        WorkflowSnapshot resumed = signals.unpause("order-1");

        assertThat(resumed.fork().orElseThrow().completedBranches()).containsOnlyKeys("invoice");
        assertThat(dueTasks()).containsExactlyInAnyOrder("weigh", "do-label");
    }

    @Test
    void R15_a_pause_that_waits_for_no_claim_keeps_all_branches_from_being_handed_out() {
        fork("order-1", "parcel", "invoice", "label");
        signals.storeSignal("order-1", SignalKind.PAUSE, ASKED);

        assertThat(claims.claimAvailableTasks(ClaimQuery.of("w", 10, MINUTE))).isEmpty();
        assertThat(store.loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.PAUSED);
        signals.unpause("order-1");

        assertThat(claims.claimAvailableTasks(ClaimQuery.of("w", 10, MINUTE))).hasSize(3);
    }

    @Test
    void R15_a_pause_while_the_last_branch_commits_lets_the_join_go_on_after_it() {
        fork("order-1", "parcel");
        ClaimedTask parcel = claimOne("w");
        signals.requestPause("order-1", ASKED);
        done(parcel, "2 kg");
        assertThat(dueTasks()).isEmpty();

        signals.unpause("order-1");

        assertThat(dueTasks()).containsExactly("ship");
    }

    @Test
    void R11_a_result_saved_for_the_task_of_a_branch_ends_that_branch() {
        fork("order-1", "parcel", "invoice");

        store.saveTaskResult("order-1", "do-parcel", output("2 kg"));
        store.saveTaskResult("order-1", "other", output("unrelated"));

        assertThat(dueTasks()).containsExactly("do-invoice");
        done(claimOneOf("do-invoice", "w"), "42 EUR");
        assertThat(claimOne("w").snapshot().fork().orElseThrow().completedBranches())
                .containsOnlyKeys("parcel", "invoice");
    }

    @Test
    void another_round_of_a_fork_begins_its_branches_anew() {
        fork("order-1", "parcel");
        ClaimedTask parcel = claimOne("w");
        claims.commitBranchTask(
                parcel.claim(), new Next(output("packed"), "weigh", Optional.empty()), Optional.empty());
        done(claimOne("w"), "2 kg");
        ClaimedTask join = claimOne("w");
        CommittedTask again = claims.commitTask(
                join.claim(),
                join.snapshot().completeTask("ship", output("returned")).forkInto("ship", branches("parcel")),
                Optional.empty());
        assertThat(again.snapshot()).isEqualTo(store.loadSnapshot("order-1"));

        ClaimedTask second = claimOne("w");
        assertThat(second.claim().taskId()).isEqualTo("do-parcel");
        assertThat(second.claim().attempt()).isOne();
        assertThat(second.snapshot().fork().orElseThrow().completedBranches()).isEmpty();
        claims.commitBranchTask(
                second.claim(), new Next(output("packed again"), "weigh", Optional.empty()), Optional.empty());
        done(claimOne("w"), "3 kg");

        ClaimedTask joinAgain = claimOne("w");
        assertThat(joinAgain.snapshot().fork().orElseThrow().completedBranches())
                .containsEntry("parcel", new TaskResult("weigh", output("3 kg")));
        assertThat(joinAgain.snapshot()).isEqualTo(store.loadSnapshot("order-1"));
        assertThat(queries.findWorkflow("order-1").orElseThrow().completedTaskCount())
                .isEqualTo(joinAgain.snapshot().completedTaskCount());
    }

    @Test
    void a_join_that_failed_is_tried_again_with_all_results() {
        fork("order-1", "parcel");
        done(claimOne("w"), "2 kg");
        ClaimedTask join = claimOne("w");
        claims.releaseTaskClaim(join.claim());
        WorkflowSnapshot saved = store.saveSnapshot(store.loadSnapshot("order-1").toBuilder()
                .taskTags(List.of("express"))
                .build());

        ClaimedTask again = claimOne("w");
        assertThat(again.claim().taskId()).isEqualTo("ship");
        assertThat(again.snapshot()).isEqualTo(saved);
        assertThat(again.snapshot().fork().orElseThrow().completedBranches()).containsOnlyKeys("parcel");
    }

    @Test
    void a_snapshot_that_replaces_one_at_the_fork_begins_unfinished_branches_again() {
        fork("order-1", "parcel", "invoice");
        WorkflowSnapshot atFork = store.loadSnapshot("order-1");
        ClaimedTask parcel = claimOne("w");
        claims.commitBranchTask(
                parcel.claim(), new Next(output("packed"), "weigh", Optional.empty()), Optional.empty());

        store.saveSnapshot(atFork);

        assertThat(dueTasks()).containsExactlyInAnyOrder("do-parcel", "do-invoice");
    }

    @Test
    void leaving_a_fork_closes_its_branches() {
        fork("order-1", "parcel", "invoice");
        WorkflowSnapshot left = store.loadSnapshot("order-1").moveTo(new AtTask("apologise"));

        store.saveSnapshot(left);

        assertThat(dueTasks()).containsExactly("apologise");
    }

    @Test
    void R12_a_deleted_instance_takes_its_branches_with_it() {
        fork("order-1", "parcel", "invoice");
        ClaimedTask parcel = claimOne("w");

        store.deleteSnapshot("order-1");

        assertThat(dueTasks()).isEmpty();
        assertThatExceptionOfType(SnapshotNotFoundException.class).isThrownBy(() -> done(parcel, "2 kg"));
    }

    @Test
    void every_version_of_a_fork_can_be_looked_at() {
        fork("order-1", "parcel", "invoice");
        done(claimOneOf("do-parcel", "w"), "2 kg");
        done(claimOneOf("do-invoice", "w"), "42 EUR");

        assertThat(history.loadVersion("order-1", 2).fork().orElseThrow().completedBranches())
                .isEmpty();
        assertThat(history.loadVersion("order-1", 3).fork().orElseThrow().completedBranches())
                .containsOnlyKeys("parcel");
        assertThat(history.loadVersion("order-1", 4)).isEqualTo(store.loadSnapshot("order-1"));
    }

    @Test
    void what_is_not_part_of_a_branch_is_committed_with_a_snapshot_and_the_other_way_round() {
        store.createSnapshot(order("order-2"));
        TaskClaim mainLine = claims.claimTask("order-2", "reserve", "w", MINUTE).orElseThrow();
        assertThatIllegalArgumentException()
                .isThrownBy(() -> claims.commitBranchTask(mainLine, new Done(output("x")), Optional.empty()))
                .withMessageContaining("order-2");
        claims.releaseTaskClaim(mainLine);
        store.deleteSnapshot("order-2");

        fork("order-1", "parcel");
        ClaimedTask parcel = claimOne("w");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> claims.commitTask(
                        parcel.claim(), parcel.snapshot().completeTask("do-parcel", output("x")), Optional.empty()))
                .withMessageContaining("order-1");
        assertThatIllegalArgumentException().isThrownBy(() -> order("order-3").forkInto("ship", Map.of()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> order("order-3").forkInto("ship", Map.of("a", Branch.of("ship"))));
        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        order("order-3").forkInto("ship", Map.of("a", Branch.of("same"), "b", Branch.of("same"))));
    }

    /** What the task that is due is given when it is claimed. */
    private Optional<Payload> inputOf(String taskId) {
        ClaimedTask task = claims.claimAvailableTasks(
                        ClaimQuery.of("w", 1, MINUTE).taskIds(Set.of(taskId)))
                .get(0);
        BranchStep step = task.claim().branch().orElseThrow();
        return step.afterTaskId()
                .flatMap(task.snapshot().completedTasks()::output)
                .or(() -> task.snapshot().fork().orElseThrow().branches().values().stream()
                        .findFirst()
                        .flatMap(Branch::input));
    }

    private void fork(String instanceId, String... labels) {
        WorkflowSnapshot order = store.createSnapshot(order(instanceId));
        store.saveSnapshot(order.completeTask("reserve", output("shelf 7")).forkInto("ship", branches(labels)));
    }

    private static Map<String, Branch> branches(String... labels) {
        Map<String, Branch> branches = new LinkedHashMap<>();
        for (String label : labels) {
            branches.put(label, Branch.of("do-" + label));
        }
        return branches;
    }

    private CommittedBranchTask done(ClaimedTask task, String result) {
        return claims.commitBranchTask(task.claim(), new Done(output(result)), Optional.empty());
    }

    /** Branches that began together are due together: then in the order in which the tests name them. */
    private ClaimedTask claimOne(String workerId) {
        List<String> due = dueTasks();
        String taskId = List.of("do-parcel", "do-invoice", "do-label").stream()
                .filter(due::contains)
                .findFirst()
                .orElseGet(() -> due.get(0));
        return claimOneOf(taskId, workerId);
    }

    private ClaimedTask claimOneOf(String taskId, String workerId) {
        TaskClaim claim = claims.claimTask("order-1", taskId, workerId, MINUTE).orElseThrow();
        return new ClaimedTask(claim, store.loadSnapshot("order-1"));
    }

    private List<String> dueTasks() {
        return claims.findAvailableTasks(ClaimQuery.of("looking", 100, MINUTE)).stream()
                .map(AvailableTask::taskId)
                .toList();
    }
}
