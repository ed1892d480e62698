package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.THEN;
import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.InProgress;
import dev.sayiir.workflow.WorkflowState.Paused;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TaskResultContractTest extends ContractTest {

    @Test
    void R11_a_task_result_is_added_to_the_others() {
        WorkflowSnapshot order = store.createSnapshot(
                order("order-1").completeTask("reserve", output("shelf 7")).moveTo(new AtFork("f", Map.of(), THEN)));

        assertThat(store.saveTaskResult("order-1", "left", output("l"))).isEqualTo(2);
        assertThat(store.saveTaskResult("order-1", "right", output("r"))).isEqualTo(3);

        Map<String, Payload> done = Map.of("reserve", output("shelf 7"), "left", output("l"), "right", output("r"));
        WorkflowSnapshot loaded = store.loadSnapshot("order-1");
        assertThat(loaded.completedTasks().asMap()).isEqualTo(done);
        assertThat(loaded.lastCompletedTaskId()).contains("right");
        assertThat(loaded.position()).isEqualTo(order.position());
        assertThat(results.loadTaskResults("order-1")).isEqualTo(done);
        assertThat(results.loadTaskResults("order-1").keySet()).containsExactly("reserve", "left", "right");
    }

    @Test
    void R11_a_task_result_touches_nothing_else() {
        WorkflowSnapshot order =
                store.createSnapshot(Examples.withEverything("order-1").build());

        store.saveTaskResult("order-1", "reserve", output("shelf 7"));

        WorkflowSnapshot loaded = store.loadSnapshot("order-1");
        InProgress before = (InProgress) order.state();
        assertThat(loaded)
                .isEqualTo(order.toBuilder()
                        .state(new InProgress(before.position(), loaded.completedTasks(), Optional.of("reserve")))
                        .build()
                        .storedAs(2, order.incarnation()));
    }

    @Test
    void R11_a_paused_instance_stays_paused_when_a_branch_reports_its_result() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1").completeTask("pack", output("box")));
        WorkflowSnapshot paused = store.saveSnapshot(order.pause(Optional.of("audit"), Optional.of("ann"), THEN));

        store.saveTaskResult("order-1", "left", output("l"));

        WorkflowSnapshot loaded = store.loadSnapshot("order-1");
        Paused before = (Paused) paused.state();
        assertThat(loaded.state())
                .isEqualTo(new Paused(
                        before.reason(),
                        before.pausedBy(),
                        before.pausedAt(),
                        order("order-1")
                                .completeTask("pack", output("box"))
                                .completeTask("left", output("l"))
                                .completedTasks(),
                        before.position(),
                        Optional.of("left")));
        WorkflowSnapshot resumed = store.saveSnapshot(loaded.unpause());
        assertThat(resumed.completedTasks().taskIds()).containsExactlyInAnyOrder("pack", "left");
        assertThat(store.loadSnapshot("order-1")).isEqualTo(resumed);
    }

    @Test
    void R11_a_result_reported_again_replaces_the_first_and_counts_once() {
        store.createSnapshot(order("order-1"));
        store.saveTaskResult("order-1", "left", output("first"));
        store.saveTaskResult("order-1", "right", output("r"));

        assertThat(store.saveTaskResult("order-1", "left", output("second"))).isEqualTo(4);

        assertThat(results.loadTaskResults("order-1"))
                .isEqualTo(Map.of("left", output("second"), "right", output("r")));
        assertThat(results.loadTaskResults("order-1").keySet()).containsExactly("right", "left");
        assertThat(queries.findWorkflow("order-1").orElseThrow().completedTaskCount())
                .isEqualTo(2);
        assertThat(history.loadVersion("order-1", 3).completedTasks().output("left"))
                .contains(output("first"));
    }

    @Test
    void R11_a_reported_task_is_no_longer_open() {
        store.createSnapshot(order("order-1"));
        store.createSnapshot(order("order-2"));

        store.saveTaskResult("order-1", "reserve", output("shelf 7"));

        assertThat(idsOf(WorkflowQuery.all().atTask("reserve"))).containsExactly("order-2");
        assertThat(store.loadSnapshot("order-1").openTask()).isEmpty();
        assertThat(queries.findWorkflow("order-1").orElseThrow().currentTaskId())
                .contains("reserve");
    }

    @Test
    void R11_a_save_that_follows_reported_results_keeps_them() {
        store.createSnapshot(order("order-1").moveTo(new AtFork("f", Map.of(), THEN)));
        store.saveTaskResult("order-1", "left", output("l"));
        store.saveTaskResult("order-1", "right", output("r"));

        WorkflowSnapshot joined = store.saveSnapshot(
                store.loadSnapshot("order-1").completeTask("join", output("lr")).moveTo(new AtTask("ship")));

        assertThat(store.loadSnapshot("order-1")).isEqualTo(joined);
        assertThat(results.loadTaskResults("order-1"))
                .isEqualTo(Map.of("left", output("l"), "right", output("r"), "join", output("lr")));
    }

    @Test
    void R11_a_task_result_needs_an_instance() {
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> store.saveTaskResult("order-1", "reserve", output("x")))
                .withMessageContaining("order-1");
        assertThat(store.findSnapshot("order-1")).isEmpty();
        assertThat(queries.findWorkflow("order-1")).isEmpty();
    }

    @Test
    void R9_a_withdrawn_task_has_no_result_until_it_is_done_again() {
        WorkflowSnapshot order = store.createSnapshot(
                order("order-1").completeTask("poll", output("not yet")).completeTask("log", output("")));
        order = store.saveSnapshot(order.withdrawTask("poll"));

        assertThat(results.loadTaskResult("order-1", "poll")).isEmpty();
        assertThat(results.loadTaskResults("order-1")).containsOnlyKeys("log");
        assertThat(store.loadSnapshot("order-1")).isEqualTo(order);
        assertThat(queries.findWorkflow("order-1").orElseThrow().completedTaskCount())
                .isEqualTo(1);

        order = store.saveSnapshot(order.completeTask("poll", output("arrived")));

        assertThat(results.loadTaskResult("order-1", "poll")).contains(output("arrived"));
        assertThat(results.loadTaskResults("order-1").keySet()).containsExactly("log", "poll");
        assertThat(store.loadSnapshot("order-1")).isEqualTo(order);
    }

    @Test
    void R9_a_task_withdrawn_and_done_again_in_one_save_has_its_new_result() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1").completeTask("poll", output("not yet")));

        order = store.saveSnapshot(order.withdrawTask("poll").completeTask("poll", output("arrived")));

        assertThat(results.loadTaskResults("order-1")).isEqualTo(Map.of("poll", output("arrived")));
        assertThat(store.loadSnapshot("order-1")).isEqualTo(order);
    }

    @Test
    void R9_a_task_done_and_withdrawn_in_one_save_has_no_result() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));

        order = store.saveSnapshot(order.completeTask("poll", output("not yet"))
                .withdrawTask("poll")
                .moveTo(new AtTask("poll")));

        assertThat(results.loadTaskResults("order-1")).isEmpty();
        assertThat(store.loadSnapshot("order-1")).isEqualTo(order);
        assertThat(idsOf(WorkflowQuery.all().atTask("poll"))).containsExactly("order-1");
    }

    @ParameterizedTest
    @MethodSource("endings")
    void R9_results_outlive_the_end_of_the_instance(UnaryOperator<WorkflowSnapshot> ending) {
        store.createSnapshot(order("order-1").completeTask("reserve", output("shelf 7")));
        store.saveTaskResult("order-1", "charge", output("paid"));
        WorkflowSnapshot shipped = store.loadSnapshot("order-1").completeTask("ship", output("tracked"));
        WorkflowSnapshot ended = store.saveSnapshot(ending.apply(shipped));

        assertThat(store.loadSnapshot("order-1")).isEqualTo(ended);
        assertThat(results.loadTaskResult("order-1", "charge")).contains(output("paid"));
        assertThat(results.loadTaskResults("order-1").keySet()).containsExactly("reserve", "charge", "ship");
        assertThat(results.loadTaskResult("order-1", "never-done")).isEmpty();
        assertThat(queries.findWorkflow("order-1").orElseThrow().completedTaskCount())
                .isEqualTo(3);
        assertThat(versionsOf("order-1").get(2).completedTaskIds()).containsExactly("ship");
    }

    static Stream<UnaryOperator<WorkflowSnapshot>> endings() {
        return Stream.of(
                order -> order.complete(output("done")),
                order -> order.fail("card declined"),
                order -> order.cancel(Optional.empty(), Optional.empty(), THEN, Optional.empty()));
    }

    @Test
    void R9_results_of_an_instance_that_is_not_there_are_not_found() {
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> results.loadTaskResult("order-1", "reserve"))
                .withMessageContaining("order-1");
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> results.loadTaskResults("order-1"))
                .withMessageContaining("order-1");
    }

    @Test
    void R11_a_task_whose_result_came_from_elsewhere_is_not_opened_again() {
        store.createSnapshot(order("order-1").moveTo(new AtTask("reserve")));
        store.saveTaskResult("order-1", "reserve", output("shelf 7"));
        store.saveTaskResult("order-1", "side", output("done"));

        WorkflowSnapshot loaded = store.loadSnapshot("order-1");
        assertThat(loaded.openTask()).isEmpty();
        store.saveSnapshot(loaded.completeTask("other", output("x")));

        assertThat(idsOf(WorkflowQuery.all().atTask("reserve"))).isEmpty();
    }
}
