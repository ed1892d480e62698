package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.THEN;
import static dev.sayiir.persistence.Examples.onceMore;
import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.orderCreatedAt;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
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
import org.junit.jupiter.api.Test;

/** What an operator asks for to find what is broken. */
class BrokenInstancesContractTest extends ContractTest {

    private static final Duration HOUR = Duration.ofHours(1);
    private static final WorkflowQuery STUCK = WorkflowQuery.all().stuckSince(Instant.MAX);
    private static final SignalRequest ASKED = SignalRequest.of("audit", "ada");

    @Test
    void R13_instances_are_found_by_several_statuses_in_one_order() {
        WorkflowStatus[] statuses = WorkflowStatus.values();
        for (int i = 0; i < 20; i++) {
            store.createSnapshot(ended(orderCreatedAt("order-" + i, THEN.plusSeconds(i)), statuses[i % 5]));
        }
        WorkflowQuery ended = WorkflowQuery.all().withStatus(WorkflowStatus.FAILED, WorkflowStatus.CANCELLED);

        List<String> expected = new ArrayList<>();
        for (int i = 19; i >= 0; i--) {
            if (statuses[i % 5] == WorkflowStatus.FAILED || statuses[i % 5] == WorkflowStatus.CANCELLED) {
                expected.add("order-" + i);
            }
        }
        assertThat(idsOf(ended)).containsExactlyElementsOf(expected);
        assertThat(idsOf(ended.limit(3))).containsExactlyElementsOf(expected);
        assertThat(idsOf(WorkflowQuery.all().withStatus(WorkflowStatus.FAILED, statuses)))
                .hasSize(20);
        assertThat(idsOf(ended.createdBefore(THEN.plusSeconds(5))))
                .containsExactlyElementsOf(expected.subList(expected.size() - 2, expected.size()));
        assertThat(idsOf(ended.withErrorContaining("declined"))).hasSize(4);
        assertThat(idsOf(ended.waitingFor("approval"))).isEmpty();
    }

    private static WorkflowSnapshot ended(WorkflowSnapshot order, WorkflowStatus status) {
        return switch (status) {
            case IN_PROGRESS -> order;
            case PAUSED -> order.pause(Optional.empty(), Optional.empty(), THEN);
            case COMPLETED -> order.complete(output("done"));
            case FAILED -> order.fail("card declined");
            case CANCELLED -> order.cancel(Optional.empty(), Optional.empty(), THEN, Optional.empty());
        };
    }

    @Test
    void R13_instances_are_found_by_how_their_ids_begin() {
        List<String> ids = List.of(
                "a",
                "a%",
                "a_b",
                "ab",
                "aé",
                "aéz",
                "aÿ",
                "a\uffff",
                "a\uffffz",
                "a😀",
                "A",
                "b",
                "\\",
                "\ud7ff",
                "\ue000",
                "a\udbff\udfff",
                "a\udbff\udfff\udbff\udfff",
                "\udbff\udfff");
        ids.forEach(id -> store.createSnapshot(orderCreatedAt(id, THEN)));

        for (String prefix : ids) {
            assertThat(idsOf(WorkflowQuery.all().withIdPrefix(prefix)))
                    .as(prefix)
                    .containsExactlyInAnyOrderElementsOf(
                            ids.stream().filter(id -> id.startsWith(prefix)).toList());
        }
        assertThat(idsOf(WorkflowQuery.all().withIdPrefix("nobody"))).isEmpty();
        assertThat(idsOf(WorkflowQuery.all().withIdPrefix("a").limit(4)))
                .isEqualTo(idsOf(WorkflowQuery.all().withIdPrefix("a")));
    }

