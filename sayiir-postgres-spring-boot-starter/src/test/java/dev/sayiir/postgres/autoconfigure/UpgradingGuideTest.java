package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.WorkflowGuard;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Runs the code in docs/upgrading.md. */
class UpgradingGuideTest {

    private static boolean isNeeded(WorkflowQueries queries) {
        // region needed
        WorkflowQuery atOldTask = WorkflowQuery.all().atTask("charge").limit(1);
        boolean needed = !queries.findWorkflows(atOldTask).workflows().isEmpty();
        // endregion
        return needed;
    }

    @Test
    void a_task_is_needed_while_an_instance_is_at_it() {
        InMemoryBackend backend = new InMemoryBackend();
        WorkflowSnapshot order =
                backend.createSnapshot(WorkflowSnapshot.start("order-1", "fulfilment-v1", Payload.empty())
                        .moveTo(new AtTask("charge")));
        assertThat(isNeeded(backend)).isTrue();

        backend.saveSnapshot(order.completeTask("charge", Payload.empty()).moveTo(new AtTask("ship")));
        assertThat(isNeeded(backend)).isFalse();
    }

    @Test
    void a_build_that_cannot_do_what_is_under_way_is_refused() {
        InMemoryBackend backend = new InMemoryBackend();
        backend.createSnapshot(WorkflowSnapshot.start("order-1", "fulfilment-v1", Payload.utf8("\"tea\""))
                .moveTo(new AtTask("charge")));
        Workflow fulfilment = new Workflow("fulfilment-v1", "charge");
        TaskHandler<?> charge = TaskHandler.of("charge", String.class, (input, task) -> TaskOutcome.complete(input));

        requireServed(backend, fulfilment, List.of(charge));

        assertThatThrownBy(() -> requireServed(backend, fulfilment, List.of()))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("charge");
    }

    private static void requireServed(InMemoryBackend backend, Workflow fulfilment, List<TaskHandler<?>> handlers) {
        // region guard
        WorkflowGuard.of(backend).requireServed(List.of(fulfilment), handlers);
        // endregion
    }
}
