package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.THEN;
import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.BranchOutcome.Done;
import dev.sayiir.persistence.BranchOutcome.Next;
import dev.sayiir.persistence.WorkflowEvent.Kind;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.TaskDeadline;
import dev.sayiir.workflow.TaskResult;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Instances that go on after an end or from an earlier version, and others that begin with one. */
class RepairContractTest extends ContractTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final SignalRequest ASKED = SignalRequest.of("bug 17 is fixed", "ada");
    private static final RedriveRequest FROM_FAILURE = RedriveRequest.fromFailure();

    @Test
    void R26_a_failed_instance_goes_on_from_where_it_failed_with_its_retries_anew() {
        WorkflowSnapshot before = charging("order-1");
        before = store.saveSnapshot(before.toBuilder()
                .taskRetry("charge", failure(THEN.plus(Duration.ofDays(400_000))))
                .taskRetry("reserve", failure(THEN))
                .taskDeadline(Optional.of(new TaskDeadline("charge", THEN, 1)))
                .loopIteration("loop", 3)
                .build());
        store.saveSnapshot(before.fail("card declined"));
        assertThat(dueTasks()).isEmpty();

        WorkflowSnapshot redriven = repairs.redrive("order-1", FROM_FAILURE, ASKED);

        assertThat(redriven.version()).isEqualTo(before.version() + 2);
        assertThat(redriven.state()).isEqualTo(before.state());
        assertThat(redriven.taskRetries()).isEmpty();
        assertThat(redriven.taskDeadline()).isEmpty();
        assertThat(redriven.loopIterations()).isEqualTo(Map.of("loop", 3L));
        assertThat(redriven.initialInput()).isEqualTo(before.initialInput());
        assertThat(store.loadSnapshot("order-1")).isEqualTo(redriven);
        assertThat(queries.countByStatus())
                .containsEntry(WorkflowStatus.IN_PROGRESS, 1L)
                .containsEntry(WorkflowStatus.FAILED, 0L);
        WorkflowSummary summary = queries.findWorkflow("order-1").orElseThrow();
        assertThat(summary.error()).isEmpty();
        assertThat(summary.completedAt()).isEmpty();
        assertThat(summary.completedTaskCount()).isOne();
        ClaimedTask charge = claimOne();
        assertThat(charge.claim().taskId()).isEqualTo("charge");
        assertThat(charge.claim().attempt()).isOne();
        assertThat(charge.claim().failures()).isZero();
        assertThat(task("charge").error()).isEmpty();
        assertThat(task("reserve").status()).isEqualTo(TaskStatus.COMPLETED);

        claims.commitTask(
                charge.claim(),
                charge.snapshot().completeTask("charge", output("paid")).complete(output("done")),
                Optional.empty());
        assertThat(results.loadTaskResults("order-1")).containsOnlyKeys("reserve", "charge");
        assertThatExceptionOfType(TerminalStateException.class)
                .isThrownBy(() -> store.saveTaskResult("order-1", "late", output("x")))
                .withMessageContaining("redrive");
    }

    @Test
    void R26_a_cancelled_instance_goes_on_also_if_it_was_paused_before() {
        WorkflowSnapshot before = charging("order-1");
        signals.requestPause("order-1", ASKED);
        signals.requestCancel("order-1", ASKED);

        WorkflowSnapshot redriven = repairs.redrive("order-1", FROM_FAILURE, ASKED);

        assertThat(redriven.state()).isEqualTo(before.state());
        assertThat(claimOne().claim().taskId()).isEqualTo("charge");
        assertThat(kinds("order-1"))
                .containsExactly(
                        Kind.STARTED,
                        Kind.PAUSE_REQUESTED,
                        Kind.PAUSED,
                        Kind.CANCEL_REQUESTED,
                        Kind.CANCELLED,
                        Kind.REDRIVEN);
        assertThat(signals.listPendingSignals("order-1")).isEmpty();
    }

    @Test
    void R29_the_log_says_who_and_why() {
        store.saveSnapshot(charging("order-1").fail("card declined"));

        repairs.redrive("order-1", FROM_FAILURE, ASKED);
        store.saveSnapshot(store.loadSnapshot("order-1").fail("again"));
        repairs.redrive("order-1", FROM_FAILURE, SignalRequest.unexplained());

        List<WorkflowEvent> redriven = events.listEvents("order-1", 0, 100).stream()
                .filter(event -> event.kind() == Kind.REDRIVEN)
                .toList();
        assertThat(redriven)
                .extracting(WorkflowEvent::requestedBy)
                .containsExactly(Optional.of("ada"), Optional.empty());
        assertThat(redriven)
                .extracting(WorkflowEvent::reason)
                .containsExactly(Optional.of("bug 17 is fixed"), Optional.empty());
        assertThat(kinds("order-1"))
                .containsExactly(Kind.STARTED, Kind.FAILED, Kind.REDRIVEN, Kind.FAILED, Kind.REDRIVEN);
    }

    @Test
    void a_completed_instance_goes_on_only_if_that_is_asked_for() {
        WorkflowSnapshot before = charging("order-1");
        store.saveSnapshot(before.completeTask("charge", output("paid")).complete(output("done")));

        assertRefused("order-1", FROM_FAILURE, "Completed");
        assertRefused("order-1", RedriveRequest.fromVersion(1), "Completed");

        WorkflowSnapshot redriven = repairs.redrive("order-1", FROM_FAILURE.evenIfCompleted(), ASKED);
        assertThat(redriven.state()).isEqualTo(before.state());
        assertThat(results.loadTaskResults("order-1")).containsOnlyKeys("reserve");
        assertThat(task("charge").completedVersion()).isEmpty();
    }

    @Test
    void every_earlier_version_loads_as_before() {
        List<WorkflowSnapshot> versions = new ArrayList<>();
        versions.add(store.createSnapshot(order("order-1")));
        versions.add(store.saveSnapshot(
                versions.get(0).completeTask("reserve", output("shelf 7")).moveTo(new AtTask("charge"))));
        versions.add(store.saveSnapshot(
                versions.get(1).completeTask("charge", output("paid")).moveTo(new AtTask("ship"))));
        store.saveSnapshot(versions.get(2).fail("no boxes"));
        WorkflowSnapshot failed = history.loadVersion("order-1", 4);

        versions.add(failed);
        versions.add(repairs.redrive(
                "order-1",
                RedriveRequest.fromTask("charge").withInput(output("shelf 8")).withResult("reserve", output("shelf 8")),
                ASKED));
        versions.add(store.saveSnapshot(
                versions.get(4).completeTask("charge", output("paid less")).moveTo(new AtTask("ship"))));
        store.saveSnapshot(versions.get(5).fail("no boxes again"));
        repairs.redrive("order-1", RedriveRequest.fromVersion(1).withInput(output("coffee")), ASKED);

        for (int i = 0; i < versions.size(); i++) {
            assertThat(history.loadVersion("order-1", i + 1)).isEqualTo(versions.get(i));
        }
        assertThat(store.loadSnapshot("order-1").completedTasks().asMap()).isEmpty();
        assertThat(store.loadSnapshot("order-1").initialInput()).contains(output("coffee"));
        assertThat(results.loadTaskResults("order-1")).isEmpty();
        assertThat(task("charge").completedVersion()).isEmpty();
    }

    @Test
    void from_a_task_it_goes_on_where_its_main_line_stood_there_last() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        order = store.saveSnapshot(
                order.completeTask("reserve", output("none left")).moveTo(new AtTask("wait")));
        order = store.saveSnapshot(order.completeTask("wait", output("1 day"))
                .withdrawTask("reserve")
                .moveTo(new AtTask("reserve")));
        WorkflowSnapshot second = order;
        order = store.saveSnapshot(
                order.completeTask("reserve", output("shelf 7")).moveTo(new AtTask("charge")));
        store.saveSnapshot(order.fail("card declined"));

        WorkflowSnapshot redriven = repairs.redrive("order-1", RedriveRequest.fromTask("reserve"), ASKED);

        assertThat(redriven.state()).isEqualTo(second.state());
        assertThat(results.loadTaskResults("order-1")).isEqualTo(Map.of("wait", output("1 day")));
        assertThat(claimOne().claim().taskId()).isEqualTo("reserve");
    }

    @Test
    void a_task_at_which_its_main_line_never_stood_is_refused() {
        store.saveSnapshot(charging("order-1").fail("card declined"));

        assertRefused("order-1", RedriveRequest.fromTask("ship"), "main line", "'ship'");
    }

    @Test
    void a_version_in_which_it_had_ended_is_refused_with_the_last_one_in_which_it_had_not() {
        WorkflowSnapshot before = charging("order-1");
        store.saveSnapshot(before.fail("card declined"));
        store.createSnapshot(order("dead").fail("at once"));

        assertRefused("order-1", RedriveRequest.fromVersion(3), "ended in version 3", "is 2");
        assertRefused("dead", RedriveRequest.fromVersion(1), "ended in version 1");
        assertRefused("dead", FROM_FAILURE, "no version");
        assertThatExceptionOfType(RepairRefusedException.class)
                .isThrownBy(() -> repairs.fork("order-1", 3, "order-2", ASKED))
                .withMessageContainingAll("order-1", "ended in version 3", "is 2");
        for (long version : List.of(4L, Long.MAX_VALUE)) {
            assertThatExceptionOfType(SnapshotNotFoundException.class)
                    .isThrownBy(() -> repairs.redrive("order-1", RedriveRequest.fromVersion(version), ASKED))
                    .withMessageContainingAll("order-1", Long.toString(version));
        }
        assertThat(store.findSnapshot("order-2")).isEmpty();
    }

    @Test
    void nobody_and_bad_arguments_are_refused() {
        for (RedriveRequest redrive : List.of(FROM_FAILURE, RedriveRequest.fromVersion(1))) {
            assertThatExceptionOfType(SnapshotNotFoundException.class)
                    .isThrownBy(() -> repairs.redrive("nobody", redrive, ASKED))
                    .withMessageContaining("nobody");
        }
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> repairs.fork("nobody", 1, "order-2", ASKED));
        assertThatIllegalArgumentException().isThrownBy(() -> repairs.fork("order-1", 0, "order-2", ASKED));
        assertThatIllegalArgumentException().isThrownBy(() -> repairs.fork("order-1", 1, "", ASKED));
        assertThatIllegalArgumentException().isThrownBy(() -> repairs.redrive("", FROM_FAILURE, ASKED));
        assertThatIllegalArgumentException().isThrownBy(() -> RedriveRequest.fromVersion(0));
        assertThatIllegalArgumentException().isThrownBy(() -> RedriveRequest.fromTask(""));
        assertThatIllegalArgumentException().isThrownBy(() -> FROM_FAILURE.withResult("", output("x")));
    }

    @Test
    void one_that_has_not_ended_goes_on_from_elsewhere_if_nobody_is_working_on_it() {
        charging("order-1");
        assertRefused("order-1", FROM_FAILURE, "InProgress");
        TaskClaim held =
                claims.claimTask("order-1", "charge", "worker-1", MINUTE).orElseThrow();
        assertRefused("order-1", RedriveRequest.fromTask("reserve"), "worker");
        assertRefused("order-1", RedriveRequest.fromVersion(2), "worker");
        claims.releaseTaskClaim(held);

        WorkflowSnapshot redriven = repairs.redrive("order-1", RedriveRequest.fromTask("reserve"), ASKED);

        assertThat(redriven.position()).contains(new AtTask("reserve"));
        assertThat(task("charge").status()).isEqualTo(TaskStatus.SKIPPED);
        assertThat(task("charge").claim()).isEmpty();
        assertThat(kinds("order-1")).containsExactly(Kind.STARTED, Kind.REDRIVEN);
        assertThat(claimOne().claim().taskId()).isEqualTo("reserve");
    }

    @Test
    void R17_who_had_it_before_has_it_no_more() {
        WorkflowSnapshot order = charging("order-1");
        TaskClaim expired = claims.claimTask("order-1", "charge", "worker-1", Duration.ofMillis(1))
                .orElseThrow();
        await().ignoreExceptionsInstanceOf(RepairRefusedException.class)
                .untilAsserted(() -> repairs.redrive("order-1", RedriveRequest.fromVersion(2), ASKED));

        assertThatExceptionOfType(ClaimLostException.class)
                .isThrownBy(() -> claims.commitTask(
                        expired,
                        store.loadSnapshot("order-1").completeTask("charge", output("paid")),
                        Optional.empty()));
        assertThatExceptionOfType(StaleSnapshotException.class)
                .isThrownBy(() -> store.saveSnapshotIfVersion(order.completeTask("charge", output("paid")), 2));
        assertThat(claimOne().claim().attempt()).isOne();
    }

    @Test
    void a_paused_one_goes_on_at_once() {
        charging("order-1");
        signals.requestPause("order-1", ASKED);
        assertRefused("order-1", FROM_FAILURE, "Paused");

        assertThat(repairs.redrive("order-1", RedriveRequest.fromTask("charge"), ASKED)
                        .status())
                .isEqualTo(WorkflowStatus.IN_PROGRESS);

        assertThat(claimOne().claim().taskId()).isEqualTo("charge");
        assertThat(kinds("order-1"))
                .containsExactly(Kind.STARTED, Kind.PAUSE_REQUESTED, Kind.PAUSED, Kind.RESUMED, Kind.REDRIVEN);
    }

    @Test
    void in_a_fork_branches_that_are_done_stay_done_and_the_others_go_on_at_the_task_that_they_had_come_to() {
        forked("order-1", "parcel", "invoice", "note");
        done(claimed("do-note"), "printed");
        ClaimedTask parcel = claimed("do-parcel");
        claims.commitBranchTask(
                parcel.claim(), new Next(output("packed"), "weigh", Optional.empty()), Optional.empty());
        ClaimedTask weigh = claimed("weigh");
        claims.commitTask(weigh.claim(), failed("order-1", "scales broken"), Optional.empty());
        assertThat(dueTasks()).isEmpty();

        WorkflowSnapshot redriven = repairs.redrive("order-1", FROM_FAILURE, ASKED);

        assertThat(redriven.fork().orElseThrow().completedBranches())
                .isEqualTo(Map.of("note", new TaskResult("do-note", output("printed"))));
        assertThat(store.loadSnapshot("order-1")).isEqualTo(redriven);
        assertThat(dueTasks()).containsExactlyInAnyOrder("do-invoice", "weigh");
        ClaimedTask again = claimed("weigh");
        assertThat(again.claim().attempt()).isOne();
        assertThat(again.claim().branch().orElseThrow().label()).isEqualTo("parcel");
        assertThat(again.snapshot()
                        .fork()
                        .orElseThrow()
                        .branches()
                        .get("parcel")
                        .input())
                .contains(output("packed"));
        done(again, "2 kg");
        ClaimedTask invoice = claimed("do-invoice");
        assertThat(invoice.claim().branch()).contains(new BranchStep("invoice", Optional.of("reserve")));
        done(invoice, "42 EUR");
        assertThat(claimOne().snapshot().fork().orElseThrow().completedBranches())
                .containsOnlyKeys("parcel", "invoice", "note")
                .containsEntry("parcel", new TaskResult("weigh", output("2 kg")));
        assertThat(results.loadTaskResults("order-1"))
                .containsOnlyKeys("reserve", "do-note", "do-parcel", "weigh", "do-invoice");
    }

    @Test
    void in_a_later_round_of_a_fork_branches_stand_where_they_came_to_in_that_round() {
        forked("order-1", "parcel");
        claims.commitBranchTask(
                claimed("do-parcel").claim(), new Next(output("packed"), "weigh", Optional.empty()), Optional.empty());
        claims.commitBranchTask(
                claimed("weigh").claim(), new Next(output("2 kg"), "seal", Optional.empty()), Optional.empty());
        done(claimed("seal"), "sealed");
        ClaimedTask join = claimOne();
        WorkflowSnapshot back = claims.commitTask(
                        join.claim(),
                        join.snapshot()
                                .completeTask("ship", output("came back"))
                                .moveTo(new AtTask("open")),
                        Optional.empty())
                .snapshot();
        store.saveSnapshot(back.completeTask("open", output("broken"))
                .withdrawTask("ship")
                .forkInto("ship", Map.of("parcel", Branch.of("do-parcel"))));
        claims.commitBranchTask(
                claimed("do-parcel").claim(), new Next(output("again"), "weigh", Optional.empty()), Optional.empty());
        store.saveSnapshot(store.loadSnapshot("order-1").fail("scales broken"));

        repairs.redrive("order-1", FROM_FAILURE, ASKED);

        assertThat(dueTasks()).containsExactly("weigh");
        assertThat(claimed("weigh")
                        .snapshot()
                        .fork()
                        .orElseThrow()
                        .branches()
                        .get("parcel")
                        .input())
                .contains(output("again"));
    }

    @Test
    void a_branch_that_repeats_a_task_goes_on_with_what_that_gave_last() {
        forked("order-1", "parcel");
        for (String round : List.of("round 1", "round 2")) {
            claims.commitBranchTask(
                    claimed("do-parcel").claim(),
                    new Next(output(round), "do-parcel", Optional.empty()),
                    Optional.empty());
        }
        store.saveSnapshot(store.loadSnapshot("order-1").fail("scales broken"));

        WorkflowSnapshot redriven = repairs.redrive("order-1", FROM_FAILURE, ASKED);

        assertThat(redriven.fork().orElseThrow().branches())
                .isEqualTo(Map.of("parcel", Branch.of("do-parcel", output("round 2"))));
        assertThat(redriven.completedTasks().taskIds()).containsExactly("reserve");
        done(claimed("do-parcel"), "2 kg");
        assertThat(claimOne().claim().taskId()).isEqualTo("ship");
        assertThat(queries.findWorkflow("order-1").orElseThrow().completedTaskCount())
                .isEqualTo(2);
    }

    @Test
    void from_the_task_that_joins_it_goes_on_with_the_results_of_all_branches() {
        forked("order-1", "parcel", "invoice");
        done(claimed("do-parcel"), "2 kg");
        done(claimed("do-invoice"), "42 EUR");
        ClaimedTask join = claimOne();
        WorkflowSnapshot after = claims.commitTask(
                        join.claim(),
                        join.snapshot().completeTask("ship", output("shipped")).moveTo(new AtTask("thank")),
                        Optional.empty())
                .snapshot();
        store.saveSnapshot(after.fail("no address"));

        repairs.redrive("order-1", RedriveRequest.fromTask("ship").withResult("do-parcel", output("3 kg")), ASKED);

        ClaimedTask again = claimOne();
        assertThat(again.claim().taskId()).isEqualTo("ship");
        assertThat(again.snapshot().fork().orElseThrow().completedBranches())
                .containsEntry("parcel", new TaskResult("do-parcel", output("3 kg")))
                .containsEntry("invoice", new TaskResult("do-invoice", output("42 EUR")));
        assertThat(results.loadTaskResult("order-1", "do-parcel")).contains(output("3 kg"));
        assertThat(task("ship").completedVersion()).isEmpty();
    }

    @Test
    void a_branch_ends_with_a_result_that_it_is_given() {
        forked("order-1", "parcel", "invoice");
        done(claimed("do-invoice"), "42 EUR");
        claims.commitTask(claimed("do-parcel").claim(), failed("order-1", "no boxes"), Optional.empty());

        repairs.redrive("order-1", FROM_FAILURE.withResult("do-parcel", output("by hand")), ASKED);

        ClaimedTask join = claimOne();
        assertThat(join.claim().taskId()).isEqualTo("ship");
        assertThat(join.snapshot().fork().orElseThrow().completedBranches())
                .containsEntry("parcel", new TaskResult("do-parcel", output("by hand")));
    }

    @Test
    void a_new_input_takes_the_place_of_what_the_task_is_given() {
        store.saveSnapshot(charging("order-1").fail("card declined"));
        store.saveSnapshot(store.createSnapshot(order("order-2")).fail("no such tea"));

        repairs.redrive("order-1", FROM_FAILURE.withInput(output("shelf 8")), ASKED);
        repairs.redrive("order-2", FROM_FAILURE.withInput(Payload.empty()), ASKED);

        assertThat(results.loadTaskResults("order-1")).isEqualTo(Map.of("reserve", output("shelf 8")));
        assertThat(store.loadSnapshot("order-1").lastCompletedTaskId()).contains("reserve");
        assertThat(store.loadSnapshot("order-2").initialInput()).contains(Payload.empty());
    }

    @Test
    void what_cannot_be_changed_is_refused() {
        store.saveSnapshot(charging("order-1").fail("card declined"));
        assertRefused("order-1", FROM_FAILURE.withResult("charge", output("paid")), "'charge'", "version 2");

        forked("order-2", "parcel");
        store.saveSnapshot(store.loadSnapshot("order-2").fail("no boxes"));
        assertRefused("order-2", FROM_FAILURE.withInput(output("x")), "fork");

        store.saveSnapshot(store.createSnapshot(order("order-3")).completeTask("reserve", output("shelf 7")));
        store.saveSnapshot(store.loadSnapshot("order-3").pause(Optional.empty(), Optional.empty(), THEN));
        assertRefused("order-3", RedriveRequest.fromVersion(3).withResult("charge", output("paid")), "'charge'");
    }

    @Test
    void R25_results_that_are_the_same_stay_where_they_are_stored() {
        WorkflowSnapshot reserved = store.saveSnapshot(store.createSnapshot(order("order-1"))
                .completeTask("reserve", output("1"))
                .moveTo(new AtTask("charge")));
        WorkflowSnapshot charged = store.saveSnapshot(reserved.completeTask("charge", output("2"))
                .moveTo(new AtTask("reserve"))
                .withdrawTask("pack"));
        WorkflowSnapshot again =
                store.saveSnapshot(charged.completeTask("reserve", output("3")).moveTo(new AtTask("pack")));
        store.saveSnapshot(again.fail("no boxes"));

        repairs.redrive("order-1", FROM_FAILURE, ASKED);
        assertThat(resultVersions()).isEqualTo(Map.of("charge", 3L, "reserve", 4L));

        WorkflowSnapshot back = repairs.redrive("order-1", RedriveRequest.fromVersion(3), ASKED);
        assertThat(resultVersions()).isEqualTo(Map.of("charge", 3L, "reserve", back.version()));
        assertThat(results.loadTaskResult("order-1", "reserve")).contains(output("1"));

        WorkflowSnapshot patched =
                repairs.redrive("order-1", RedriveRequest.fromVersion(4).withResult("charge", output("4")), ASKED);
        assertThat(resultVersions()).isEqualTo(Map.of("charge", patched.version(), "reserve", patched.version()));
        assertThat(history.loadVersion("order-1", 4).completedTasks().output("charge"))
                .contains(output("2"));
        assertThat(store.loadSnapshot("order-1").completedTasks().output("charge"))
                .contains(output("4"));
        assertThat(history.loadVersion("order-1", patched.version()).completedTasks())
                .isEqualTo(store.loadSnapshot("order-1").completedTasks());
    }

    private Map<String, Long> resultVersions() {
        return queries.listTasks("order-1").stream()
                .filter(task -> task.completedVersion().isPresent())
                .collect(Collectors.toMap(
                        TaskSummary::taskId, task -> task.completedVersion().orElseThrow()));
    }

    @Test
    void branches_that_came_to_the_same_task_are_not_mistaken_for_each_other() {
        store.createSnapshot(order("order-1").forkInto("join", Map.of("x", Branch.of("do-x"), "y", Branch.of("do-y"))));
        goOn("do-y", "check");
        goOn("check", "y2");
        goOn("do-x", "check");
        goOn("check", "x2");
        store.saveSnapshot(store.loadSnapshot("order-1").fail("no boxes"));

        assertRefused("order-1", FROM_FAILURE, "same task", "before the fork");
    }

    private void goOn(String taskId, String next) {
        TaskClaim claim = claims.claimTask("order-1", taskId, "worker", Duration.ofMinutes(1))
                .orElseThrow();
        claims.commitBranchTask(
                claim, new BranchOutcome.Next(output(taskId), next, Optional.empty()), Optional.empty());
    }

    @Test
    void a_value_that_is_too_large_is_refused() {
        store.saveSnapshot(charging("order-1").fail("card declined"));
        Payload large = Payload.of(new byte[ValueLimits.DEFAULT_MAX_PAYLOAD_BYTES + 1]);

        for (RedriveRequest redrive :
                List.of(FROM_FAILURE.withInput(large), FROM_FAILURE.withResult("reserve", large))) {
            assertThatExceptionOfType(ValueTooLargeException.class)
                    .isThrownBy(() -> repairs.redrive("order-1", redrive, ASKED));
        }
    }

    @Test
    void events_that_were_pending_at_the_end_are_pending_again_and_those_consumed_are_not() {
        charging("order-1");
        signals.sendEvent("order-1", "approved", output("consumed"));
        signals.sendEvent("order-1", "approved", output("first"), Optional.of("key"));
        signals.sendEvent("order-1", "approved", output("second"));
        signals.consumeEvent("order-1", "approved");
        store.saveSnapshot(store.loadSnapshot("order-1").fail("card declined"));
        assertThat(signals.listPendingEvents("order-1")).isEmpty();

        repairs.redrive("order-1", FROM_FAILURE, ASKED);

        assertThat(signals.listPendingEvents("order-1")).hasSize(2);
        assertThat(signals.sendEvent("order-1", "approved", output("first"), Optional.of("key")))
                .isEqualTo(EventOutcome.DUPLICATE);
        assertThat(signals.consumeEvent("order-1", "approved")).contains(output("first"));
    }

    @Test
    void a_wait_whose_event_is_pending_again_ends_at_once() {
        WorkflowSnapshot waiting = store.createSnapshot(
                order("order-1").moveTo(new AtSignal("await", "approved", Optional.empty(), Optional.of("charge"))));
        signals.sendEvent("order-1", "approved", output("yes"));
        signals.sendEvent("order-1", "approved", output("yes, again"));
        store.saveSnapshot(store.loadSnapshot("order-1").fail("card declined"));

        repairs.redrive("order-1", RedriveRequest.fromTask("await"), ASKED);

        assertThat(waiting.version()).isOne();
        ClaimedTask charge = claimOne();
        assertThat(charge.claim().taskId()).isEqualTo("charge");
        assertThat(charge.snapshot().completedTasks().output("await")).contains(output("yes, again"));
    }

    @Test
    void a_wait_that_failed_because_its_time_was_up_gets_as_much_time_again() {
        Instant now = store.createSnapshot(order("clock")).updatedAt();
        Instant savedAt = versionsOf("clock").get(0).savedAt();
        assertThat(now).isCloseTo(savedAt, within(1, ChronoUnit.MINUTES));
        Instant soon = savedAt.plusMillis(1_500);
        store.createSnapshot(
                order("order-1").moveTo(new AtSignal("await", "approved", Optional.of(soon), Optional.of("charge"))));
        long left =
                Duration.between(versionsOf("order-1").get(0).savedAt(), soon).toMillis();
        await().until(() -> dueTasks().contains("await"));
        store.saveSnapshot(store.loadSnapshot("order-1").fail("no event came"));

        repairs.redrive("order-1", FROM_FAILURE, ASKED);

        AtSignal wait = (AtSignal) store.loadSnapshot("order-1").position().orElseThrow();
        Instant redrivenAt = versionsOf("order-1").get(2).savedAt();
        assertThat(wait.wakeAt().orElseThrow())
                .isAfter(soon)
                .isCloseTo(redrivenAt.plusMillis(left), within(1, ChronoUnit.SECONDS));
    }

    @Test
    void two_that_redrive_at_once_do_so_once() throws Exception {
        store.saveSnapshot(charging("order-1").fail("card declined"));

        List<Together.Outcome<WorkflowSnapshot>> outcomes =
                Together.run(4, i -> repairs.redrive("order-1", FROM_FAILURE, ASKED));

        assertThat(Together.values(outcomes)).hasSize(1);
        assertThat(Together.failures(outcomes)).hasSize(3).allMatch(RepairRefusedException.class::isInstance);
        assertThat(kinds("order-1")).containsExactly(Kind.STARTED, Kind.FAILED, Kind.REDRIVEN);
        assertThat(versionsOf("order-1")).hasSize(4);
    }

    @Test
    void a_fork_begins_with_the_state_of_a_version_and_both_logs_name_the_other_one() {
        WorkflowSnapshot second = charging("order-1");
        second = store.saveSnapshot(second.toBuilder()
                .taskRetry("charge", failure(THEN.plus(Duration.ofDays(400_000))))
                .loopIteration("loop", 3)
                .taskTags(List.of("gpu"))
                .traceParent(Optional.of("00-a-b-01"))
                .build());
        store.saveSnapshot(second.fail("card declined"));
        Traces before = tracesOf("order-1");

        WorkflowSnapshot forked = repairs.fork("order-1", 3, "order-2", ASKED);

        assertThat(forked.version()).isOne();
        assertThat(forked.instanceId()).isEqualTo("order-2");
        assertThat(forked.definitionHash()).isEqualTo(second.definitionHash());
        assertThat(forked.state()).isEqualTo(second.state());
        assertThat(forked.initialInput()).isEqualTo(second.initialInput());
        assertThat(forked.loopIterations()).isEqualTo(second.loopIterations());
        assertThat(forked.taskTags()).isEqualTo(second.taskTags());
        assertThat(forked.traceParent()).isEqualTo(second.traceParent());
        assertThat(forked.taskRetries()).isEmpty();
        assertThat(store.loadSnapshot("order-2")).isEqualTo(forked);
        assertThat(results.loadTaskResults("order-2")).isEqualTo(Map.of("reserve", output("shelf 7")));
        assertThat(tracesOf("order-1")).isEqualTo(before);
        assertThat(lastEvent("order-1").kind()).isEqualTo(Kind.FORKED_TO);
        assertThat(lastEvent("order-1").name()).contains("order-2");
        assertThat(lastEvent("order-1").requestedBy()).contains("ada");
        assertThat(kinds("order-2")).containsExactly(Kind.STARTED, Kind.FORKED_FROM);
        assertThat(lastEvent("order-2").name()).contains("order-1");
        assertThat(lastEvent("order-2").reason()).contains("bug 17 is fixed");
        assertThat(claims.claimAvailableTasks(ClaimQuery.of("w", 10, MINUTE)))
                .extracting(it -> it.claim().instanceId())
                .containsExactly("order-2");
        store.deleteSnapshot("order-1");
        assertThat(store.loadSnapshot("order-2").completedTasks().taskIds()).containsExactly("reserve");
    }

    @Test
    void a_fork_of_an_instance_at_work_leaves_that_alone_and_takes_an_id_that_is_free() {
        charging("order-1");
        TaskClaim held =
                claims.claimTask("order-1", "charge", "worker-1", MINUTE).orElseThrow();
        store.createSnapshot(order("taken"));

        for (String id : List.of("taken", "order-1")) {
            assertThatExceptionOfType(InstanceAlreadyExistsException.class)
                    .isThrownBy(() -> repairs.fork("order-1", 1, id, ASKED));
        }
        repairs.fork("order-1", 1, "order-2", ASKED);

        assertThat(kinds("taken")).containsExactly(Kind.STARTED);
        assertThat(kinds("order-1")).containsExactly(Kind.STARTED, Kind.FORKED_TO);
        assertThat(store.loadSnapshot("order-2").position()).contains(new AtTask("reserve"));
        claims.commitTask(
                held,
                store.loadSnapshot("order-1")
                        .completeTask("charge", output("paid"))
                        .complete(output("done")),
                Optional.empty());
    }

    @Test
    void a_fork_of_a_version_within_a_fork_has_its_branches_where_they_stood() {
        forked("order-1", "parcel", "invoice");
        claims.commitBranchTask(
                claimed("do-parcel").claim(), new Next(output("packed"), "weigh", Optional.empty()), Optional.empty());
        done(claimed("weigh"), "2 kg");
        done(claimed("do-invoice"), "42 EUR");

        repairs.fork("order-1", 2, "at-the-beginning", ASKED);
        repairs.fork("order-1", 3, "weighing", ASKED);
        repairs.fork("order-1", 4, "invoicing", ASKED);

        Map<String, List<String>> due = claims.findAvailableTasks(ClaimQuery.of("w", 100, MINUTE)).stream()
                .filter(it -> !it.instanceId().equals("order-1"))
                .collect(Collectors.groupingBy(
                        AvailableTask::instanceId,
                        Collectors.mapping(
                                AvailableTask::taskId,
                                Collectors.collectingAndThen(
                                        Collectors.toList(),
                                        all -> all.stream().sorted().toList()))));
        assertThat(due)
                .isEqualTo(Map.of(
                        "at-the-beginning", List.of("do-invoice", "do-parcel"),
                        "weighing", List.of("do-invoice", "weigh"),
                        "invoicing", List.of("do-invoice")));
        assertThat(claims.claimTask("weighing", "weigh", "w", MINUTE)
                        .orElseThrow()
                        .branch()
                        .orElseThrow()
                        .label())
                .isEqualTo("parcel");
    }

    private void assertRefused(String instanceId, RedriveRequest redrive, String... messages) {
        Traces before = tracesOf(instanceId);
        List<WorkflowEvent> log = events.listEvents(instanceId, 0, 100);
        List<TaskSummary> tasks = queries.listTasks(instanceId);
        assertThatExceptionOfType(RepairRefusedException.class)
                .isThrownBy(() -> repairs.redrive(instanceId, redrive, ASKED))
                .withMessageContaining("'" + instanceId + "'")
                .withMessageContainingAll(messages)
                .satisfies(e -> assertThat(e.instanceId()).isEqualTo(instanceId));
        assertThat(tracesOf(instanceId)).isEqualTo(before);
        assertThat(events.listEvents(instanceId, 0, 100)).isEqualTo(log);
        assertThat(queries.listTasks(instanceId)).isEqualTo(tasks);
    }

    /** Version 2, at its second task. */
    private WorkflowSnapshot charging(String instanceId) {
        WorkflowSnapshot order = store.createSnapshot(order(instanceId));
        return store.saveSnapshot(
                order.completeTask("reserve", output("shelf 7")).moveTo(new AtTask("charge")));
    }

    /** Version 2, at a fork. */
    private void forked(String instanceId, String... labels) {
        WorkflowSnapshot order = store.createSnapshot(order(instanceId));
        Map<String, Branch> branches =
                List.of(labels).stream().collect(Collectors.toMap(label -> label, label -> Branch.of("do-" + label)));
        store.saveSnapshot(order.completeTask("reserve", output("shelf 7")).forkInto("ship", branches));
    }

    private WorkflowSnapshot failed(String instanceId, String error) {
        return store.loadSnapshot(instanceId).fail(error);
    }

    private void done(ClaimedTask task, String output) {
        claims.commitBranchTask(task.claim(), new Done(output(output)), Optional.empty());
    }

    private ClaimedTask claimed(String taskId) {
        List<ClaimedTask> claimed =
                claims.claimAvailableTasks(ClaimQuery.of("w", 1, MINUTE).taskIds(Set.of(taskId)));
        assertThat(claimed).hasSize(1);
        return claimed.get(0);
    }

    private ClaimedTask claimOne() {
        List<ClaimedTask> claimed = claims.claimAvailableTasks(ClaimQuery.of("w", 10, MINUTE));
        assertThat(claimed).hasSize(1);
        return claimed.get(0);
    }

    private List<String> dueTasks() {
        return claims.findAvailableTasks(ClaimQuery.of("w", 100, MINUTE)).stream()
                .map(AvailableTask::taskId)
                .toList();
    }

    private TaskSummary task(String taskId) {
        return queries.listTasks("order-1").stream()
                .filter(it -> it.taskId().equals(taskId))
                .findFirst()
                .orElseThrow();
    }

    private List<Kind> kinds(String instanceId) {
        return events.listEvents(instanceId, 0, 100).stream()
                .map(WorkflowEvent::kind)
                .toList();
    }

    private WorkflowEvent lastEvent(String instanceId) {
        List<WorkflowEvent> all = events.listEvents(instanceId, 0, 100);
        return all.get(all.size() - 1);
    }

    private static TaskRetry failure(Instant nextRetryAt) {
        RetryPolicy policy = new RetryPolicy(3, Duration.ofSeconds(1), 2f, Optional.empty());
        return new TaskRetry(2, policy, "timed out", Optional.of("worker-1"), nextRetryAt);
    }
}
