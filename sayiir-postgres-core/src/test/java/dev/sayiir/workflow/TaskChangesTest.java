package dev.sayiir.workflow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.ExecutionPosition.AtJoin;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TaskChangesTest {

    private static final Payload OUT = Payload.utf8("out");

    private final WorkflowSnapshot stored = WorkflowSnapshot.start("order-1", "v1", Payload.empty())
            .completeTask("reserve", OUT)
            .moveTo(new AtTask("charge"))
            .storedAs(1, 1);

    @Test
    void R9_what_was_never_stored_has_no_known_changes() {
        assertThat(WorkflowSnapshot.start("order-1", "v1", Payload.empty()).taskChanges())
                .isEmpty();
        assertThat(stored.toBuilder().state(stored.state()).build().taskChanges())
                .isEmpty();
    }

    @Test
    void the_changes_are_what_was_done_and_withdrawn_since() {
        TaskChanges changes = changesTo(
                stored.withdrawTask("reserve").completeTask("pack", OUT).moveTo(new AtTask("ship")));

        assertThat(changes.completed()).isEqualTo(Map.of("pack", OUT));
        assertThat(changes.withdrawn()).containsExactly("reserve");
        assertThat(changes.forkKept()).isFalse();
        assertThat(changes.forkLeft()).isFalse();
    }

    @Test
    void a_task_that_was_done_and_withdrawn_since_leaves_nothing_to_say() {
        TaskChanges changes = changesTo(stored.completeTask("pack", OUT).withdrawTask("pack"));

        assertThat(changes.completed()).isEmpty();
        assertThat(changes.withdrawn()).isEmpty();
    }

    @Test
    void a_fork_begins_its_branches() {
        WorkflowSnapshot forked = stored.forkInto("join", Map.of("a", Branch.of("charge"), "b", Branch.of("pack")));

        assertThat(changesTo(forked).branchesToOpen(forked)).containsOnlyKeys("a", "b");
    }

    @Test
    void a_fork_is_kept_while_it_stands_there_and_left_once_it_does_not() {
        WorkflowSnapshot forked =
                stored.forkInto("join", Map.of("a", Branch.of("pack"))).storedAs(2, 1);

        TaskChanges kept = changesTo(forked);
        assertThat(kept.forkKept()).isTrue();
        assertThat(kept.forkLeft()).isFalse();
        assertThat(kept.branchesToOpen(forked)).isEmpty();

        WorkflowSnapshot moved = forked.moveTo(new AtJoin("join", Map.of()));
        TaskChanges left = changesTo(moved);
        assertThat(left.forkKept()).isFalse();
        assertThat(left.forkLeft()).isTrue();
        assertThat(left.branchesToOpen(moved)).isEmpty();
    }

    @Test
    void a_fork_that_is_later_keeps_the_branches_that_are_done() {
        AtFork fork = stored.forkInto("join", Map.of("a", Branch.of("pack"), "b", Branch.of("bill")))
                .fork()
                .orElseThrow();
        AtFork oneDone = fork.withBranchResults(Map.of("a", new TaskResult("pack", OUT)));

        assertThat(oneDone.isLaterThan(fork)).isTrue();
        assertThat(fork.isLaterThan(oneDone)).isFalse();
        assertThat(another(fork, "other", fork.wakeAt()).isLaterThan(fork)).isFalse();
        assertThat(another(fork, "join", fork.wakeAt().plusSeconds(1)).isLaterThan(fork))
                .isFalse();
    }

    private static TaskChanges changesTo(WorkflowSnapshot now) {
        return now.taskChanges().orElseThrow();
    }

    private static AtFork another(AtFork fork, String forkId, Instant wakeAt) {
        return new AtFork(forkId, fork.completedBranches(), wakeAt, fork.branches(), fork.afterTaskId());
    }

    @Test
    void R8_a_snapshot_that_replaces_another_withdraws_what_only_that_one_has_and_keeps_no_branch() {
        TaskChanges changes = TaskChanges.replacing(Set.of("reserve", "pack"), stored);

        assertThat(changes.completed()).isEqualTo(Map.of("reserve", OUT));
        assertThat(changes.withdrawn()).containsExactly("pack");
        assertThat(changes.forkKept()).isFalse();
        assertThat(changes.forkLeft()).isTrue();
    }
}
