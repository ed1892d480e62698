package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.THEN;
import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class TerminalStateContractTest extends ContractTest {

    private static final String TERMINAL_STATES = "dev.sayiir.persistence.Examples#terminalStates";

    @ParameterizedTest
    @MethodSource(TERMINAL_STATES)
    void R10_a_finished_workflow_refuses_a_later_save(WorkflowState end) {
        WorkflowSnapshot finished = finished(end);

        assertRefused(end, () -> store.saveSnapshot(finished));
        assertRefused(end, () -> store.saveSnapshot(order("order-1").completeTask("more", output("x"))));
    }

    @ParameterizedTest
    @MethodSource(TERMINAL_STATES)
    void R10_a_finished_workflow_refuses_a_save_that_is_based_on_an_earlier_version(WorkflowState end) {
        WorkflowSnapshot before = store.createSnapshot(order("order-1"));
        store.saveSnapshot(before.toBuilder().state(end).build());

        assertRefused(end, () -> store.saveSnapshot(before.completeTask("more", output("x"))));
    }

    @ParameterizedTest
    @MethodSource(TERMINAL_STATES)
    void R10_a_finished_workflow_refuses_a_save_that_names_its_version(WorkflowState end) {
        WorkflowSnapshot finished = finished(end);

        assertRefused(end, () -> store.saveSnapshotIfVersion(finished, 2));
        assertRefused(end, () -> store.saveSnapshotIfVersion(order("order-1").completeTask("x", output("x")), 2));
    }

    @ParameterizedTest
    @MethodSource(TERMINAL_STATES)
    void R10_that_a_workflow_has_finished_is_said_before_that_a_version_is_stale(WorkflowState end) {
        WorkflowSnapshot finished = finished(end);

        assertRefused(end, () -> store.saveSnapshotIfVersion(finished, 1));
    }

    @ParameterizedTest
    @MethodSource(TERMINAL_STATES)
    void R10_a_finished_workflow_refuses_a_task_result(WorkflowState end) {
        finished(end);

        assertRefused(end, () -> store.saveTaskResult("order-1", "reserve", output("x")));
        assertRefused(end, () -> store.saveTaskResult("order-1", "more", output("x")));
    }

    @ParameterizedTest
    @MethodSource(TERMINAL_STATES)
    void R10_the_id_of_a_finished_workflow_is_taken(WorkflowState end) {
        finished(end);
        Traces before = tracesOf("order-1");

        assertThatExceptionOfType(InstanceAlreadyExistsException.class)
                .isThrownBy(() -> store.createSnapshot(order("order-1")));
        assertThat(tracesOf("order-1")).isEqualTo(before);
    }

    @ParameterizedTest
    @MethodSource(TERMINAL_STATES)
    void R10_the_id_of_a_finished_workflow_is_free_once_it_is_deleted(WorkflowState end) {
        finished(end);

        store.deleteSnapshot("order-1");

        assertThat(store.createSnapshot(order("order-1")).version()).isEqualTo(1);
    }

    @Test
    void R10_a_paused_workflow_has_not_finished() {
        WorkflowSnapshot paused =
                store.createSnapshot(order("order-1").pause(Optional.empty(), Optional.empty(), THEN));

        assertThatNoException().isThrownBy(() -> store.saveSnapshotIfVersion(paused.unpause(), 1));
    }

    private WorkflowSnapshot finished(WorkflowState end) {
        WorkflowSnapshot started = store.createSnapshot(order("order-1").completeTask("reserve", output("shelf 7")));
        return store.saveSnapshot(started.toBuilder().state(end).build());
    }

    private void assertRefused(WorkflowState end, ThrowingCallable change) {
        Traces before = tracesOf("order-1");
        assertThatExceptionOfType(TerminalStateException.class)
                .isThrownBy(change)
                .withMessageContainingAll("order-1", end.status().text())
                .satisfies(refused -> {
                    assertThat(refused.instanceId()).isEqualTo("order-1");
                    assertThat(refused.status()).isEqualTo(end.status());
                });
        assertThat(tracesOf("order-1")).isEqualTo(before);
    }
}
