package dev.sayiir.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class WorkflowSnapshotTest {

    private static final Instant THEN = Instant.parse("2023-11-14T22:13:20Z");
    private static final TaskRetry RETRY = new TaskRetry(
            1, new RetryPolicy(3, Duration.ZERO, 1, Optional.empty()), "declined", Optional.empty(), THEN);

    private final WorkflowSnapshot order = WorkflowSnapshot.builder("order-1", "v1")
            .createdAt(THEN)
            .updatedAt(THEN)
            .initialInput(Payload.utf8("tea"))
            .taskDeadline(Optional.of(new TaskDeadline("charge", THEN, 1000)))
            .taskRetry("charge", RETRY)
            .loopIteration("loop", 2)
            .taskTags(List.of("gpu"))
            .traceParent(Optional.of("00-1-1-01"))
            .build();

    @Test
    void a_done_task_has_no_deadline_and_no_retries_any_more_and_others_keep_theirs() {
        assertThat(order.completeTask("charge", Payload.empty()))
                .returns(Optional.empty(), WorkflowSnapshot::taskDeadline)
                .returns(Map.of(), WorkflowSnapshot::taskRetries)
                .returns(Optional.of("charge"), WorkflowSnapshot::lastCompletedTaskId);
        assertThat(order.completeTask("reserve", Payload.empty()))
                .returns(order.taskDeadline(), WorkflowSnapshot::taskDeadline)
                .returns(Map.of("charge", RETRY), WorkflowSnapshot::taskRetries)
                .returns(Map.of("loop", 2L), WorkflowSnapshot::loopIterations);
    }

    @Test
    void a_withdrawn_task_is_not_the_last_one_any_more_and_another_still_is() {
        WorkflowSnapshot two = order.completeTask("reserve", Payload.empty()).completeTask("charge", Payload.empty());

        assertThat(two.withdrawTask("charge").lastCompletedTaskId()).isEmpty();
        assertThat(two.withdrawTask("reserve").lastCompletedTaskId()).contains("charge");
        assertThat(two.withdrawTask("reserve").completedTasks().taskIds()).containsExactly("charge");
        assertThat(two.withdrawTask("ship")).isSameAs(two);
    }

    static Stream<UnaryOperator<WorkflowSnapshot>> ends() {
        return Stream.of(it -> it.complete(Payload.utf8("done")), it -> it.fail("declined"));
    }

    @ParameterizedTest
    @MethodSource("ends")
    void an_end_clears_deadline_retries_and_loop_rounds(UnaryOperator<WorkflowSnapshot> end) {
        assertThat(end.apply(order.completeTask("reserve", Payload.empty())))
                .returns(Optional.empty(), WorkflowSnapshot::taskDeadline)
                .returns(Map.of(), WorkflowSnapshot::taskRetries)
                .returns(Map.of(), WorkflowSnapshot::loopIterations)
                .returns(Optional.empty(), WorkflowSnapshot::position)
                .returns(Optional.empty(), WorkflowSnapshot::lastCompletedTaskId)
                .returns(1, WorkflowSnapshot::completedTaskCount);
    }

    @Test
    void a_cancel_and_a_pause_clear_the_deadline_and_keep_what_has_been_done() {
        WorkflowSnapshot one = order.completeTask("reserve", Payload.empty());

        assertThat(cancelled(one))
                .returns(Optional.empty(), WorkflowSnapshot::taskDeadline)
                .returns(one.completedTasks(), WorkflowSnapshot::completedTasks);
        assertThat(paused(one))
                .returns(Optional.empty(), WorkflowSnapshot::taskDeadline)
                .returns(one.completedTasks(), WorkflowSnapshot::completedTasks)
                .returns(one.position(), WorkflowSnapshot::position)
                .returns(one.lastCompletedTaskId(), WorkflowSnapshot::lastCompletedTaskId);
        assertThat(paused(one).unpause().state()).isEqualTo(one.state());
    }

    static Stream<UnaryOperator<WorkflowSnapshot>> changes() {
        return Stream.of(
                it -> it.moveTo(new AtTask("ship")),
                it -> it.completeTask("ship", Payload.empty()),
                it -> it.withdrawTask("ship"),
                it -> it.forkInto("ship", Map.of("a", Branch.of("pack"))),
                it -> it.complete(Payload.empty()),
                it -> it.fail("declined"),
                WorkflowSnapshotTest::cancelled,
                WorkflowSnapshotTest::paused,
                WorkflowSnapshot::unpause);
    }

    @ParameterizedTest
    @MethodSource("changes")
    void R10_an_instance_that_has_ended_cannot_change(UnaryOperator<WorkflowSnapshot> change) {
        for (WorkflowSnapshot ended : List.of(order.complete(Payload.empty()), order.fail("x"), cancelled(order))) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> change.apply(ended))
                    .withMessageContainingAll("'order-1' is " + ended.status(), "it has to be");
        }
    }

    @Test
    void a_paused_instance_can_fail_and_be_cancelled_and_else_only_go_on() {
        WorkflowSnapshot paused = paused(order);

        assertThat(paused.fail("declined").status()).isEqualTo(WorkflowStatus.FAILED);
        assertThat(cancelled(paused).status()).isEqualTo(WorkflowStatus.CANCELLED);
        assertThatIllegalStateException().isThrownBy(() -> paused.moveTo(new AtTask("ship")));
        assertThatIllegalStateException().isThrownBy(() -> paused(paused));
    }

    @Test
    void branches_that_somebody_else_runs_are_no_fork_of_a_store() {
        WorkflowSnapshot elsewhere = order.moveTo(new AtFork("join", Map.of(), THEN));
        WorkflowSnapshot here = order.forkInto("join", Map.of("a", Branch.of("pack")));

        assertThat(elsewhere.fork()).isEmpty();
        assertThat(elsewhere.openTask()).contains(new OpenTask("join", true, Optional.of(THEN)));
        assertThat(here.fork()).map(AtFork::forkId).contains("join");
        assertThat(order.fork()).isEmpty();
    }

    @Test
    void snapshots_are_equal_if_all_that_a_store_keeps_is() {
        Set<WorkflowSnapshot> different = new LinkedHashSet<>(List.of(
                order,
                order.storedAs(1, 7),
                order.toBuilder().createdAt(THEN.minusSeconds(1)).build(),
                order.toBuilder().updatedAt(THEN.plusSeconds(1)).build(),
                order.toBuilder().withoutInitialInput().build(),
                order.toBuilder().taskDeadline(Optional.empty()).build(),
                order.toBuilder().taskRetry("reserve", RETRY).build(),
                order.toBuilder().loopIteration("loop", 3).build(),
                order.toBuilder().taskPriority(TaskPriority.HIGH).build(),
                order.toBuilder().taskTags(List.of()).build(),
                order.toBuilder().traceParent(Optional.empty()).build(),
                order.toBuilder().state(new WorkflowState.Failed("declined")).build(),
                WorkflowSnapshot.builder("order-2", "v1").build(),
                WorkflowSnapshot.builder("order-1", "v2").build()));

        assertThat(different).hasSize(14).doesNotContain(WorkflowSnapshot.start("order-1", "v1", Payload.empty()));
        assertThat(order.toBuilder().build()).isEqualTo(order).hasSameHashCodeAs(order);
        assertThat(order.storedAs(1, 7)).isEqualTo(order.storedAs(1, 8)).doesNotHaveSameHashCodeAs(order);
        assertThat(order).isNotEqualTo("order-1");
    }

    @Test
    void R23_it_is_printed_without_any_content() {
        assertThat(order).hasToString("WorkflowSnapshot[order-1 v0 InProgress NotStarted]");
        assertThat(order.complete(Payload.utf8("secret")).storedAs(3, 1))
                .hasToString("WorkflowSnapshot[order-1 v3 Completed]");
    }

    @Test
    void what_a_builder_is_given_is_checked() {
        SnapshotBuilder builder = WorkflowSnapshot.builder("order-1", "v1");

        assertThatIllegalArgumentException().isThrownBy(() -> builder.traceParent(Optional.of("")));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.taskTags(List.of("")));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.taskRetry("", RETRY));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.loopIteration("", 1));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.loopIteration("loop", -1));
        assertThatIllegalArgumentException().isThrownBy(() -> builder.createdAt(Instant.ofEpochSecond(-1)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> builder.updatedAt(Instant.parse("+10000-01-01T00:00:00Z")));
    }

    private static WorkflowSnapshot cancelled(WorkflowSnapshot snapshot) {
        return snapshot.cancel(Optional.of("sold out"), Optional.empty(), THEN, Optional.empty());
    }

    private static WorkflowSnapshot paused(WorkflowSnapshot snapshot) {
        return snapshot.pause(Optional.of("lunch"), Optional.empty(), THEN);
    }
}
