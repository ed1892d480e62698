package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.THEN;
import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.ExecutionPosition.InLoop;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class HistoryContractTest extends ContractTest {

    @Test
    void R9_every_checkpoint_is_listed_with_what_came_with_it() {
        WorkflowSnapshot order = store.createSnapshot(WorkflowSnapshot.start("order-1", "v1", output("tea")));
        order = store.saveSnapshot(order.moveTo(new AtTask("reserve")));
        order = store.saveSnapshot(order.completeTask("reserve", output("shelf 7"))
                .completeTask("charge", output("paid"))
                .moveTo(new AtDelay("cool-off", THEN, THEN, Optional.empty())));
        store.saveSnapshot(order.pause(Optional.empty(), Optional.empty(), THEN));
        store.saveTaskResult("order-1", "print", output("label"));
        store.saveSnapshot(store.loadSnapshot("order-1").fail("lost"));

        List<HistoryEntry> versions = versionsOf("order-1");
        assertThat(versions).extracting(HistoryEntry::version).containsExactly(1L, 2L, 3L, 4L, 5L, 6L);
        assertThat(versions)
                .extracting(HistoryEntry::status)
                .containsExactly(
                        WorkflowStatus.IN_PROGRESS,
                        WorkflowStatus.IN_PROGRESS,
                        WorkflowStatus.IN_PROGRESS,
                        WorkflowStatus.PAUSED,
                        WorkflowStatus.PAUSED,
                        WorkflowStatus.FAILED);
        assertThat(versions)
                .extracting(entry -> entry.currentTaskId().orElse("-"))
                .containsExactly("-", "reserve", "cool-off", "cool-off", "cool-off", "-");
        assertThat(versions)
                .extracting(HistoryEntry::completedTaskIds)
                .containsExactly(
                        List.of(), List.of(), List.of("reserve", "charge"), List.of(), List.of("print"), List.of());
        assertThat(versions).extracting(HistoryEntry::savedAt).isSortedAccordingTo(Comparator.naturalOrder());
    }

    @Test
    void R9_every_version_is_loaded_as_it_was_saved() {
        List<WorkflowSnapshot> saved = new ArrayList<>();
        saved.add(store.createSnapshot(order("order-1")));
        for (int i = 1; i <= 20; i++) {
            WorkflowSnapshot before = saved.get(saved.size() - 1);
            saved.add(store.saveSnapshot(before.completeTask("task-" + i, output("output " + i))
                    .withdrawTask("task-" + (i - 3))
                    .moveTo(new AtTask("task-" + (i + 1)))));
        }

        assertThat(saved)
                .allSatisfy(snapshot -> assertThat(history.loadVersion("order-1", snapshot.version()))
                        .isEqualTo(snapshot));
    }

    @Test
    void R9_the_current_version_is_what_load_gives() {
        store.createSnapshot(order("order-1"));
        store.saveTaskResult("order-1", "reserve", output("shelf 7"));

        assertThat(history.loadVersion("order-1", 2)).isEqualTo(store.loadSnapshot("order-1"));
    }

    @Test
    void R9_outputs_of_earlier_rounds_of_a_loop_stay_readable() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        for (int round = 1; round <= 5; round++) {
            order = store.saveSnapshot(order.completeTask("poll", output("round " + round)));
            order = store.saveSnapshot(order.withdrawTask("poll").moveTo(new InLoop("loop", round, Optional.empty())));
            order = store.saveSnapshot(order.moveTo(new AtTask("poll")));
        }

        for (int round = 1; round <= 5; round++) {
            long done = 3L * round - 1;
            assertThat(history.loadVersion("order-1", done).completedTasks().output("poll"))
                    .contains(output("round " + round));
            assertThat(history.loadVersion("order-1", done + 1).completedTasks().output("poll"))
                    .isEmpty();
        }
        assertThat(results.loadTaskResult("order-1", "poll")).isEmpty();
    }

    @Test
    void R9_outputs_that_were_replaced_stay_readable() {
        store.createSnapshot(order("order-1"));
        store.saveTaskResult("order-1", "poll", output("first"));
        store.saveTaskResult("order-1", "poll", Payload.empty());
        WorkflowSnapshot order = store.loadSnapshot("order-1");
        store.saveSnapshot(order.completeTask("poll", output("third")));

        assertThat(history.loadVersion("order-1", 1).completedTasks().asMap()).isEmpty();
        assertThat(history.loadVersion("order-1", 2).completedTasks().asMap())
                .isEqualTo(Map.of("poll", output("first")));
        assertThat(history.loadVersion("order-1", 3).completedTasks().asMap())
                .isEqualTo(Map.of("poll", Payload.empty()));
        assertThat(history.loadVersion("order-1", 4).completedTasks().asMap())
                .isEqualTo(Map.of("poll", output("third")));
    }

    @Test
    void R9_versions_before_a_full_replacement_keep_their_results() {
        WorkflowSnapshot base = store.createSnapshot(order("order-1").completeTask("reserve", output("shelf 7")));
        WorkflowSnapshot second = store.saveSnapshot(base.completeTask("charge", output("paid")));
        WorkflowSnapshot third = store.saveSnapshot(order("order-1"));
        WorkflowSnapshot fourth = store.saveSnapshot(base.completeTask("charge", output("paid again")));

        assertThat(history.loadVersion("order-1", 1)).isEqualTo(base);
        assertThat(history.loadVersion("order-1", 2)).isEqualTo(second);
        assertThat(history.loadVersion("order-1", 3).completedTasks()).isEqualTo(third.completedTasks());
        assertThat(history.loadVersion("order-1", 4)).isEqualTo(fourth);
        assertThat(versionsOf("order-1").get(3).completedTaskIds()).containsExactlyInAnyOrder("reserve", "charge");
    }

    @Test
    void R9_an_earlier_version_of_a_finished_instance_has_the_results_of_then() {
        WorkflowSnapshot first = store.createSnapshot(order("order-1").completeTask("reserve", output("shelf 7")));
        WorkflowSnapshot second = store.saveSnapshot(first.completeTask("charge", output("paid")));
        store.saveSnapshot(second.complete(output("done")));

        assertThat(history.loadVersion("order-1", 1)).isEqualTo(first);
        assertThat(history.loadVersion("order-1", 2)).isEqualTo(second);
    }

    @Test
    void R9_an_instance_can_be_set_back_to_an_earlier_version() {
        WorkflowSnapshot first = store.createSnapshot(order("order-1").completeTask("reserve", output("shelf 7")));
        WorkflowSnapshot second =
                store.saveSnapshot(first.withdrawTask("reserve").completeTask("x", output("x")));

        WorkflowSnapshot third = store.saveSnapshot(history.loadVersion("order-1", 1));

        assertThat(third).isEqualTo(first.storedAs(3, first.incarnation()));
        assertThat(store.loadSnapshot("order-1")).isEqualTo(third);
        assertThat(history.loadVersion("order-1", 2)).isEqualTo(second);
    }

    @Test
    void R9_an_earlier_version_is_shown_with_the_trace_of_today() {
        WorkflowSnapshot first = store.createSnapshot(order("order-1"));
        store.saveSnapshot(
                first.toBuilder().traceParent(Optional.of("00-a-b-01")).build());

        assertThat(history.loadVersion("order-1", 1))
                .isEqualTo(
                        first.toBuilder().traceParent(Optional.of("00-a-b-01")).build());
    }

    @Test
    void R9_history_is_read_page_by_page() {
        store.createSnapshot(order("order-1"));
        for (int i = 2; i <= 10; i++) {
            store.saveTaskResult("order-1", "task-" + i, output("x"));
        }

        assertThat(history.listVersions("order-1", 0, 4))
                .extracting(HistoryEntry::version)
                .containsExactly(1L, 2L, 3L, 4L);
        assertThat(history.listVersions("order-1", 4, 4))
                .extracting(HistoryEntry::version)
                .containsExactly(5L, 6L, 7L, 8L);
        assertThat(history.listVersions("order-1", 8, 4))
                .extracting(HistoryEntry::version)
                .containsExactly(9L, 10L);
        assertThat(history.listVersions("order-1", 10, 4)).isEmpty();
        assertThat(history.listVersions("order-1", Long.MAX_VALUE, Integer.MAX_VALUE))
                .isEmpty();
    }

    @Test
    void R9_pages_of_no_size_and_versions_below_1_are_refused() {
        store.createSnapshot(order("order-1"));

        assertThatIllegalArgumentException().isThrownBy(() -> history.listVersions("order-1", -1, 10));
        assertThatIllegalArgumentException().isThrownBy(() -> history.listVersions("order-1", 0, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> history.listVersions("not-there", 0, -1));
        assertThatIllegalArgumentException().isThrownBy(() -> history.loadVersion("order-1", 0));
        assertThatIllegalArgumentException().isThrownBy(() -> history.loadVersion("not-there", -1));
    }

    @Test
    void R9_a_version_that_is_not_there_is_not_found() {
        store.createSnapshot(order("order-1"));

        for (long version : List.of(2L, 4_294_967_297L, Long.MAX_VALUE)) {
            assertThatExceptionOfType(SnapshotNotFoundException.class)
                    .isThrownBy(() -> history.loadVersion("order-1", version))
                    .withMessageContainingAll("order-1", Long.toString(version));
        }
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> history.loadVersion("not-there", 1))
                .withMessageContaining("not-there");
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> history.listVersions("not-there", 0, 10))
                .withMessageContaining("not-there");
    }

    @Test
    void R9_a_moment_finds_the_last_version_saved_by_then() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        for (int i = 1; i <= 10; i++) {
            order = store.saveSnapshot(order.completeTask("task-" + i, output("output " + i)));
        }

        List<HistoryEntry> versions = versionsOf("order-1");
        for (HistoryEntry entry : versions) {
            long last = versions.stream()
                    .filter(other -> !other.savedAt().isAfter(entry.savedAt()))
                    .mapToLong(HistoryEntry::version)
                    .max()
                    .orElseThrow();
            assertThat(history.loadAsOf("order-1", entry.savedAt())).isEqualTo(history.loadVersion("order-1", last));
        }
        assertThat(history.loadAsOf("order-1", versions.get(10).savedAt().plus(Duration.ofDays(1))))
                .isEqualTo(order);
    }

    @Test
    void R9_a_moment_before_the_first_version_finds_none() {
        store.createSnapshot(order("order-1"));
        Instant before = versionsOf("order-1").get(0).savedAt().minusNanos(1_000);

        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> history.loadAsOf("order-1", before))
                .withMessageContaining("order-1");
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> history.loadAsOf("not-there", Instant.now()))
                .withMessageContaining("not-there");
    }
}
