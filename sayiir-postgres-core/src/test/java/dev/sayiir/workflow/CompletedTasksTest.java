package dev.sayiir.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CompletedTasksTest {

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5})
    void they_are_in_the_order_in_which_they_were_done_last_whatever_happens(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        Map<String, Payload> expected = new LinkedHashMap<>();
        CompletedTasks tasks = CompletedTasks.none();
        for (int step = 0; step < 500; step++) {
            String taskId = "task-" + random.nextInt(300);
            if (random.nextInt(10) == 0) {
                expected.remove(taskId);
                tasks = tasks.without(taskId);
            } else {
                Payload output = Payload.utf8(String.valueOf(step));
                expected.remove(taskId);
                expected.put(taskId, output);
                tasks = tasks.with(taskId, output);
            }

            assertThat(tasks.contains(taskId)).isEqualTo(expected.containsKey(taskId));
            assertThat(tasks.output(taskId).orElse(null)).isEqualTo(expected.get(taskId));
            assertThat(tasks.asMap()).containsExactlyEntriesOf(expected);
            assertThat(tasks.asMap().get(taskId)).isEqualTo(expected.get(taskId));
            assertThat(tasks.size()).isEqualTo(expected.size());
            assertThat(tasks).isEqualTo(CompletedTasks.of(expected)).hasSameHashCodeAs(CompletedTasks.of(expected));
        }
    }

    @Test
    void one_more_changes_none_of_those_before() {
        List<CompletedTasks> all = new ArrayList<>(List.of(CompletedTasks.none()));
        for (int i = 0; i < 200; i++) {
            all.add(all.get(i).with("task-" + i, Payload.utf8("out")));
        }
        for (int i = 0; i <= 200; i++) {
            assertThat(all.get(i).size()).isEqualTo(i);
            assertThat(all.get(i).taskIds()).hasSize(i).doesNotContain("task-" + i);
        }
    }

    /** Adds up all that changes copy: bytes that the thread has taken from the heap, which are the same at every run. */
    @Test
    void R25_a_change_costs_the_logarithm_of_the_number_of_tasks_at_most() {
        changes(1_000); // so that what is only needed once is there
        double few = changes(1_000) / 1_000.0;
        double many = changes(64_000) / 64_000.0;

        assertThat(many).isLessThan(2.5 * few);
    }

    /** Done one after the other, then all once more, as in the second round of a loop. */
    private static long changes(int tasks) {
        com.sun.management.ThreadMXBean threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
        WorkflowSnapshot snapshot =
                WorkflowSnapshot.start("a", "d", Payload.empty()).storedAs(1, 1);
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int round = 0; round < 2; round++) {
            for (int i = 0; i < tasks; i++) {
                snapshot = snapshot.withdrawTask("task-" + i).completeTask("task-" + i, Payload.empty());
            }
        }
        long allocated = threads.getCurrentThreadAllocatedBytes() - before;
        assertThat(snapshot.completedTaskCount()).isEqualTo(tasks);
        assertThat(snapshot.taskChanges().orElseThrow().completed()).hasSize(tasks);
        return allocated;
    }

    @Test
    void they_are_equal_by_their_outputs_and_printed_without() {
        CompletedTasks one = CompletedTasks.of(Map.of("one", Payload.utf8("out")));

        assertThat(one)
                .isEqualTo(CompletedTasks.none().with("one", Payload.utf8("out")))
                .isNotEqualTo(CompletedTasks.of(Map.of("one", Payload.utf8("else"))))
                .isNotEqualTo(CompletedTasks.of(Map.of("two", Payload.utf8("out"))))
                .isNotEqualTo("one")
                .doesNotHaveSameHashCodeAs(CompletedTasks.none())
                .hasToString("CompletedTasks[one]");
    }

    @Test
    void their_map_can_be_asked_for_anything() {
        Map<String, Payload> tasks =
                CompletedTasks.of(Map.of("one", Payload.utf8("out"))).asMap();

        assertThat(tasks.containsKey("one")).isTrue();
        assertThat(tasks.containsKey("two")).isFalse();
        assertThat(((Map<?, ?>) tasks).containsKey(1)).isFalse();
        assertThat(((Map<?, ?>) tasks).get(1)).isNull();
    }

    @Test
    void an_id_that_is_not_valid_is_refused() {
        assertThatIllegalArgumentException().isThrownBy(() -> CompletedTasks.of(Map.of("", Payload.empty())));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> CompletedTasks.none().with("", Payload.empty()));
    }

    @Test
    void nothing_can_be_changed_from_outside() {
        CompletedTasks tasks = CompletedTasks.of(Map.of("one", Payload.empty())).with("two", Payload.empty());

        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> tasks.asMap().put("three", Payload.empty()));
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> tasks.asMap().remove("one"));
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> tasks.asMap().entrySet().iterator().next().setValue(Payload.utf8("else")));
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> tasks.taskIds().clear());
    }
}
