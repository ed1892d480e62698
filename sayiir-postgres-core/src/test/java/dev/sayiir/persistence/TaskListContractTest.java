package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** What is told of the tasks of one instance. */
class TaskListContractTest extends ContractTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    @Test
    void tasks_are_listed_in_the_order_in_which_the_instance_came_to_them() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        order = store.saveSnapshot(
                order.completeTask("reserve", output("shelf 7")).moveTo(new AtTask("charge")));
        store.saveSnapshot(order.completeTask("charge", output("paid")).moveTo(new AtTask("a-last-task")));

        List<TaskSummary> tasks = queries.listTasks("order-1");
        assertThat(tasks).extracting(TaskSummary::taskId).containsExactly("reserve", "charge", "a-last-task");
        assertThat(tasks)
                .extracting(TaskSummary::status)
                .containsExactly(TaskStatus.COMPLETED, TaskStatus.COMPLETED, TaskStatus.ACTIVE);
        assertThat(tasks)
                .extracting(TaskSummary::completedVersion)
                .containsExactly(Optional.of(2L), Optional.of(3L), Optional.empty());
        List<HistoryEntry> versions = versionsOf("order-1");
        assertThat(tasks.get(0).startedAt()).isEqualTo(versions.get(0).savedAt());
        assertThat(tasks.get(0).completedAt()).contains(versions.get(1).savedAt());
        assertThat(tasks.get(0).readyAt()).isEmpty();
        assertThat(tasks.get(2).completedAt()).isEmpty();
        assertThat(tasks.get(2).readyAt()).contains(versions.get(2).savedAt());
    }

    @Test
    void a_claimed_task_says_who_has_it_until_when_and_how_often_it_was_tried() {
        store.createSnapshot(order("order-1"));
        TaskClaim first =
                claims.claimTask("order-1", "reserve", "worker-1", MINUTE).orElseThrow();
        claims.releaseTaskClaim(first);
        TaskClaim second =
                claims.claimTask("order-1", "reserve", "worker-2", MINUTE).orElseThrow();

        TaskSummary task = queries.listTasks("order-1").get(0);
        assertThat(task.claim()).contains(second);
        assertThat(task.workerId()).contains("worker-2");
        assertThat(task.attempts()).isEqualTo(2);
        assertThat(task.readyAt()).contains(second.expiresAt());

        claims.releaseTaskClaim(second);
        TaskSummary released = queries.listTasks("order-1").get(0);
        assertThat(released.claim()).isEmpty();
        assertThat(released.workerId()).contains("worker-2");
    }

    @Test
    void a_task_that_was_left_shares_the_end_of_its_instance() {
        store.saveSnapshot(store.createSnapshot(order("failed")).fail("card declined"));
        store.saveSnapshot(store.createSnapshot(order("completed")).complete(output("done")));
        store.createSnapshot(order("cancelled"));
        signals.requestCancel("cancelled", SignalRequest.unexplained());

        assertThat(statusOf("failed")).isEqualTo(TaskStatus.FAILED);
        assertThat(queries.listTasks("failed").get(0).error()).contains("card declined");
        assertThat(statusOf("completed")).isEqualTo(TaskStatus.COMPLETED);
        assertThat(statusOf("cancelled")).isEqualTo(TaskStatus.CANCELLED);
    }

    @Test
    void a_wait_waits_and_is_due_never_or_at_its_time() {
        store.createSnapshot(
                order("order-1").moveTo(new AtSignal("await-payment", "paid", Optional.empty(), Optional.of("ship"))));

        TaskSummary task = queries.listTasks("order-1").get(0);
        assertThat(task.status()).isEqualTo(TaskStatus.WAITING);
        assertThat(task.readyAt()).isEmpty();
    }

    @Test
    void no_such_instance_has_no_list() {
        assertThatExceptionOfType(SnapshotNotFoundException.class).isThrownBy(() -> queries.listTasks("nobody"));
    }

    /** Whatever a workflow does, what is in memory is what is in the columns. */
    @Test
    void every_change_is_told_as_by_the_model() {
        for (int seed = 0; seed < 40; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            InMemoryBackend model = new InMemoryBackend();
            String id = "order-" + seed;
            WorkflowSnapshot here = store.createSnapshot(order(id));
            WorkflowSnapshot there = model.createSnapshot(order(id));
            for (int step = 0; step < 12; step++) {
                if (random.nextInt(4) == 0) {
                    String task = Changes.TASKS.get(random.nextInt(Changes.TASKS.size()));
                    assertThat(claims.claimTask(id, task, "worker", MINUTE).isPresent())
                            .isEqualTo(
                                    model.claimTask(id, task, "worker", MINUTE).isPresent());
                }
                WorkflowSnapshot changed = Changes.random(new SplittableRandom(seed * 100L + step), here);
                if (here.status().isTerminal()) {
                    break;
                }
                there = model.saveSnapshot(Changes.random(new SplittableRandom(seed * 100L + step), there));
                here = store.saveSnapshot(changed);
                assertThat(facts(queries, id))
                        .as("seed " + seed + " step " + step)
                        .isEqualTo(facts(model, id));
            }
        }
    }

    /** All that does not depend on the clock. */
    private static List<List<Object>> facts(WorkflowQueries queries, String id) {
        return queries.listTasks(id).stream()
                .map(task -> List.<Object>of(
                        task.taskId(),
                        task.status(),
                        task.workerId(),
                        task.attempts(),
                        task.completedAt().isPresent(),
                        task.readyAt().isPresent(),
                        task.completedVersion(),
                        task.error(),
                        task.claim().map(TaskClaim::workerId)))
                .sorted((a, b) -> a.toString().compareTo(b.toString()))
                .toList();
    }

    private TaskStatus statusOf(String instanceId) {
        return queries.listTasks(instanceId).get(0).status();
    }
}