    @Test
    void R13_a_prefix_goes_with_every_other_condition() {
        store.createSnapshot(orderCreatedAt("a-1", THEN).fail("declined"));
        store.createSnapshot(orderCreatedAt("a-2", THEN));
        store.createSnapshot(orderCreatedAt("a-3", THEN).moveTo(wait("approval")));
        store.createSnapshot(orderCreatedAt("b-1", THEN).fail("declined"));
        WorkflowQuery query = WorkflowQuery.all().withIdPrefix("a-");

        assertThat(idsOf(query)).containsExactly("a-3", "a-2", "a-1");
        assertThat(idsOf(query.withStatus(WorkflowStatus.FAILED))).containsExactly("a-1");
        assertThat(idsOf(query.withStatus(WorkflowStatus.FAILED).ofDefinition("fulfilment-v1")))
                .containsExactly("a-1");
        assertThat(idsOf(query.withStatus(WorkflowStatus.FAILED, WorkflowStatus.PAUSED)))
                .containsExactly("a-1");
        assertThat(idsOf(query.withFailure("declined"))).containsExactly("a-1");
        assertThat(idsOf(query.atTask("reserve"))).containsExactly("a-2");
        assertThat(idsOf(query.waitingFor("approval"))).containsExactly("a-3");
        assertThat(idsOf(query.stuckSince(Instant.MAX))).containsExactly("a-2");
        assertThat(idsOf(query.createdFrom(THEN.plusNanos(1)))).isEmpty();
        assertThat(idsOf(query.after(new WorkflowQuery.Cursor(THEN, "a-2")))).containsExactly("a-1");
    }

    @Test
    void R13_instances_are_found_by_when_they_were_updated() {
        for (int i = 0; i < 4; i++) {
            store.createSnapshot(orderCreatedAt("order-" + i, THEN.plusSeconds(i)));
        }
        WorkflowSnapshot first = store.loadSnapshot("order-0");
        store.saveSnapshot(first.completeTask("reserve", output("shelf 7")));
        Instant second = updated("order-2");
        Instant last = updated("order-0");

        assertThat(idsOf(WorkflowQuery.all().updatedFrom(last))).containsExactly("order-0");
        assertThat(idsOf(WorkflowQuery.all().updatedFrom(last.plusNanos(1)))).isEmpty();
        assertThat(idsOf(WorkflowQuery.all().updatedBefore(second))).containsExactly("order-1");
        assertThat(idsOf(WorkflowQuery.all().updatedBefore(second.plusNanos(1))))
                .containsExactly("order-2", "order-1");
        assertThat(idsOf(WorkflowQuery.all().updatedFrom(second).updatedBefore(last)))
                .containsExactly("order-3", "order-2");
        assertThat(idsOf(WorkflowQuery.all()
                        .updatedFrom(second)
                        .updatedBefore(last)
                        .withStatus(WorkflowStatus.IN_PROGRESS)
                        .createdBefore(THEN.plusSeconds(3))))
                .containsExactly("order-2");
        assertThat(idsOf(WorkflowQuery.all().updatedFrom(Instant.MIN).updatedBefore(Instant.MAX)))
                .hasSize(4);
    }

    private Instant updated(String instanceId) {
        return queries.findWorkflow(instanceId).orElseThrow().updatedAt();
    }

    @Test
    void R13_who_waits_for_an_event_is_found_by_its_name_however_it_came_to_wait() {
        store.createSnapshot(orderCreatedAt("created", THEN).moveTo(wait("approval")));
        WorkflowSnapshot saved = store.createSnapshot(orderCreatedAt("saved", THEN.plusSeconds(1)));
        store.saveSnapshot(saved.moveTo(wait("approval")));
        store.createSnapshot(orderCreatedAt("committed", THEN.plusSeconds(2)));
        ClaimedTask task = claim("committed");
        claims.commitTask(task.claim(), task.snapshot().moveTo(wait("approval")), Optional.empty());
        store.createSnapshot(orderCreatedAt("until-tomorrow", THEN.plusSeconds(3))
                .moveTo(new AtSignal(
                        "w", "approval", Optional.of(Instant.now().plus(1, ChronoUnit.DAYS)), Optional.of("next"))));
        store.createSnapshot(order("other-event").moveTo(wait("approval2")));
        store.createSnapshot(order("approval"));
        store.createSnapshot(order("finished").moveTo(wait("approval")).fail("lost"));

        WorkflowQuery query = WorkflowQuery.all().waitingFor("approval");
        assertThat(idsOf(query)).containsExactly("until-tomorrow", "committed", "saved", "created");
        assertThat(idsOf(query.limit(1))).containsExactly("until-tomorrow", "committed", "saved", "created");
        assertThat(idsOf(query.createdFrom(THEN.plusSeconds(1)).createdBefore(THEN.plusSeconds(3))))
                .containsExactly("committed", "saved");
        assertThat(idsOf(query.withStatus(WorkflowStatus.IN_PROGRESS).ofDefinition("fulfilment-v1")))
                .hasSize(4);
        assertThat(idsOf(query.withStatus(WorkflowStatus.FAILED))).isEmpty();
        assertThat(idsOf(query.atTask("w"))).hasSize(4);
        assertThat(idsOf(query.stuckSince(Instant.MAX))).isEmpty();
        assertThat(idsOf(WorkflowQuery.all().waitingFor("nothing"))).isEmpty();
    }

