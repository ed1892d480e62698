package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.THEN;
import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.Together.Outcome;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.UnaryOperator;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class ConcurrentSavingContractTest extends ContractTest {

    private static final int ROUNDS = 20;

    @ParameterizedTest
    @ValueSource(ints = {2, 8})
    void R8_of_several_creators_exactly_one_succeeds(int creators) throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String id = "order-" + round;
            List<Outcome<WorkflowSnapshot>> outcomes =
                    Together.run(creators, i -> store.createSnapshot(order(id).completeTask("by-" + i, output("x"))));

            assertThat(Together.failures(outcomes))
                    .hasSize(creators - 1)
                    .hasOnlyElementsOfType(InstanceAlreadyExistsException.class);
            assertThat(Together.values(outcomes)).singleElement().isEqualTo(store.loadSnapshot(id));
            assertThat(versionsOf(id)).hasSize(1);
            assertThat(results.loadTaskResults(id)).hasSize(1);
        }
    }

    @Test
    void R8_first_saves_of_one_id_come_one_after_the_other() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String id = "order-" + round;
            List<Outcome<WorkflowSnapshot>> outcomes =
                    Together.run(6, i -> store.saveSnapshot(order(id).completeTask("by-" + i, output("x"))));

            assertAllSucceededOneAfterTheOther(id, outcomes, 1);
        }
    }

    @Test
    void R8_of_concurrent_saves_the_last_writer_wins_and_history_has_them_all() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String id = "order-" + round;
            WorkflowSnapshot base = store.createSnapshot(order(id).completeTask("reserve", output("shelf 7")));
            List<Outcome<WorkflowSnapshot>> outcomes = Together.run(
                    6,
                    i -> store.saveSnapshot(
                            base.completeTask("by-" + i, output("x")).moveTo(new AtTask("after-" + i))));

            assertAllSucceededOneAfterTheOther(id, outcomes, 2);
        }
    }

    private void assertAllSucceededOneAfterTheOther(
            String id, List<Outcome<WorkflowSnapshot>> outcomes, long firstVersion) {
        assertThat(Together.failures(outcomes)).isEmpty();
        List<WorkflowSnapshot> saved = new ArrayList<>(Together.values(outcomes));
        saved.sort(Comparator.comparing(WorkflowSnapshot::version));
        assertThat(saved)
                .extracting(WorkflowSnapshot::version)
                .containsExactlyElementsOf(LongStream.range(firstVersion, firstVersion + outcomes.size())
                        .boxed()
                        .toList());
        assertThat(saved)
                .allSatisfy(snapshot ->
                        assertThat(history.loadVersion(id, snapshot.version())).isEqualTo(snapshot));
        WorkflowSnapshot last = saved.get(saved.size() - 1);
        assertThat(store.loadSnapshot(id)).isEqualTo(last);
        assertThat(results.loadTaskResults(id)).isEqualTo(last.completedTasks().asMap());
        assertThat(queries.findWorkflow(id).orElseThrow().completedTaskCount())
                .isEqualTo(last.completedTasks().size());
        assertHistoryHasNoGaps(id, last.version());
    }

    @Test
    void R8_of_saves_that_name_one_version_exactly_one_succeeds() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String id = "order-" + round;
            WorkflowSnapshot base = store.createSnapshot(order(id));
            List<Outcome<WorkflowSnapshot>> outcomes =
                    Together.run(8, i -> store.saveSnapshotIfVersion(base.completeTask("by-" + i, output("x")), 1));

            assertThat(Together.failures(outcomes)).hasSize(7).hasOnlyElementsOfType(StaleSnapshotException.class);
            assertThat(Together.values(outcomes)).singleElement().isEqualTo(store.loadSnapshot(id));
            assertHistoryHasNoGaps(id, 2);
        }
    }

    @Test
    void R11_no_result_of_a_branch_is_lost_to_another_branch_nor_to_a_pause() throws Exception {
        int branches = 8;
        int tasks = 10;
        store.createSnapshot(order("order-1").moveTo(new AtFork("fork", Map.of(), THEN)));
        List<Callable<Long>> actions = new ArrayList<>();
        for (int branch = 0; branch < branches; branch++) {
            int number = branch;
            actions.add(() -> {
                long version = 0;
                for (int task = 0; task < tasks; task++) {
                    version = store.saveTaskResult("order-1", number + "-" + task, output(number + "-" + task));
                }
                return version;
            });
        }
        actions.add(() ->
                saveUntilNotStale("order-1", order -> order.pause(Optional.of("audit"), Optional.of("ann"), THEN)));
        actions.add(() -> saveUntilNotStale(
                "order-1",
                order -> order.status() == WorkflowStatus.PAUSED
                        ? order.unpause()
                        : order.toBuilder().loopIteration("seen", 1).build()));

        assertThat(Together.failures(Together.run(actions))).isEmpty();

        Map<String, Payload> done = results.loadTaskResults("order-1");
        assertThat(done).hasSize(branches * tasks);
        assertThat(done).allSatisfy((taskId, output) -> assertThat(output).isEqualTo(output(taskId)));
        assertThat(store.loadSnapshot("order-1").completedTasks().asMap()).isEqualTo(done);
        assertThat(queries.findWorkflow("order-1").orElseThrow().completedTaskCount())
                .isEqualTo(branches * tasks);
        assertHistoryHasNoGaps("order-1", 1 + branches * tasks + 2);
    }

    private long saveUntilNotStale(String id, UnaryOperator<WorkflowSnapshot> change) {
        while (true) {
            WorkflowSnapshot order = store.loadSnapshot(id);
            try {
                return store.saveSnapshotIfVersion(change.apply(order), order.version())
                        .version();
            } catch (StaleSnapshotException e) {
                // somebody else was faster: that is what is being tried here
            }
        }
    }

    @Test
    void R11_a_task_reported_by_several_workers_at_once_counts_once() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String id = "order-" + round;
            store.createSnapshot(order(id));
            List<Outcome<Long>> outcomes = Together.run(6, i -> store.saveTaskResult(id, "reserve", output("by " + i)));

            assertThat(Together.failures(outcomes)).isEmpty();
            List<Long> versions = Together.values(outcomes);
            assertThat(versions).containsExactlyInAnyOrder(2L, 3L, 4L, 5L, 6L, 7L);
            assertThat(queries.findWorkflow(id).orElseThrow().completedTaskCount())
                    .isEqualTo(1);
            assertThat(results.loadTaskResults(id)).isEqualTo(Map.of("reserve", output("by " + versions.indexOf(7L))));
            for (int i = 0; i < 6; i++) {
                assertThat(history.loadVersion(id, versions.get(i))
                                .completedTasks()
                                .output("reserve"))
                        .contains(output("by " + i));
            }
        }
    }

    @Test
    void R10_results_that_race_with_the_end_are_either_in_time_or_refused() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            String id = "order-" + round;
            WorkflowSnapshot order = store.createSnapshot(order(id));
            List<Callable<Long>> actions = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                String taskId = "task-" + i;
                actions.add(() -> store.saveTaskResult(id, taskId, output("x")));
            }
            actions.add(() -> saveUntilNotStale(id, it -> it.status().isTerminal() ? it : it.complete(output("done"))));
            actions.add(
                    () -> store.saveSnapshotIfVersion(order.fail("too late"), 1).version());
            List<Outcome<Long>> outcomes = Together.run(actions);

            assertThat(Together.failures(outcomes))
                    .allSatisfy(failure -> assertThat(failure)
                            .isInstanceOfAny(TerminalStateException.class, StaleSnapshotException.class));
            List<Long> versions = Together.values(outcomes);
            assertThat(versions)
                    .containsExactlyInAnyOrderElementsOf(LongStream.rangeClosed(2, 1 + versions.size())
                            .boxed()
                            .toList());
            WorkflowSummary summary = queries.findWorkflow(id).orElseThrow();
            assertThat(summary.status().isTerminal()).isTrue();
            assertThat(summary.completedTaskCount()).isEqualTo(versions.size() - 1);
            assertThat(results.loadTaskResults(id)).hasSize(versions.size() - 1);
            assertThat(versionsOf(id))
                    .filteredOn(entry -> entry.status().isTerminal())
                    .extracting(HistoryEntry::version)
                    .containsExactly(summary.version());
        }
    }

    @Test
    void R9_a_load_during_saves_sees_one_version_and_not_parts_of_two() throws Exception {
        WorkflowSnapshot first = store.createSnapshot(order("order-1").moveTo(new AtTask("task-1")));
        AtomicBoolean saving = new AtomicBoolean(true);
        List<Callable<Integer>> actions = new ArrayList<>();
        actions.add(() -> {
            WorkflowSnapshot order = first;
            for (int i = 1; i <= 100; i++) {
                order = order.completeTask("task-" + i, output("output " + i)).moveTo(new AtTask("task-" + (i + 1)));
                // Every third save is a full one, which the store writes in another way.
                order = store.saveSnapshot(
                        i % 3 == 0 ? order.toBuilder().state(order.state()).build() : order);
            }
            saving.set(false);
            return 0;
        });
        for (int reader = 0; reader < 3; reader++) {
            actions.add(() -> {
                int loads = 0;
                while (saving.get() || loads == 0) {
                    assertIsOneVersion(store.loadSnapshot("order-1"));
                    loads++;
                }
                return loads;
            });
        }

        assertThat(Together.failures(Together.run(actions))).isEmpty();
        assertIsOneVersion(store.loadSnapshot("order-1"));
    }

    private static void assertIsOneVersion(WorkflowSnapshot order) {
        assertThat(order.position()).contains(new AtTask("task-" + order.version()));
        assertThat(order.completedTasks().size()).isEqualTo((int) order.version() - 1);
    }

    private void assertHistoryHasNoGaps(String id, long lastVersion) {
        assertThat(versionsOf(id))
                .extracting(HistoryEntry::version)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, lastVersion).boxed().toList());
        assertThat(versionsOf(id)).extracting(HistoryEntry::savedAt).isSortedAccordingTo(Comparator.naturalOrder());
        assertThat(store.loadSnapshot(id).version()).isEqualTo(lastVersion);
    }
}
