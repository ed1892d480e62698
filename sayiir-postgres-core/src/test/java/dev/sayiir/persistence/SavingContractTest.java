package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.THEN;
import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.Completed;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class SavingContractTest extends ContractTest {

    @Test
    void R8_a_first_save_inserts_version_1() {
        WorkflowSnapshot saved = store.saveSnapshot(order("order-1"));

        assertThat(saved)
                .isEqualTo(order("order-1").toBuilder()
                        .createdAt(saved.createdAt())
                        .updatedAt(saved.updatedAt())
                        .build()
                        .storedAs(1, saved.incarnation()));
        assertThat(store.loadSnapshot("order-1")).isEqualTo(saved);
    }

    @Test
    void R8_each_way_of_saving_adds_one_to_the_version() {
        WorkflowSnapshot created = store.createSnapshot(order("order-1"));
        assertThat(created.version()).isEqualTo(1);
        assertThat(store.saveSnapshot(created).version()).isEqualTo(2);
        assertThat(store.saveSnapshotIfVersion(created, 2).version()).isEqualTo(3);
        assertThat(store.saveTaskResult("order-1", "reserve", output("shelf 7")))
                .isEqualTo(4);
        assertThat(store.saveSnapshot(order("order-1")).version()).isEqualTo(5);

        assertThat(store.loadSnapshot("order-1").version()).isEqualTo(5);
        assertThat(versionsOf("order-1")).extracting(HistoryEntry::version).containsExactly(1L, 2L, 3L, 4L, 5L);
    }

    @Test
    void R8_instances_number_their_versions_apart() {
        store.saveSnapshot(store.saveSnapshot(order("order-1")));

        assertThat(store.saveSnapshot(order("order-2")).version()).isEqualTo(1);
    }

    @Test
    void R8_carrying_on_with_what_a_save_returned_keeps_everything() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        for (int i = 1; i <= 50; i++) {
            order = store.saveSnapshot(
                    order.completeTask("task-" + i, output("output " + i)).moveTo(new AtTask("task-" + (i + 1))));
            assertThat(order.version()).isEqualTo(i + 1);
        }

        assertThat(store.loadSnapshot("order-1")).isEqualTo(order);
        assertThat(order.completedTasks().size()).isEqualTo(50);
        assertThat(results.loadTaskResults("order-1").keySet())
                .containsExactlyElementsOf(order.completedTasks().taskIds());
    }

    @Test
    void R8_several_tasks_done_between_two_saves_are_all_saved() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        order = store.saveSnapshot(order.completeTask("reserve", output("first"))
                .completeTask("charge", output("second"))
                .completeTask("reserve", output("third")));

        assertThat(store.loadSnapshot("order-1")).isEqualTo(order);
        assertThat(results.loadTaskResults("order-1"))
                .isEqualTo(Map.of("reserve", output("third"), "charge", output("second")));
    }

    @Test
    void R8_the_last_writer_wins_whatever_it_was_based_on() {
        WorkflowSnapshot base = store.createSnapshot(order("order-1").completeTask("reserve", output("shelf 7")));
        store.saveSnapshot(base.completeTask("charge", output("by the first")).moveTo(new AtTask("ship")));

        WorkflowSnapshot last = store.saveSnapshot(
                base.completeTask("print", output("by the last")).moveTo(new AtTask("label")));

        assertThat(last.version()).isEqualTo(3);
        assertThat(store.loadSnapshot("order-1")).isEqualTo(last);
        assertThat(results.loadTaskResults("order-1"))
                .isEqualTo(Map.of("reserve", output("shelf 7"), "print", output("by the last")));
        assertThat(queries.findWorkflow("order-1").orElseThrow().completedTaskCount())
                .isEqualTo(2);
    }

    @Test
    void R8_a_snapshot_that_was_never_stored_replaces_what_is_stored() {
        WorkflowSnapshot stored = store.createSnapshot(order("order-1").completeTask("reserve", output("shelf 7")));
        WorkflowSnapshot other = WorkflowSnapshot.builder("order-1", "fulfilment-v2")
                .createdAt(stored.createdAt())
                .build();

        WorkflowSnapshot saved = store.saveSnapshot(other);

        assertThat(saved).isEqualTo(other.storedAs(2, other.incarnation()));
        assertThat(store.loadSnapshot("order-1")).isEqualTo(saved);
        assertThat(results.loadTaskResults("order-1")).isEmpty();
    }

    @Test
    void R8_a_state_set_by_hand_replaces_the_stored_results() {
        WorkflowSnapshot stored = store.createSnapshot(order("order-1").completeTask("charge", output("declined")));

        WorkflowSnapshot saved = store.saveSnapshot(stored.toBuilder()
                .state(order("order-1")
                        .completeTask("reserve", output("shelf 7"))
                        .state())
                .build());

        assertThat(store.loadSnapshot("order-1")).isEqualTo(saved);
        assertThat(results.loadTaskResults("order-1")).isEqualTo(Map.of("reserve", output("shelf 7")));
    }

    @Test
    void R8_create_refuses_an_id_that_is_taken() {
        store.createSnapshot(order("order-1"));
        Traces before = tracesOf("order-1");

        assertThatExceptionOfType(InstanceAlreadyExistsException.class)
                .isThrownBy(() -> store.createSnapshot(order("order-1").completeTask("reserve", output("x"))))
                .withMessageContaining("order-1")
                .satisfies(refused -> assertThat(refused.instanceId()).isEqualTo("order-1"));
        assertThat(tracesOf("order-1")).isEqualTo(before);
    }

    @Test
    void R8_create_starts_at_version_1_whatever_the_snapshot_was_before() {
        WorkflowSnapshot moved =
                order("order-1").completeTask("reserve", output("shelf 7")).storedAs(17, 4711);

        WorkflowSnapshot created = store.createSnapshot(moved);

        assertThat(created).isEqualTo(moved.storedAs(1, moved.incarnation()));
        assertThat(store.loadSnapshot("order-1")).isEqualTo(created);
        assertThat(results.loadTaskResults("order-1")).isEqualTo(Map.of("reserve", output("shelf 7")));
    }

    @Test
    void R8_an_instance_can_be_created_in_a_state_that_is_its_last() {
        WorkflowSnapshot created = store.createSnapshot(order("order-1").complete(output("nothing to do")));

        assertThat(store.loadSnapshot("order-1")).isEqualTo(created);
        assertThat(queries.findWorkflow("order-1").orElseThrow().completedAt()).isPresent();
    }

    @Test
    void R8_a_save_based_on_the_stored_version_is_done() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));

        WorkflowSnapshot saved = store.saveSnapshotIfVersion(order.completeTask("reserve", output("shelf 7")), 1);

        assertThat(saved.version()).isEqualTo(2);
        assertThat(store.loadSnapshot("order-1")).isEqualTo(saved);
    }

    @Test
    void R8_a_save_based_on_another_version_writes_nothing() {
        WorkflowSnapshot base = store.createSnapshot(order("order-1"));
        store.saveSnapshot(base.completeTask("reserve", output("shelf 7")));
        Traces before = tracesOf("order-1");

        for (long version : List.of(1L, 3L, Long.MAX_VALUE)) {
            assertThatExceptionOfType(StaleSnapshotException.class)
                    .isThrownBy(() -> store.saveSnapshotIfVersion(base.completeTask("x", output("x")), version))
                    .withMessageContainingAll("order-1", Long.toString(version), "2")
                    .satisfies(stale -> {
                        assertThat(stale.instanceId()).isEqualTo("order-1");
                        assertThat(stale.expectedVersion()).isEqualTo(version);
                        assertThat(stale.storedVersion()).isEqualTo(2);
                    });
        }
        assertThat(tracesOf("order-1")).isEqualTo(before);
    }

    @Test
    void R8_the_version_that_counts_is_the_one_named_not_the_one_in_the_snapshot() {
        WorkflowSnapshot base = store.createSnapshot(order("order-1"));
        store.saveSnapshot(base.completeTask("charge", output("by another")));

        WorkflowSnapshot saved = store.saveSnapshotIfVersion(base.completeTask("reserve", output("shelf 7")), 2);

        assertThat(store.loadSnapshot("order-1")).isEqualTo(saved);
        assertThat(results.loadTaskResults("order-1")).containsOnlyKeys("reserve");
    }

    @Test
    void R8_a_task_result_moves_the_version_on() {
        WorkflowSnapshot base = store.createSnapshot(order("order-1"));
        store.saveTaskResult("order-1", "reserve", output("shelf 7"));

        assertThatExceptionOfType(StaleSnapshotException.class).isThrownBy(() -> store.saveSnapshotIfVersion(base, 1));
    }

    @Test
    void R8_a_save_that_names_a_version_needs_an_instance() {
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> store.saveSnapshotIfVersion(order("order-1"), 1))
                .withMessageContaining("order-1");
        assertThat(store.findSnapshot("order-1")).isEmpty();
    }

    @Test
    void R8_versions_begin_at_1() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        Traces before = tracesOf("order-1");

        for (long version : List.of(0L, -1L, Long.MIN_VALUE)) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> store.saveSnapshotIfVersion(order, version))
                    .withMessageContaining(Long.toString(version));
        }
        assertThat(tracesOf("order-1")).isEqualTo(before);
    }

    @Test
    void R8_a_save_does_not_change_the_snapshot_that_it_is_given() {
        WorkflowSnapshot order = order("order-1");
        store.saveSnapshot(order);

        assertThat(order.version()).isZero();
        assertThat(order.taskChanges()).isEmpty();
    }

    @Test
    void R8_the_columns_follow_every_save() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        Instant created = versionsOf("order-1").get(0).savedAt();
        WorkflowSnapshot paused = store.saveSnapshot(order.pause(Optional.empty(), Optional.empty(), created));
        WorkflowSnapshot resumed = store.saveSnapshot(paused.unpause());
        store.saveSnapshot(
                resumed.toBuilder().state(new Completed(output("done"))).build());

        WorkflowSummary summary = queries.findWorkflow("order-1").orElseThrow();
        HistoryEntry last = versionsOf("order-1").get(3);
        assertThat(summary.version()).isEqualTo(4);
        assertThat(summary.updatedAt()).isEqualTo(last.savedAt()).isAfterOrEqualTo(created);
        assertThat(summary.completedAt()).contains(last.savedAt());
    }

    @Test
    void R9_what_a_builder_changes_of_a_stored_snapshot_is_stored_too() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1").completeTask("reserve", output("shelf 7")));

        WorkflowSnapshot changed = store.saveSnapshot(order.toBuilder()
                .createdAt(THEN.minusSeconds(60))
                .initialInput(output("coffee"))
                .taskPriority(TaskPriority.CRITICAL)
                .build());

        assertThat(store.loadSnapshot("order-1")).isEqualTo(changed);
        assertThat(changed.initialInput()).contains(output("coffee"));
        assertThat(queries.findWorkflow("order-1").orElseThrow().createdAt()).isEqualTo(THEN.minusSeconds(60));
        assertThat(history.loadVersion("order-1", 1)).isEqualTo(order);
    }
}