    @Test
    void R13_who_has_got_the_event_or_waits_no_more_is_not_found() {
        WorkflowQuery query = WorkflowQuery.all().waitingFor("approval");
        store.createSnapshot(order("got").moveTo(wait("approval")));
        store.createSnapshot(order("paused").moveTo(wait("approval")));
        store.createSnapshot(order("cancelled").moveTo(wait("approval")));
        WorkflowSnapshot moved = store.createSnapshot(order("moved").moveTo(wait("approval")));
        assertThat(idsOf(query)).hasSize(4);

        signals.sendEvent("got", "approval", output("yes"));
        signals.requestPause("paused", ASKED);
        signals.requestCancel("cancelled", ASKED);
        store.saveSnapshot(moved.moveTo(new AtTask("next")));
        assertThat(idsOf(query)).isEmpty();

        signals.unpause("paused");
        repairs.redrive("cancelled", RedriveRequest.fromFailure(), ASKED);
        assertThat(idsOf(query)).containsExactlyInAnyOrder("cancelled", "paused");
    }

    @Test
    void R13_a_wait_of_a_snapshot_that_was_replaced_is_found_by_the_new_time_of_creation() {
        store.createSnapshot(orderCreatedAt("replaced", THEN).moveTo(wait("approval")));
        store.createSnapshot(orderCreatedAt("order-1", THEN.plusSeconds(5)).moveTo(wait("approval")));
        store.saveSnapshot(orderCreatedAt("replaced", THEN.plusSeconds(9)).moveTo(wait("approval")));

        assertThat(idsOf(WorkflowQuery.all().waitingFor("approval").limit(1))).containsExactly("replaced", "order-1");
    }

    private static AtSignal wait(String event) {
        return new AtSignal("w", event, Optional.empty(), Optional.of("next"));
    }

    @Test
    void R13_stuck_is_what_could_go_on_and_what_is_held_without_a_checkpoint_since_then() {
        store.createSnapshot(orderCreatedAt("due", THEN));
        store.createSnapshot(orderCreatedAt("held", THEN.plusSeconds(1)));
        claim("held");
        Instant now = Instant.now();
        store.createSnapshot(orderCreatedAt("delay-over", THEN.plusSeconds(2)).moveTo(delay(now.minusSeconds(10))));
        store.createSnapshot(orderCreatedAt("event-there", THEN.plusSeconds(3)));
        signals.sendEvent("event-there", "approval", output("yes"));
        store.saveSnapshot(store.loadSnapshot("event-there").moveTo(wait("approval")));

        assertThat(idsOf(STUCK)).containsExactly("event-there", "delay-over", "held", "due");
        assertThat(idsOf(STUCK.limit(1))).containsExactly("event-there", "delay-over", "held", "due");
        assertThat(idsOf(STUCK.atTask("reserve"))).containsExactly("held", "due");
        assertThat(idsOf(STUCK.ofDefinition("other"))).isEmpty();
        assertThat(idsOf(STUCK.withStatus(WorkflowStatus.PAUSED, WorkflowStatus.IN_PROGRESS)))
                .hasSize(4);
        assertThat(idsOf(WorkflowQuery.all().stuckSince(updated("due")))).isEmpty();
        assertThat(idsOf(WorkflowQuery.all().stuckSince(updated("held")))).containsExactly("due");
    }

