package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.THEN;
import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;

class DeletionContractTest extends ContractTest {

    @Test
    void R12_a_deleted_instance_leaves_no_trace() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        store.saveTaskResult("order-1", "reserve", output("shelf 7"));
        store.saveSnapshot(order.completeTask("charge", output("paid")));

        store.deleteSnapshot("order-1");

        assertThat(store.findSnapshot("order-1")).isEmpty();
        assertThat(store.listSnapshots()).isEmpty();
        assertThat(queries.findWorkflow("order-1")).isEmpty();
        assertThat(queries.findWorkflows(WorkflowQuery.all()).workflows()).isEmpty();
        assertThat(queries.countByStatus().values()).containsOnly(0L);
        assertNotFound(() -> history.listVersions("order-1", 0, 10));
        assertNotFound(() -> history.loadVersion("order-1", 1));
        assertNotFound(() -> history.loadAsOf("order-1", Instant.now()));
        assertNotFound(() -> results.loadTaskResult("order-1", "reserve"));
        assertNotFound(() -> results.loadTaskResults("order-1"));
        assertNotFound(() -> store.saveTaskResult("order-1", "reserve", output("x")));
        assertNotFound(() -> store.saveSnapshotIfVersion(order, 3));
    }

    @Test
    void R12_other_instances_stay() {
        store.createSnapshot(order("order-1"));
        store.createSnapshot(order("order-10").completeTask("reserve", output("shelf 7")));
        Traces before = tracesOf("order-10");

        store.deleteSnapshot("order-1");

        assertThat(store.listSnapshots()).containsExactly("order-10");
        assertThat(tracesOf("order-10")).isEqualTo(before);
    }

    @Test
    void R12_a_later_instance_with_that_id_starts_clean() {
        WorkflowSnapshot first = store.createSnapshot(order("order-1").completeTask("reserve", output("shelf 7")));
        store.saveSnapshot(first.cancel(Optional.empty(), Optional.empty(), THEN, Optional.empty()));
        store.deleteSnapshot("order-1");

        WorkflowSnapshot second = store.createSnapshot(WorkflowSnapshot.start("order-1", "refund-v1", output("tea")));

        assertThat(second.version()).isEqualTo(1);
        assertThat(store.loadSnapshot("order-1")).isEqualTo(second);
        assertThat(results.loadTaskResults("order-1")).isEmpty();
        assertThat(versionsOf("order-1")).singleElement().satisfies(entry -> {
            assertThat(entry.version()).isEqualTo(1);
            assertThat(entry.completedTaskIds()).isEmpty();
        });
        WorkflowSummary summary = queries.findWorkflow("order-1").orElseThrow();
        assertThat(summary.completedTaskCount()).isZero();
        assertThat(summary.completedAt()).isEmpty();
        assertThat(store.saveSnapshot(second).version()).isEqualTo(2);
    }

    @Test
    void R12_deleting_what_is_not_there_is_refused() {
        assertNotFound(() -> store.deleteSnapshot("order-1"));
        store.createSnapshot(order("order-1"));
        store.deleteSnapshot("order-1");
        assertNotFound(() -> store.deleteSnapshot("order-1"));
    }

    @Test
    void R12_a_save_does_not_bring_a_deleted_instance_back() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        store.deleteSnapshot("order-1");

        for (WorkflowSnapshot stale :
                List.of(order, order.completeTask("reserve", output("x")), order.storedAs(7, order.incarnation()))) {
            assertNotFound(() -> store.saveSnapshot(stale));
        }
        assertThat(store.listSnapshots()).isEmpty();
        assertThat(queries.findWorkflow("order-1")).isEmpty();
    }

    @Test
    void R12_a_save_meant_for_a_deleted_instance_does_not_hit_the_one_that_has_its_id_now() {
        WorkflowSnapshot old = store.createSnapshot(order("order-1"));
        WorkflowSnapshot older = store.saveSnapshot(old.completeTask("reserve", output("shelf 7")));
        store.deleteSnapshot("order-1");
        store.createSnapshot(order("order-1"));
        Traces before = tracesOf("order-1");

        for (WorkflowSnapshot stale : List.of(old, older, old.completeTask("x", output("x")), old.fail("x"))) {
            assertThatExceptionOfType(StaleSnapshotException.class)
                    .isThrownBy(() -> store.saveSnapshot(stale))
                    .withMessageContaining("order-1");
            assertThatExceptionOfType(StaleSnapshotException.class)
                    .isThrownBy(() -> store.saveSnapshotIfVersion(stale, 1))
                    .withMessageContaining("order-1");
        }
        assertThat(tracesOf("order-1")).isEqualTo(before);
    }

    private static void assertNotFound(ThrowingCallable call) {
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(call)
                .withMessageContaining("order-1")
                .satisfies(missing -> assertThat(missing.instanceId()).isEqualTo("order-1"));
    }
}
