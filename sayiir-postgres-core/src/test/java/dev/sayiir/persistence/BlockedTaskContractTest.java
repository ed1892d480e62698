package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.TaskRefusal.Outcome;
import dev.sayiir.persistence.WorkflowEvent.Kind;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** R26: what a worker cannot do is left for others, then blocked, and goes on when it is unblocked; its instance is as it was. */
class BlockedTaskContractTest extends ContractTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration NO_TIME = Duration.ZERO;
    private static final SignalRequest REPAIRED = SignalRequest.of("fixed in 1.1", "ada");

    @Test
    void R26_a_task_that_is_refused_is_left_for_others_and_its_worker_comes_last() {
        store.createSnapshot(order("order-1"));
        TaskClaim claim = claim("order-1");
        WorkflowSnapshot before = store.loadSnapshot("order-1");

        assertThat(claims.refuseTasks(List.of(refusal(claim, MINUTE)))).containsExactly(Outcome.LEFT);

        store.createSnapshot(order("order-2"));
        assertThat(claimedIds("worker-1", 1)).containsExactly("order-2");
        assertThat(claimedIds("worker-2", 10)).containsExactly("order-1");
        assertThat(store.loadSnapshot("order-1")).isEqualTo(before);
        assertThat(queries.findBlockedTasks(BlockedQuery.all())).isEmpty();
        assertThat(task("order-1").status()).isEqualTo(TaskStatus.ACTIVE);
        assertThat(task("order-1").error()).contains("cannot read it");
        assertThat(logOf("order-1")).containsExactly(Kind.STARTED);
    }

    @Test
    void R26_a_task_that_is_left_is_not_due_before_its_delay_has_passed() {
        store.createSnapshot(order("order-1"));
        TaskRefusal refusal = new TaskRefusal(
                claim("order-1"), BlockReason.NO_HANDLER, "no handler", MINUTE, MINUTE, Optional.empty());

        assertThat(claims.refuseTasks(List.of(refusal))).containsExactly(Outcome.LEFT);

        assertThat(claimedIds("worker-2", 10)).isEmpty();
        assertThat(task("order-1").readyAt().orElseThrow())
                .isAfter(Instant.now().plusSeconds(30))
                .isBefore(Instant.now().plusSeconds(90));
    }

    @Test
    void R26_a_task_that_is_refused_again_when_the_patience_is_over_is_blocked() {
        store.createSnapshot(order("order-1"));
        assertThat(claims.refuseTasks(List.of(refusal(claim("order-1"), MINUTE))))
                .containsExactly(Outcome.LEFT);
        assertThat(claims.refuseTasks(List.of(refusal(claim("order-1"), MINUTE))))
                .containsExactly(Outcome.LEFT);

        await().until(() -> claims.refuseTasks(List.of(refusal(claim("order-1"), Duration.ofMillis(20))))
                .equals(List.of(Outcome.BLOCKED)));

        assertThat(claimedIds("worker-2", 10)).isEmpty();
        assertThat(claims.claimTask("order-1", "reserve", "worker-2", MINUTE)).isEmpty();
        assertThat(claims.findAvailableTasks(ClaimQuery.of("worker-2", 10, MINUTE)))
                .isEmpty();
        TaskSummary blocked = task("order-1");
        assertThat(blocked.status()).isEqualTo(TaskStatus.BLOCKED);
        assertThat(blocked.claim()).isEmpty();
        assertThat(blocked.readyAt()).isEmpty();
        assertThat(queries.findWorkflow("order-1").orElseThrow().status()).isEqualTo(WorkflowStatus.IN_PROGRESS);
        assertThat(logOf("order-1")).containsExactly(Kind.STARTED, Kind.BLOCKED);
        assertThat(lastEvent("order-1").reason()).contains("Task 'reserve': unreadable-input: cannot read it");
        WorkflowFigures figures = statistics.currentFigures();
        assertThat(figures.blockedTasks()).isOne();
        assertThat(figures.activeTasks()).isZero();
        assertThat(figures.readyTasks()).isZero();
    }

    @Test
    void R26_a_blocked_task_says_why_since_when_and_which_build_could_not_do_it() {
        store.createSnapshot(order("order-1"));
        TaskClaim claim = claim("order-1");

        claims.refuseTasks(List.of(
                new TaskRefusal(claim, BlockReason.CRASHES, "5 crashes", NO_TIME, NO_TIME, Optional.of("1.0"))));

        BlockedTask task = queries.findBlockedTasks(BlockedQuery.all()).get(0);
        assertThat(task)
                .isEqualTo(new BlockedTask(
                        "order-1",
                        "reserve",
                        Optional.empty(),
                        "fulfilment-v1",
                        BlockReason.CRASHES,
                        "5 crashes",
                        Optional.of("1.0"),
                        task.blockedAt(),
                        1));
        assertThat(task.blockedAt())
                .isAfterOrEqualTo(claim.claimedAt())
                .isBefore(Instant.now().plusSeconds(60));
    }

    @Test
    void R26_a_blocked_task_is_due_at_once_when_it_is_unblocked_and_its_work_goes_on_where_it_was() {
        store.createSnapshot(order("order-1"));
        block("order-1");

        assertThat(repairs.unblock(BlockedQuery.all().ofInstance("order-1"), REPAIRED))
                .isOne();
        assertThat(repairs.unblock(BlockedQuery.all().ofInstance("order-1"), REPAIRED))
                .isZero();

        ClaimedTask again = claims.claimAvailableTasks(ClaimQuery.of("worker-1", 10, MINUTE))
                .get(0);
        claims.commitTask(
                again.claim(),
                again.snapshot().completeTask("reserve", output("done")).moveTo(new AtTask("charge")),
                Optional.empty());
        assertThat(logOf("order-1")).containsExactly(Kind.STARTED, Kind.BLOCKED, Kind.UNBLOCKED);
        assertThat(lastEvent("order-1").requestedBy()).contains("ada");
        assertThat(lastEvent("order-1").reason()).contains("Task 'reserve': fixed in 1.1");
        assertThat(statistics.currentFigures().blockedTasks()).isZero();
        assertThat(statistics.currentFigures().activeTasks()).isOne();
    }

    @Test
    void R26_what_came_of_a_task_ends_the_patience_with_it() {
        store.createSnapshot(order("order-1"));
        claims.refuseTasks(List.of(refusal(claim("order-1"), MINUTE)));
        ClaimedTask taken =
                claims.claimAvailableTasks(ClaimQuery.of("worker-2", 1, MINUTE)).get(0);
        WorkflowSnapshot failed = taken.snapshot().toBuilder()
                .taskRetry(
                        "reserve",
                        new TaskRetry(
                                1,
                                new dev.sayiir.workflow.RetryPolicy(3, NO_TIME, 1f, Optional.empty()),
                                "timed out",
                                Optional.of("worker-2"),
                                taken.claim().claimedAt()))
                .build();
        claims.commitTask(taken.claim(), failed, Optional.empty());

        // A millisecond is less than what has passed since the first refusal, and more than nothing.
        Optional<Outcome> first = claims.refuseTasks(List.of(refusal(claim("order-1"), MINUTE))).stream()
                .findFirst();
        assertThat(first).contains(Outcome.LEFT);
        WorkflowSnapshot next = store.loadSnapshot("order-1");
        ClaimedTask again =
                claims.claimAvailableTasks(ClaimQuery.of("worker-2", 1, MINUTE)).get(0);
        TaskClaim charge = claims.commitTask(
                        again.claim(),
                        next.completeTask("reserve", output("done")).moveTo(new AtTask("charge")),
                        Optional.of(MINUTE))
                .next()
                .orElseThrow();
        assertThat(claims.refuseTasks(List.of(refusal(charge, Duration.ofSeconds(30)))))
                .containsExactly(Outcome.LEFT);
    }

    @Test
    void R26_only_held_tasks_are_refused_and_each_by_itself() {
        IntStream.range(0, 3).forEach(i -> store.createSnapshot(order("order-" + i)));
        List<TaskClaim> held =
                IntStream.range(0, 3).mapToObj(i -> claim("order-" + i)).toList();
        claims.releaseTaskClaim(held.get(1));

        List<Outcome> outcomes = claims.refuseTasks(
                List.of(refusal(held.get(2), NO_TIME), refusal(held.get(1), NO_TIME), refusal(held.get(0), MINUTE)));

        assertThat(outcomes).containsExactly(Outcome.BLOCKED, Outcome.LOST, Outcome.LEFT);
        assertThat(queries.findBlockedTasks(BlockedQuery.all()))
                .extracting(BlockedTask::instanceId)
                .containsExactly("order-2");
        assertThat(claims.refuseTasks(List.of())).isEmpty();
    }

    @Test
    void R26_a_blocked_branch_holds_up_no_other_and_the_join_comes_when_it_is_done() {
        store.createSnapshot(
                order("order-1").forkInto("join", Map.of("l", Branch.of("left"), "r", Branch.of("right"))));
        TaskClaim left = claims.claimTask("order-1", "left", "worker-1", MINUTE).orElseThrow();
        claims.refuseTasks(List.of(refusal(left, NO_TIME)));

        TaskClaim right =
                claims.claimTask("order-1", "right", "worker-1", MINUTE).orElseThrow();
        claims.commitBranchTask(right, new BranchOutcome.Done(output("r")), Optional.empty());
        assertThat(claimedIds("worker-2", 10)).isEmpty();
        assertThat(queries.findBlockedTasks(BlockedQuery.all()).get(0).branch()).contains("l");
        signals.requestPause("order-1", REPAIRED);
        signals.unpause("order-1");
        assertThat(claimedIds("worker-2", 10)).isEmpty();

        assertThat(repairs.unblock(BlockedQuery.all().atTask("left"), REPAIRED)).isOne();
        TaskClaim again =
                claims.claimTask("order-1", "left", "worker-2", MINUTE).orElseThrow();
        claims.commitBranchTask(again, new BranchOutcome.Done(output("l")), Optional.empty());
        assertThat(claims.claimTask("order-1", "join", "worker-2", MINUTE)).isPresent();
    }

    @Test
    void R26_a_blocked_task_stays_so_while_its_instance_is_paused_and_resumed_and_saved_at_the_same_task() {
        store.createSnapshot(order("order-1"));
        block("order-1");

        signals.requestPause("order-1", REPAIRED);
        assertThat(task("order-1").status()).isEqualTo(TaskStatus.BLOCKED);
        WorkflowSnapshot resumed = signals.unpause("order-1");
        assertThat(claimedIds("worker-2", 10)).isEmpty();
        WorkflowSnapshot saved =
                store.saveSnapshot(resumed.toBuilder().taskTags(List.of("gpu")).build());
        assertThat(claimedIds("worker-2", 10)).isEmpty();
        assertThat(queries.findBlockedTasks(BlockedQuery.all())).hasSize(1);

        store.saveSnapshot(saved.completeTask("reserve", output("by hand")).moveTo(new AtTask("charge")));
        assertThat(queries.findBlockedTasks(BlockedQuery.all())).isEmpty();
        assertThat(claimedIds("worker-2", 10)).containsExactly("order-1");
    }

    @Test
    void R26_a_task_that_is_unblocked_while_its_instance_is_paused_is_due_when_that_is_resumed() {
        store.createSnapshot(order("order-1"));
        block("order-1");
        signals.requestPause("order-1", REPAIRED);

        assertThat(repairs.unblock(BlockedQuery.all(), REPAIRED)).isOne();

        assertThat(claimedIds("worker-2", 10)).isEmpty();
        signals.unpause("order-1");
        assertThat(claimedIds("worker-2", 10)).containsExactly("order-1");
    }

    @Test
    void R26_a_blocked_instance_that_is_redriven_from_its_task_goes_on() {
        store.createSnapshot(order("order-1"));
        block("order-1");

        repairs.redrive("order-1", RedriveRequest.fromTask("reserve"), REPAIRED);

        assertThat(queries.findBlockedTasks(BlockedQuery.all())).isEmpty();
        assertThat(claimedIds("worker-1", 10)).containsExactly("order-1");
    }

    @Test
    void R26_who_is_blocked_at_a_task_is_at_it() {
        store.createSnapshot(order("order-1"));
        store.createSnapshot(order("order-2"));
        block("order-1");

        assertThat(idsOf(WorkflowQuery.all().atTask("reserve"))).containsExactlyInAnyOrder("order-1", "order-2");
    }

    @Test
    void R26_a_blocked_join_whose_branches_are_opened_again_waits_for_them() {
        store.createSnapshot(order("order-1").forkInto("join", Map.of("l", Branch.of("left"))));
        finish("order-1", "left");
        claims.refuseTasks(List.of(
                refusal(claims.claimTask("order-1", "join", "worker-1", MINUTE).orElseThrow(), NO_TIME)));
        store.saveSnapshot(
                store.loadSnapshot("order-1").withdrawTask("left").forkInto("join", Map.of("l", Branch.of("left"))));

        repairs.unblock(BlockedQuery.all(), REPAIRED);
        assertThat(claimedIds("worker-1", 10)).as("left only").hasSize(1);
        claims.releaseTaskClaims("worker-1");
        finish("order-1", "left");

        assertThat(claims.claimTask("order-1", "join", "worker-1", MINUTE)).isPresent();
    }

    @Test
    void R26_a_blocked_join_stays_so_when_a_branch_ends_that_was_opened_again() {
        store.createSnapshot(order("order-1").forkInto("join", Map.of("l", Branch.of("left"))));
        finish("order-1", "left");
        claims.refuseTasks(List.of(
                refusal(claims.claimTask("order-1", "join", "worker-1", MINUTE).orElseThrow(), NO_TIME)));
        store.saveSnapshot(
                store.loadSnapshot("order-1").withdrawTask("left").forkInto("join", Map.of("l", Branch.of("left"))));
        finish("order-1", "left");

        assertThat(claimedIds("worker-1", 10)).isEmpty();
        assertThat(queries.findBlockedTasks(BlockedQuery.all())).hasSize(1);
        repairs.unblock(BlockedQuery.all(), REPAIRED);
        assertThat(claimedIds("worker-1", 10)).containsExactly("order-1");
    }

    private void finish(String instanceId, String taskId) {
        TaskClaim claim =
                claims.claimTask(instanceId, taskId, "worker-1", MINUTE).orElseThrow();
        claims.commitBranchTask(claim, new BranchOutcome.Done(output("done")), Optional.empty());
    }

    @Test
    void R26_a_blocked_instance_is_cancelled_at_once_and_deleted_with_all_that_is_its() {
        store.createSnapshot(order("order-1"));
        store.createSnapshot(order("order-2"));
        block("order-1");
        block("order-2");

        assertThat(signals.requestCancel("order-1", REPAIRED)).isEqualTo(SignalOutcome.APPLIED);
        store.deleteSnapshot("order-2");

        assertThat(queries.findBlockedTasks(BlockedQuery.all())).isEmpty();
        assertThat(task("order-1").status()).isEqualTo(TaskStatus.CANCELLED);
        assertThat(repairs.unblock(BlockedQuery.all(), REPAIRED)).isZero();
    }

    @Test
    void R26_a_cancel_that_was_asked_for_while_the_task_was_held_is_carried_out_when_it_is_refused() {
        store.createSnapshot(order("order-1"));
        TaskClaim claim = claim("order-1");
        assertThat(signals.requestCancel("order-1", REPAIRED)).isEqualTo(SignalOutcome.PENDING);

        claims.refuseTasks(List.of(refusal(claim, NO_TIME)));

        assertThat(store.loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.CANCELLED);
        assertThat(queries.findBlockedTasks(BlockedQuery.all())).isEmpty();
    }

    @Test
    void R26_what_is_blocked_is_found_by_every_condition_and_page_by_page_the_longest_first() {
        for (int i = 0; i < 5; i++) {
            store.createSnapshot(order("order-" + i));
            TaskClaim claim = claim("order-" + i);
            BlockReason reason = i % 2 == 0 ? BlockReason.NO_HANDLER : BlockReason.CRASHES;
            claims.refuseTasks(List.of(new TaskRefusal(
                    claim, reason, "error " + i, NO_TIME, NO_TIME, i < 3 ? Optional.of("1." + i) : Optional.empty())));
        }

        assertThat(found(BlockedQuery.all().limit(2)))
                .containsExactly("order-0", "order-1", "order-2", "order-3", "order-4");
        assertThat(found(BlockedQuery.all().because(BlockReason.CRASHES))).containsExactly("order-1", "order-3");
        assertThat(found(BlockedQuery.all().exceptBuild("1.1")))
                .containsExactly("order-0", "order-2", "order-3", "order-4");
        assertThat(found(BlockedQuery.all().ofInstance("order-3"))).containsExactly("order-3");
        assertThat(found(BlockedQuery.all().ofDefinition("fulfilment-v1").atTask("reserve")))
                .hasSize(5);
        assertThat(found(BlockedQuery.all().ofDefinition("other"))).isEmpty();
        assertThat(found(BlockedQuery.all().atTask("other"))).isEmpty();
        assertThat(repairs.unblock(BlockedQuery.all().limit(2), REPAIRED)).isEqualTo(2);
        assertThat(found(BlockedQuery.all())).containsExactly("order-2", "order-3", "order-4");
        assertThat(repairs.unblock(BlockedQuery.all().because(BlockReason.NO_HANDLER), REPAIRED))
                .isEqualTo(2);
        assertThat(found(BlockedQuery.all())).containsExactly("order-3");
    }

    @Test
    void R26_a_task_of_a_known_workflow_that_nobody_takes_is_blocked_and_goes_on_with_a_worker_that_can_do_it() {
        store.createSnapshot(order("order-1"));
        store.createSnapshot(order("order-2").moveTo(new AtTask("known")));
        store.createSnapshot(
                order("order-3").moveTo(new AtDelay("delay", Instant.now(), Instant.now(), Optional.of("known"))));
        store.createSnapshot(
                WorkflowSnapshot.start("other-1", "other", output("in")).moveTo(new AtTask("reserve")));
        store.createSnapshot(order("order-4").forkInto("join", Map.of("l", Branch.of("left"))));
        ClaimQuery worker = ClaimQuery.of("worker-1", 10, MINUTE)
                .definitions(Set.of("fulfilment-v1"))
                .taskIds(Set.of("known"))
                .build("2.0");

        assertThat(claims.blockUnhandledTasks(worker)).isZero();
        TaskClaim held = claim("order-1");
        store.createSnapshot(order("order-5"));
        assertThat(claims.blockUnhandledTasks(worker.blockAfter(NO_TIME)))
                .as("left")
                .isOne();
        claims.releaseTaskClaim(held);
        assertThat(claims.blockUnhandledTasks(worker.blockAfter(NO_TIME)))
                .as("reserve, now free")
                .isEqualTo(2);

        assertThat(found(BlockedQuery.all())).containsExactlyInAnyOrder("order-4", "order-1", "order-5");
        BlockedTask left = queries.findBlockedTasks(BlockedQuery.all()).get(0);
        assertThat(left.branch()).contains("l");
        assertThat(left.reason()).isEqualTo(BlockReason.NO_HANDLER);
        assertThat(left.build()).contains("2.0");
        assertThat(left.error()).startsWith("No worker has taken the task since it was due at ");
        assertThat(lastEvent("order-4").reason().orElseThrow()).startsWith("Task 'left': no-handler: No worker");
        assertThat(repairs.unblock(
                        BlockedQuery.all()
                                .ofDefinitions(Set.of("fulfilment-v1", "another"))
                                .atTasks(Set.of("reserve", "left"))
                                .because(BlockReason.NO_HANDLER),
                        REPAIRED))
                .isEqualTo(3);
        assertThat(claimedIds("worker-2", 10))
                .containsExactlyInAnyOrder("order-1", "order-2", "order-3", "order-4", "order-5", "other-1");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> claims.blockUnhandledTasks(ClaimQuery.of("worker-1", 10, MINUTE)))
                .withMessageContaining("worker-1");
    }

    @Test
    void R26_the_crashes_of_a_task_are_forgotten_when_it_is_unblocked() {
        store.createSnapshot(order("order-1"));
        assertThat(claims.claimTask("order-1", "reserve", "worker-1", Duration.ofMillis(1)))
                .isPresent();
        List<ClaimedTask> after = new ArrayList<>();
        await().until(() -> {
            after.addAll(claims.claimAvailableTasks(ClaimQuery.of("worker-1", 1, MINUTE)));
            return !after.isEmpty();
        });
        assertThat(after.get(0).claim().crashes()).isOne();
        claims.refuseTasks(List.of(refusal(after.get(0).claim(), NO_TIME)));
        assertThat(claim0("order-1")).isEmpty();

        repairs.unblock(BlockedQuery.all(), REPAIRED);

        assertThat(claim("order-1").crashes()).isZero();
    }

    @Test
    void a_refusal_that_cannot_be_stored_is_refused_itself() {
        store.createSnapshot(order("order-1"));
        TaskClaim claim = claim("order-1");

        assertThatIllegalArgumentException()
                .isThrownBy(() ->
                        new TaskRefusal(claim, BlockReason.CRASHES, "nul\u0000", NO_TIME, NO_TIME, Optional.empty()));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new TaskRefusal(
                        claim, BlockReason.CRASHES, "", Duration.ofMillis(-1), NO_TIME, Optional.empty()));
        assertThatExceptionOfType(ValueTooLargeException.class)
                .isThrownBy(() -> claims.refuseTasks(List.of(new TaskRefusal(
                        claim, BlockReason.CRASHES, "x".repeat(2_000_000), NO_TIME, NO_TIME, Optional.empty()))))
                .withMessageContaining("order-1");
        assertThatExceptionOfType(ValueTooLargeException.class)
                .isThrownBy(() -> repairs.unblock(BlockedQuery.all(), SignalRequest.of("x".repeat(2_000_000), "ada")));
        assertThatIllegalArgumentException().isThrownBy(() -> BlockedQuery.all().limit(0));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BlockedQuery.Cursor(Instant.EPOCH, "order-1", Optional.of("nul\u0000")));
    }

    private TaskClaim claim(String instanceId) {
        return claim0(instanceId).orElseThrow();
    }

    private Optional<TaskClaim> claim0(String instanceId) {
        return claims.claimTask(instanceId, "reserve", "worker-1", MINUTE);
    }

    private void block(String instanceId) {
        assertThat(claims.refuseTasks(List.of(refusal(claim(instanceId), NO_TIME))))
                .containsExactly(Outcome.BLOCKED);
    }

    private static TaskRefusal refusal(TaskClaim claim, Duration patience) {
        return new TaskRefusal(
                claim, BlockReason.UNREADABLE_INPUT, "cannot read it", patience, NO_TIME, Optional.empty());
    }

    private List<String> claimedIds(String workerId, int limit) {
        return claims.claimAvailableTasks(ClaimQuery.of(workerId, limit, MINUTE)).stream()
                .map(task -> task.claim().instanceId())
                .toList();
    }

    private TaskSummary task(String instanceId) {
        return queries.listTasks(instanceId).get(0);
    }

    private List<String> found(BlockedQuery query) {
        List<String> ids = new ArrayList<>();
        List<BlockedTask> page = queries.findBlockedTasks(query);
        while (!page.isEmpty()) {
            page.forEach(task -> ids.add(task.instanceId()));
            page = queries.findBlockedTasks(
                    query.after(page.get(page.size() - 1).cursor()));
        }
        return ids;
    }

    private List<Kind> logOf(String instanceId) {
        return events.listEvents(instanceId, 0, 100).stream()
                .map(WorkflowEvent::kind)
                .toList();
    }

    private WorkflowEvent lastEvent(String instanceId) {
        List<WorkflowEvent> log = events.listEvents(instanceId, 0, 100);
        return log.get(log.size() - 1);
    }
}
