package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sayiir.persistence.InstanceAlreadyExistsException;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What an application starts and steers instances with. */
class WorkflowsTest extends WorkerContractTest {

    @Test
    void an_instance_begins_at_the_first_task_with_its_input() {
        WorkflowSnapshot started = workflows.start(WORKFLOW, "order-1", List.of("tea", 2));

        assertThat(started.version()).isEqualTo(1);
        assertThat(started.definitionHash()).isEqualTo("fulfilment-v1");
        assertThat(started.position()).contains(new AtTask("first"));
        assertThat(started.initialInput()).contains(Payload.utf8("[\"tea\",2]"));
        assertThat(workflows.status("order-1")).isEqualTo(WorkflowStatus.IN_PROGRESS);
    }

    @Test
    void an_instance_can_be_given_a_priority_and_tags() {
        WorkflowSnapshot started = workflows.start(
                WORKFLOW,
                "order-1",
                "in",
                instance -> instance.taskPriority(TaskPriority.CRITICAL).taskTags(List.of("gpu")));

        assertThat(started.taskPriority()).isEqualTo(TaskPriority.CRITICAL);
        assertThat(started.taskTags()).containsExactly("gpu");
    }

    @Test
    void listeners_wrap_a_start_and_may_change_what_is_started() {
        Workflows listened = workflows
                .withListener((instance, start) -> start.apply(
                        instance.toBuilder().taskTags(List.of("first")).build()))
                .withListener((instance, start) -> {
                    assertThat(instance.taskTags()).containsExactly("first");
                    return start.apply(instance.toBuilder()
                            .traceParent(Optional.of("00-trace"))
                            .build());
                });

        listened.start(WORKFLOW, "order-1", "in");

        WorkflowSnapshot started = snapshots.loadSnapshot("order-1");
        assertThat(started.taskTags()).containsExactly("first");
        assertThat(started.traceParent()).contains("00-trace");
        assertThat(workflows.start(WORKFLOW, "order-2", "in").taskTags()).isEmpty();
    }

    @Test
    void an_id_is_taken_once_unless_the_caller_is_content_with_what_is_there() {
        WorkflowSnapshot first = workflows.startIfAbsent(WORKFLOW, "order-1", "first");

        assertThatExceptionOfType(InstanceAlreadyExistsException.class)
                .isThrownBy(() -> workflows.start(WORKFLOW, "order-1", "second"));
        assertThat(workflows.startIfAbsent(WORKFLOW, "order-1", "second")).isEqualTo(first);
    }

    @Test
    void a_result_is_there_when_the_instance_is_finished() throws Exception {
        begin("order-1");
        assertThat(workflows.result("order-1", String.class)).isEmpty();
        assertThat(workflows.awaitEnd("order-1", Duration.ZERO)).isEmpty();

        start(task("first", (in, task) -> TaskOutcome.complete("done")));

        assertThat(workflows.awaitEnd("order-1", Duration.ofMinutes(1)).map(WorkflowSummary::status))
                .contains(WorkflowStatus.COMPLETED);
        assertThat(workflows.result("order-1", String.class)).contains("done");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> workflows.result("order-1", Integer.class))
                .withMessageStartingWith(
                        "The result of instance 'order-1', 6 bytes, cannot be read as java.lang.Integer");
    }

    @Test
    void an_instance_that_did_not_complete_has_no_result_but_an_error() {
        start(task("first", (in, task) -> TaskOutcome.fail("out of stock")));
        begin("order-1");
        errorOf("order-1");
        workflows.start(new Workflow("other", "first"), "order-2", "in");
        workflows.cancel("order-2", REQUEST);

        assertThatExceptionOfType(WorkflowNotCompletedException.class)
                .isThrownBy(() -> workflows.result("order-1", String.class))
                .satisfies(e -> assertThat(e.error()).contains("out of stock"))
                .satisfies(e -> assertThat(e.status()).isEqualTo(WorkflowStatus.FAILED))
                .satisfies(e -> assertThat(e.instanceId()).isEqualTo("order-1"))
                .withMessageContaining("Instance 'order-1' has no result because it is Failed");
        assertThatExceptionOfType(WorkflowNotCompletedException.class)
                .isThrownBy(() -> workflows.result("order-2", String.class))
                .satisfies(e -> assertThat(e.error()).isEmpty());
    }

    @Test
    void an_instance_that_is_not_there_is_not_found() {
        assertThatExceptionOfType(SnapshotNotFoundException.class).isThrownBy(() -> workflows.status("order-1"));
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> workflows.awaitEnd("order-1", HOUR));
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> workflows.result("order-1", String.class));
    }
}