    @Test
    void R13_what_waits_by_its_own_wish_and_what_does_not_run_is_not_stuck() {
        Instant later = Instant.now().plus(1, ChronoUnit.DAYS);
        store.createSnapshot(order("event").moveTo(wait("approval")));
        store.createSnapshot(order("delay").moveTo(delay(later)));
        store.createSnapshot(order("back-off"));
        ClaimedTask task = claim("back-off");
        claims.commitTask(
                task.claim(),
                task.snapshot().toBuilder()
                        .taskRetry("reserve", new TaskRetry(1, onceMore(), "timed out", Optional.of("worker-1"), later))
                        .build(),
                Optional.empty());
        store.createSnapshot(order("paused").pause(Optional.empty(), Optional.empty(), THEN));
        store.createSnapshot(order("failed").fail("lost"));
        store.createSnapshot(order("blocked"));
        claims.refuseTasks(List.of(new TaskRefusal(
                claim("blocked").claim(),
                BlockReason.NO_HANDLER,
                "no handler",
                Duration.ZERO,
                Duration.ZERO,
                Optional.empty())));
        assertThat(queries.findBlockedTasks(BlockedQuery.all())).hasSize(1);

        assertThat(idsOf(STUCK)).isEmpty();
    }

    @Test
    void R13_a_fork_is_stuck_if_one_of_its_branches_is() {
        store.createSnapshot(order("fork").forkInto("join", Map.of("l", Branch.of("left"), "r", Branch.of("right"))));
        assertThat(idsOf(STUCK)).containsExactly("fork");

        for (String branch : List.of("left", "right")) {
            TaskClaim claim = claims.claimTask("fork", branch, "worker-1", HOUR).orElseThrow();
            claims.commitBranchTask(claim, new BranchOutcome.Retry("not yet", HOUR), Optional.empty());
        }
        assertThat(idsOf(STUCK)).isEmpty();
    }

    @Test
    void R13_a_claim_that_was_taken_later_is_not_stuck_though_the_instance_has_waited_for_long() {
        store.createSnapshot(order("order-1"));
        ClaimedTask first = claim("order-1");
        claims.commitTask(
                first.claim(), first.snapshot().moveTo(delay(Instant.now().minusSeconds(60))), Optional.empty());
        Instant committed = updated("order-1");

        ClaimedTask second = claim("order-1");

        assertThat(second.claim().claimedAt()).isAfterOrEqualTo(committed);
        assertThat(idsOf(WorkflowQuery.all().stuckSince(second.claim().claimedAt())))
                .isEmpty();
        assertThat(idsOf(STUCK)).containsExactly("order-1");
    }

    private static AtDelay delay(Instant until) {
        return new AtDelay("d", THEN, until, Optional.of("next"));
    }

    private ClaimedTask claim(String instanceId) {
        TaskClaim claim = claims.claimTask(
                        instanceId,
                        queries.findWorkflow(instanceId)
                                .orElseThrow()
                                .currentTaskId()
                                .orElseThrow(),
                        "worker-1",
                        HOUR)
                .orElseThrow();
        return new ClaimedTask(claim, store.loadSnapshot(instanceId));
    }

    @Test
    void R19_what_cannot_be_looked_for_is_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> queries.failuresByFingerprint(Optional.empty(), 0))
                .withMessageContaining("at least 1");
        assertThatIllegalArgumentException().isThrownBy(() -> queries.failuresByFingerprint(Optional.of(""), 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> WorkflowQuery.all().withIdPrefix(""));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> WorkflowQuery.all().waitingFor(""));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> WorkflowQuery.all().withFailure("x".repeat(201)))
                .withMessageContaining("failuresByFingerprint");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> WorkflowQuery.all().withFailure("\0"));
        assertThat(idsOf(WorkflowQuery.all().withFailure("😀".repeat(200)))).isEmpty();
    }
}
