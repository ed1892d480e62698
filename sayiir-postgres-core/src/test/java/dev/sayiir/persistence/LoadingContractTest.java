package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.ExecutionPosition.InLoop;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskResult;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import dev.sayiir.workflow.WorkflowState.Failed;
import dev.sayiir.workflow.WorkflowState.InProgress;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class LoadingContractTest extends ContractTest {

    @ParameterizedTest
    @MethodSource("dev.sayiir.persistence.Examples#states")
    void R9_every_state_is_loaded_as_it_was_saved(WorkflowState state) {
        assertSurvives(WorkflowSnapshot.builder("order-1", "fulfilment-v1")
                .state(state)
                .build());
    }

    @ParameterizedTest
    @MethodSource("dev.sayiir.persistence.Examples#states")
    void R9_every_state_is_loaded_as_it_was_saved_over_another(WorkflowState state) {
        WorkflowSnapshot before = store.createSnapshot(order("order-1").completeTask("print", output("label")));

        WorkflowSnapshot saved =
                store.saveSnapshot(before.toBuilder().state(state).build());

        assertThat(store.loadSnapshot("order-1")).isEqualTo(saved);
        assertThat(history.loadVersion("order-1", 2)).isEqualTo(saved);
        assertThat(history.loadVersion("order-1", 1)).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource("dev.sayiir.persistence.Examples#states")
    void R9_every_part_beside_the_state_is_loaded_as_it_was_saved(WorkflowState state) {
        assertSurvives(Examples.withEverything("order-1").state(state).build());
    }

    @ParameterizedTest
    @MethodSource("dev.sayiir.persistence.Examples#awkwardIds")
    void R9_ids_may_hold_any_character(String id) {
        WorkflowSnapshot saved = store.createSnapshot(WorkflowSnapshot.builder(id, id)
                .taskTags(List.of(id, "plain"))
                .traceParent(Optional.of(id))
                .loopIteration(id, 3)
                .build()
                .completeTask("reserve", output(id))
                .moveTo(new AtSignal(id, id, Optional.empty(), Optional.of(id))));
        store.createSnapshot(order("another"));

        assertThat(store.loadSnapshot(id)).isEqualTo(saved);
        assertThat(store.listSnapshots()).containsExactlyInAnyOrder(id, "another");
        assertThat(queries.findWorkflow(id).orElseThrow().tags()).containsExactly(id, "plain");
        assertThat(versionsOf(id).get(0).currentTaskId()).contains(id);
        assertThat(idsOf(WorkflowQuery.all().ofDefinition(id).atTask(id))).containsExactly(id);

        assertThat(store.saveTaskResult(id, id, output("again"))).isEqualTo(2);
        assertThat(results.loadTaskResults(id)).isEqualTo(Map.of("reserve", output(id), id, output("again")));
        assertThat(results.loadTaskResult(id, id)).contains(output("again"));
        assertThat(versionsOf(id).get(1).completedTaskIds()).containsExactly(id);
        store.deleteSnapshot(id);
        assertThat(store.listSnapshots()).containsExactly("another");
    }

    @Test
    void R9_a_zero_length_output_is_not_a_missing_one() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1").completeTask("reserve", Payload.empty()));
        store.saveTaskResult("order-1", "charge", Payload.empty());

        assertThat(store.loadSnapshot("order-1").completedTasks().asMap())
                .isEqualTo(Map.of("reserve", Payload.empty(), "charge", Payload.empty()));
        assertThat(results.loadTaskResult("order-1", "reserve")).contains(Payload.empty());
        assertThat(results.loadTaskResult("order-1", "charge")).contains(Payload.empty());
        assertThat(results.loadTaskResult("order-1", "ship")).isEmpty();
        assertThat(history.loadVersion("order-1", 1)).isEqualTo(order);
    }

    @Test
    void R9_a_zero_length_input_is_not_a_missing_one() {
        assertSurvives(WorkflowSnapshot.start("order-1", "fulfilment-v1", Payload.empty()));
        assertSurvives(WorkflowSnapshot.builder("order-2", "fulfilment-v1").build());

        assertThat(store.loadSnapshot("order-1").initialInput()).contains(Payload.empty());
        assertThat(store.loadSnapshot("order-2").initialInput()).isEmpty();
    }

    @Test
    void R9_a_thousand_tasks_are_loaded() {
        WorkflowSnapshot many = WorkflowSnapshot.builder("order-1", "fulfilment-v1")
                .state(new InProgress(new AtTask("last"), Examples.many(1_000), Optional.of("task-999")))
                .build();

        WorkflowSnapshot saved = assertSurvives(many);
        WorkflowSnapshot next = store.saveSnapshot(saved.completeTask("last", output("at last")));

        assertThat(store.loadSnapshot("order-1")).isEqualTo(next);
        assertThat(results.loadTaskResults("order-1").keySet())
                .containsExactlyElementsOf(next.completedTasks().taskIds());
    }

    @Test
    void R9_a_mebibyte_of_output_is_loaded() {
        byte[] bytes = new byte[1 << 20];
        new Random(42).nextBytes(bytes);
        Payload large = Payload.of(bytes);

        WorkflowSnapshot saved = assertSurvives(
                WorkflowSnapshot.start("order-1", "fulfilment-v1", large).completeTask("reserve", large));
        store.saveTaskResult("order-1", "charge", large);

        assertThat(results.loadTaskResult("order-1", "charge")).contains(large);
        store.saveSnapshot(saved.complete(large));
        assertThat(store.loadSnapshot("order-1").state()).isEqualTo(new WorkflowState.Completed(large));
    }

    @Test
    void R9_branches_of_a_fork_are_loaded_with_their_results() {
        Map<String, TaskResult> branches =
                Map.of("a||b", new TaskResult("left", Payload.empty()), "'", new TaskResult("right", output("r")));

        assertSurvives(order("order-1").moveTo(new AtFork("😀".repeat(256), branches, Examples.THEN)));
    }

    @ParameterizedTest
    @MethodSource("extremeTimes")
    void R9_times_are_loaded_to_the_nanosecond(Instant time) {
        assertSurvives(order("order-1").moveTo(new AtDelay("wait", time, time, Optional.empty())));
    }

    static Stream<Instant> extremeTimes() {
        return Stream.of(
                Instant.parse("0000-01-01T00:00:00Z"),
                Instant.parse("1969-12-31T23:59:59.999999999Z"),
                Examples.TO_THE_NANOSECOND,
                Instant.parse("9999-12-31T23:59:59.999999999Z"));
    }

    @Test
    void R9_creation_times_are_loaded_in_whole_seconds() {
        assertSurvives(Examples.orderCreatedAt("order-1", Instant.EPOCH));
        assertSurvives(Examples.orderCreatedAt("order-2", Instant.parse("9999-12-31T23:59:59.999999999Z")));

        assertThat(queries.findWorkflow("order-2").orElseThrow().createdAt()).isEqualTo("9999-12-31T23:59:59Z");
    }

    @Test
    void R9_texts_as_long_as_can_be_are_loaded() {
        String text = Examples.everyPlane() + "'\"\\ \u0001 ".repeat(10_900);
        assertSurvives(order("order-1").fail(text));
        assertSurvives(order("order-2").cancel(Optional.of(text), Optional.of(text), Examples.THEN, Optional.empty()));

        assertThat(queries.findWorkflow("order-1").orElseThrow().error()).contains(text);
        assertThat(idsOf(WorkflowQuery.all().withErrorContaining("'\"\\"))).containsExactly("order-1");
        assertThat(new Failed(text)).isEqualTo(store.loadSnapshot("order-1").state());
    }

    @Test
    void R9_the_round_of_a_loop_is_loaded() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1").toBuilder()
                .loopIteration("poll", 1)
                .build()
                .moveTo(new InLoop("poll", 1, Optional.of("ship"))));
        WorkflowSnapshot next = store.saveSnapshot(
                order.toBuilder().loopIteration("poll", 2).build().moveTo(new InLoop("poll", 2, Optional.of("ship"))));

        assertThat(store.loadSnapshot("order-1")).isEqualTo(next);
        assertThat(history.loadVersion("order-1", 1)).isEqualTo(order);
    }

    @Test
    void R9_a_task_that_is_withdrawn_is_open_again_and_its_former_output_stays_in_the_history() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1")
                .completeTask("reserve", output("shelf 7"))
                .completeTask("check", output("empty"))
                .moveTo(new AtTask("reserve")));
        assertThat(order.openTask()).isEmpty();
        assertThat(idsOf(WorkflowQuery.all().atTask("reserve"))).isEmpty();

        WorkflowSnapshot open = store.saveSnapshot(order.withdrawTask("reserve"));

        assertThat(store.loadSnapshot("order-1")).isEqualTo(open);
        assertThat(idsOf(WorkflowQuery.all().atTask("reserve"))).containsExactly("order-1");
        assertThat(queries.findWorkflow("order-1").orElseThrow().completedTaskCount())
                .isOne();

        WorkflowSnapshot again = store.saveSnapshot(open.completeTask("reserve", output("shelf 8")));

        assertThat(store.loadSnapshot("order-1")).isEqualTo(again);
        assertThat(history.loadVersion("order-1", 1)).isEqualTo(order);
        assertThat(idsOf(WorkflowQuery.all().atTask("reserve"))).isEmpty();
        assertThat(queries.findWorkflow("order-1").orElseThrow().completedTaskCount())
                .isEqualTo(2);
    }

    @Test
    void R9_what_is_not_there_is_not_found() {
        assertThat(store.findSnapshot("order-1")).isEmpty();
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> store.loadSnapshot("order-1"))
                .withMessageContaining("order-1")
                .satisfies(missing -> assertThat(missing.instanceId()).isEqualTo("order-1"));
    }

    @Test
    void R9_a_loaded_snapshot_can_be_saved_again() {
        store.createSnapshot(order("order-1").completeTask("reserve", output("shelf 7")));

        WorkflowSnapshot loaded = store.loadSnapshot("order-1");
        WorkflowSnapshot saved = store.saveSnapshot(loaded.completeTask("charge", output("paid")));

        assertThat(loaded.taskChanges()).isPresent();
        assertThat(store.loadSnapshot("order-1")).isEqualTo(saved);
        assertThat(versionsOf("order-1"))
                .extracting(HistoryEntry::completedTaskIds)
                .containsExactly(List.of("reserve"), List.of("charge"));
    }

    private WorkflowSnapshot assertSurvives(WorkflowSnapshot snapshot) {
        WorkflowSnapshot saved = store.saveSnapshot(snapshot);
        assertThat(saved).isEqualTo(snapshot.storedAs(1, snapshot.incarnation()));
        assertThat(store.loadSnapshot(snapshot.instanceId())).isEqualTo(saved);
        assertThat(store.findSnapshot(snapshot.instanceId())).contains(saved);
        assertThat(history.loadVersion(snapshot.instanceId(), 1)).isEqualTo(saved);
        assertThat(results.loadTaskResults(snapshot.instanceId()))
                .isEqualTo(snapshot.completedTasks().asMap());
        return saved;
    }
}
