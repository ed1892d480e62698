package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.tuple;
import static org.awaitility.Awaitility.await;

import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.TaskPriority;
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
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

/** Which tasks are handed out, in which order, and what comes with them. */
class DispatchContractTest extends ContractTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration SHORT = Duration.ofMillis(1);
    private static final Instant PAST = Instant.now().minusSeconds(3600).truncatedTo(ChronoUnit.SECONDS);
    private static final Instant FUTURE = PAST.plusSeconds(1_000_000);

    @Test
    void R18_of_many_workers_no_two_get_the_same_task_and_none_gets_more_than_asked_for() throws Exception {
        for (int i = 0; i < 60; i++) {
            store.createSnapshot(order("order-" + i));
        }
        List<Callable<List<ClaimedTask>>> workers = new ArrayList<>();
        for (int i = 0; i < 8; i++) {
            String worker = "worker-" + i;
            workers.add(() -> claims.claimAvailableTasks(ClaimQuery.of(worker, 5, MINUTE)));
        }

        List<String> claimed = new ArrayList<>();
        for (Together.Outcome<List<ClaimedTask>> outcome : Together.run(workers)) {
            List<ClaimedTask> batch = outcome.value().orElseThrow();
            assertThat(batch).hasSizeLessThanOrEqualTo(5);
            batch.forEach(task -> claimed.add(task.claim().instanceId()));
        }
        claims.claimAvailableTasks(ClaimQuery.of("last", 100, MINUTE))
                .forEach(task -> claimed.add(task.claim().instanceId()));

        assertThat(claimed).doesNotHaveDuplicates().hasSize(60);
    }

    @Test
    void R18_the_most_urgent_tasks_come_first_and_of_equals_the_oldest() {
        store.createSnapshot(with("low", TaskPriority.LOW));
        store.createSnapshot(with("first", TaskPriority.NORMAL));
        store.createSnapshot(with("second", TaskPriority.NORMAL));
        store.createSnapshot(with("urgent", TaskPriority.CRITICAL));

        assertThat(available(ClaimQuery.of("w", 3, MINUTE).ageingInterval(Duration.ofDays(ClaimQuery.MAX_DAYS))))
                .containsExactly("urgent", "first", "second");
    }

    @Test
    void R18_a_task_that_has_been_due_for_long_overtakes_more_urgent_ones() {
        store.createSnapshot(
                parked("old").toBuilder().taskPriority(TaskPriority.MINIMAL).build());
        store.createSnapshot(with("urgent", TaskPriority.CRITICAL));

        ClaimQuery first = ClaimQuery.of("w", 1, MINUTE).ageingInterval(MINUTE);
        assertThat(found(first)).containsExactly("old");
        assertThat(available(first)).containsExactly("old");
    }

    @Test
    void R18_definitions_and_tags_are_honoured_before_the_limit() {
        store.createSnapshot(
                WorkflowSnapshot.builder("foreign", "other-v1").build().moveTo(new AtTask("reserve")));
        store.createSnapshot(order("gpu").toBuilder().taskTags(List.of("gpu")).build());
        store.createSnapshot(
                order("both").toBuilder().taskTags(List.of("eu", "gpu")).build());
        store.createSnapshot(order("plain"));
        ClaimQuery query = ClaimQuery.of("w", 1, SHORT).definitions(Set.of("fulfilment-v1"));

        assertThat(available(query.tags(Set.of()))).containsExactly("plain");
        assertThat(available(query.tags(Set.of("eu", "gpu", "ssd")))).containsExactly("gpu");
        assertThat(available(query.definitions(Set.of()))).isEmpty();
        assertThat(available(query.definitions(Set.of("other-v1")))).containsExactly("foreign");
    }

    @Test
    void R18_task_ids_are_honoured_before_the_limit_and_what_waits_is_for_anybody() {
        store.createSnapshot(order("unknown").moveTo(new AtTask("charge")));
        store.createSnapshot(order("known").moveTo(new AtTask("ship")));
        store.createSnapshot(parked("delay-due"));
        store.createSnapshot(order("wait-due").moveTo(new AtSignal("w", "paid", Optional.of(PAST), Optional.empty())));
        store.createSnapshot(
                order("fork").forkInto("join", Map.of("known", Branch.of("pack"), "unknown", Branch.of("bill"))));
        ClaimQuery query = ClaimQuery.of("w", 10, MINUTE);

        assertThat(claims.findAvailableTasks(query.taskIds(Set.of("ship", "pack", "join"))))
                .extracting(task -> task.instanceId() + " " + task.taskId())
                .containsExactlyInAnyOrder("known ship", "delay-due d", "wait-due w", "fork pack");
        assertThat(claims.findHintedTask("known", "ship", query.taskIds(Set.of("ship"))))
                .isPresent();
        assertThat(claims.findHintedTask("known", "ship", query.taskIds(Set.of("charge"))))
                .isEmpty();
        assertThat(claims.findHintedTask("wait-due", "w", query.taskIds(Set.of())))
                .isPresent();
        assertThat(claims.claimAvailableTasks(query.taskIds(Set.of("bill")).limit(3)))
                .extracting(task -> task.claim().taskId())
                .containsExactlyInAnyOrder("bill", "d", "w");
        assertThat(available(query.taskIds(Set.of("nothing")))).isEmpty();
    }

    @Test
    void R18_a_worker_gets_what_failed_on_it_last_only_after_all_else() {
        WorkflowSnapshot failed = order("failed").toBuilder()
                .taskPriority(TaskPriority.CRITICAL)
                .taskRetry("reserve", retry(PAST))
                .build();
        store.createSnapshot(failed);
        store.createSnapshot(order("other"));

        assertThat(available(ClaimQuery.of("worker-1", 1, SHORT))).containsExactly("other");
        assertThat(available(ClaimQuery.of("worker-2", 1, SHORT))).containsExactly("failed");
        await().untilAsserted(() ->
                assertThat(available(ClaimQuery.of("worker-1", 2, MINUTE))).containsExactly("other", "failed"));
    }

    @Test
    void R18_tags_workflows_and_tasks_are_honoured_for_what_failed_here_last_too() {
        store.createSnapshot(failed("plain", List.of()));
        store.createSnapshot(failed("gpu", List.of("gpu")));
        store.createSnapshot(failed("both", List.of("eu", "gpu")));
        store.createSnapshot(WorkflowSnapshot.builder("foreign", "other-v1")
                .taskRetry("reserve", retry(PAST))
                .build()
                .moveTo(new AtTask("reserve")));
        ClaimQuery here = ClaimQuery.of("worker-1", 10, MINUTE).definitions(Set.of("fulfilment-v1"));

        for (ClaimQuery none : List.of(here.taskIds(Set.of("charge")), here.definitions(Set.of()))) {
            assertThat(claims.findAvailableTasks(none)).isEmpty();
            assertThat(available(none)).isEmpty();
        }
        ClaimQuery gpu = here.tags(Set.of("gpu", "ssd")).taskIds(Set.of("reserve"));
        assertThat(found(gpu)).containsExactlyInAnyOrder("plain", "gpu");
        assertThat(available(gpu)).containsExactlyInAnyOrder("plain", "gpu");
        assertThat(found(here.tags(Set.of("eu", "gpu", "ssd")))).containsExactly("both");
        assertThat(available(here.definitions(Set.of("other-v1")))).containsExactly("foreign");
    }

    @Test
    void R18_finding_honours_tags_workflows_and_what_failed_here_last() {
        store.createSnapshot(order("gpu").toBuilder().taskTags(List.of("gpu")).build());
        store.createSnapshot(
                order("both").toBuilder().taskTags(List.of("eu", "gpu")).build());
        store.createSnapshot(failed("failed", List.of("gpu")));
        store.createSnapshot(order("plain"));
        ClaimQuery query = ClaimQuery.of("worker-1", 10, MINUTE);

        assertThat(found(query.tags(Set.of()))).containsExactly("plain");
        assertThat(found(query.tags(Set.of("gpu", "ssd")))).containsExactly("gpu", "plain", "failed");
        assertThat(found(query.tags(Set.of("gpu")).limit(2))).containsExactly("gpu", "plain");
        assertThat(found(query.definitions(Set.of("other-v1")))).isEmpty();
    }

    @Test
    void R5_delays_back_offs_and_time_limits_of_waits_are_due_when_their_time_has_come() {
        store.createSnapshot(parked("delay-due"));
        store.createSnapshot(order("delay-later").moveTo(new AtDelay("d", PAST, FUTURE, Optional.empty())));
        store.createSnapshot(order("wait-due").moveTo(new AtSignal("w", "paid", Optional.of(PAST), Optional.empty())));
        store.createSnapshot(order("wait").moveTo(new AtSignal("w", "paid", Optional.empty(), Optional.empty())));
        store.createSnapshot(order("retry-later").toBuilder()
                .taskRetry("reserve", retry(FUTURE))
                .build());
        store.createSnapshot(order("done").complete(output("x")));
        WorkflowSnapshot paused = store.createSnapshot(order("paused"));
        store.saveSnapshot(paused.pause(Optional.empty(), Optional.empty(), PAST));

        assertThat(available(ClaimQuery.of("w", 10, MINUTE))).containsExactlyInAnyOrder("delay-due", "wait-due");
    }

    @Test
    void R18_a_claimed_task_comes_with_its_instance_as_it_is_stored() {
        WorkflowSnapshot first = store.createSnapshot(order("order-1"));
        store.saveSnapshot(first.completeTask("reserve", output("shelf 7")).moveTo(new AtTask("charge")));
        store.saveTaskResult("order-1", "weigh", output("2 kg"));
        store.createSnapshot(order("order-2"));

        List<ClaimedTask> tasks = claims.claimAvailableTasks(ClaimQuery.of("w", 10, MINUTE));

        assertThat(tasks)
                .extracting(task -> task.claim().taskId(), ClaimedTask::snapshot)
                .containsExactlyInAnyOrder(
                        tuple("charge", store.loadSnapshot("order-1")),
                        tuple("reserve", store.loadSnapshot("order-2")));
    }

    @Test
    void what_a_claimed_task_comes_with_can_be_committed_without_another_load() {
        store.createSnapshot(order("order-1"));
        ClaimedTask task = claimOne("w");

        claims.commitTask(
                task.claim(),
                task.snapshot().completeTask("reserve", output("shelf 7")).complete(output("all")),
                Optional.empty());

        assertThat(results.loadTaskResult("order-1", "reserve")).contains(output("shelf 7"));
        assertThat(store.loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.COMPLETED);
    }

    @Test
    void R12_a_snapshot_of_a_deleted_instance_is_not_committed_by_a_claim_on_the_one_after_it() {
        WorkflowSnapshot deleted = store.createSnapshot(order("order-1"));
        store.deleteSnapshot("order-1");
        store.createSnapshot(order("order-1"));
        TaskClaim claim = claimOne("w").claim();

        assertThatExceptionOfType(StaleSnapshotException.class)
                .isThrownBy(
                        () -> claims.commitTask(claim, deleted.completeTask("reserve", output("x")), Optional.empty()));
    }

    @Test
    void attempts_are_counted_from_one_since_the_task_was_opened() {
        store.createSnapshot(order("order-1"));
        assertThat(claimOne("a").claim().attempt()).isOne();
        claims.releaseTaskClaims("a");
        ClaimedTask second = claimOne("b");
        assertThat(second.claim().attempt()).isEqualTo(2);

        CommittedTask next = claims.commitTask(
                second.claim(),
                second.snapshot().completeTask("reserve", output("x")).moveTo(new AtTask("charge")),
                Optional.of(MINUTE));
        assertThat(next.next().orElseThrow().attempt()).isOne();
        claims.commitTask(
                next.next().get(),
                next.snapshot()
                        .withdrawTask("reserve")
                        .completeTask("charge", output("y"))
                        .moveTo(new AtTask("reserve")),
                Optional.empty());

        assertThat(claimOne("c").claim().attempt()).as("another round").isOne();
    }

    @Test
    void finding_shows_what_claiming_would_give_and_takes_nothing() {
        store.createSnapshot(with("low", TaskPriority.LOW));
        store.createSnapshot(with("urgent", TaskPriority.CRITICAL));
        store.createSnapshot(order("claimed"));
        claims.claimTask("claimed", "reserve", "other", MINUTE);
        ClaimQuery query = ClaimQuery.of("w", 10, MINUTE);

        List<AvailableTask> found = claims.findAvailableTasks(query);

        assertThat(found).extracting(AvailableTask::instanceId).containsExactly("urgent", "low");
        assertThat(found.get(0).taskId()).isEqualTo("reserve");
        assertThat(found.get(0).definitionHash()).isEqualTo("fulfilment-v1");
        assertThat(found.get(0).priority()).isEqualTo(TaskPriority.CRITICAL);
        assertThat(claims.findAvailableTasks(ClaimQuery.of("w", 1, MINUTE))).hasSize(1);
        assertThat(available(query)).containsExactly("urgent", "low");
        assertThat(claims.findAvailableTasks(query)).isEmpty();
    }

    @Test
    void a_hint_is_followed_only_to_a_task_that_is_due_and_suits_the_worker() {
        store.createSnapshot(order("gpu").toBuilder().taskTags(List.of("gpu")).build());
        store.createSnapshot(order("backing-off").toBuilder()
                .taskRetry("reserve", retry(FUTURE))
                .build());
        ClaimQuery query = ClaimQuery.of("w", 1, MINUTE);

        assertThat(claims.findHintedTask("gpu", "reserve", query))
                .map(AvailableTask::instanceId)
                .contains("gpu");
        assertThat(claims.findHintedTask("gpu", "reserve", query.tags(Set.of("gpu", "eu"))))
                .isPresent();
        assertThat(claims.findHintedTask("gpu", "reserve", query.tags(Set.of("eu"))))
                .isEmpty();
        assertThat(claims.findHintedTask("gpu", "reserve", query.definitions(Set.of("other"))))
                .isEmpty();
        assertThat(claims.findHintedTask("gpu", "charge", query)).isEmpty();
        assertThat(claims.findHintedTask("backing-off", "reserve", query)).isEmpty();
        assertThat(claims.findHintedTask("nobody", "reserve", query)).isEmpty();
        claims.claimTask("gpu", "reserve", "other", MINUTE);
        assertThat(claims.findHintedTask("gpu", "reserve", query)).isEmpty();
    }

    @Test
    void R16_an_event_that_was_there_before_the_wait_is_found_without_any_caller_asking() {
        store.createSnapshot(order("order-1"));
        signals.sendEvent("order-1", "approved", output("by ada"));
        signals.sendEvent("order-1", "approved", output("by bob"));
        ClaimedTask task = claimOne("w");
        claims.commitTask(
                task.claim(),
                task.snapshot().completeTask("reserve", output("x")).moveTo(waitFor("approved", Optional.of(FUTURE))),
                Optional.empty());

        assertThat(claims.claimAvailableTasks(ClaimQuery.of("w", 10, MINUTE)))
                .as("the wait itself is no work, and what comes after it is")
                .singleElement()
                .satisfies(next -> {
                    assertThat(next.claim().taskId()).isEqualTo("ship");
                    assertThat(next.snapshot().completedTasks().output("approval"))
                            .contains(output("by ada"));
                });
        assertThat(signals.consumeEvent("order-1", "approved")).contains(output("by bob"));
    }

    @Test
    void a_wait_whose_time_is_up_is_handed_out_and_an_event_that_comes_before_the_commit_wins() {
        WorkflowSnapshot waiting =
                store.createSnapshot(order("order-1").moveTo(waitFor("approved", Optional.of(PAST))));
        ClaimedTask timedOut = claimOne("w");
        assertThat(timedOut.claim().taskId()).isEqualTo("approval");
        assertThat(timedOut.snapshot()).isEqualTo(waiting);

        assertThat(signals.sendEvent("order-1", "approved", output("late"))).isEqualTo(EventOutcome.DELIVERED);

        assertThatExceptionOfType(ClaimLostException.class)
                .isThrownBy(() -> claims.commitTask(
                        timedOut.claim(), timedOut.snapshot().fail("nobody approved"), Optional.empty()));
        assertThat(claimOne("w").claim().taskId()).isEqualTo("ship");
    }

    private ClaimedTask claimOne(String workerId) {
        return claims.claimAvailableTasks(ClaimQuery.of(workerId, 1, MINUTE)).get(0);
    }

    private static AtSignal waitFor(String event, Optional<Instant> until) {
        return new AtSignal("approval", event, until, Optional.of("ship"));
    }

    private static WorkflowSnapshot with(String instanceId, TaskPriority priority) {
        return order(instanceId).toBuilder().taskPriority(priority).build();
    }

    private static WorkflowSnapshot parked(String instanceId) {
        return order(instanceId).moveTo(new AtDelay("d", PAST.minusSeconds(60), PAST, Optional.empty()));
    }

    private static TaskRetry retry(Instant nextRetryAt) {
        RetryPolicy policy = new RetryPolicy(3, Duration.ofSeconds(1), 2f, Optional.empty());
        return new TaskRetry(1, policy, "timed out", Optional.of("worker-1"), nextRetryAt);
    }

    private static WorkflowSnapshot failed(String instanceId, List<String> tags) {
        return order(instanceId).toBuilder()
                .taskTags(tags)
                .taskRetry("reserve", retry(PAST))
                .build();
    }

    private List<String> found(ClaimQuery query) {
        return claims.findAvailableTasks(query).stream()
                .map(AvailableTask::instanceId)
                .toList();
    }

    private List<String> available(ClaimQuery query) {
        return claims.claimAvailableTasks(query).stream()
                .map(task -> task.claim().instanceId())
                .toList();
    }
}
