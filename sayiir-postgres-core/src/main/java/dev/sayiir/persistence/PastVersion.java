package dev.sayiir.persistence;

import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.InProgress;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * For stores: a version from which an instance can go on.
 *
 * @param snapshot the instance as it was, not ended
 * @param savedAt when it was saved, by the store's clock
 * @param resultVersions of each task whose result counts, the version that has it
 * @param nextInBranches of each task whose result counts and after which a branch went on, the task with which it did
 */
public record PastVersion(
        WorkflowSnapshot snapshot,
        Instant savedAt,
        Map<String, Long> resultVersions,
        Map<String, String> nextInBranches) {

    /**
     * @param now the store's clock
     * @return the instance as it goes on from there: in progress, its retries anew, each branch at the task that it had come to
     * @throws RepairRefusedException if two of its branches had come to the same task, or one to the task that joins them
     */
    public WorkflowSnapshot goingOn(Instant now) {
        ExecutionPosition position = snapshot.position().orElseThrow();
        if (position instanceof AtFork fork) {
            position = standing(fork);
        } else if (position instanceof AtSignal wait) {
            position = renewed(wait, now);
        }
        return snapshot.toBuilder()
                .state(new InProgress(position, withoutOpen(position), snapshot.lastCompletedTaskId()))
                .taskDeadline(Optional.empty())
                .withoutTaskRetries()
                .updatedAt(now)
                .build();
    }

    /**
     * @param goingOn what was made of it
     * @param baseVersion the version that replaced everything before it, the last one
     * @param stored of each task that counts as done now, the version that has its result; 0 if that is to be written again
     * @return what is to be written of the tasks; empty if the whole snapshot is, as for a version before that one, or with
     *     another input
     */
    public Optional<TaskChanges> changesTo(WorkflowSnapshot goingOn, long baseVersion, Map<String, Long> stored) {
        boolean adds =
                snapshot.version() >= baseVersion && goingOn.initialInput().equals(snapshot.initialInput());
        return adds
                ? Optional.of(TaskChanges.goingBack(stored, resultVersions, snapshot.completedTasks(), goingOn))
                : Optional.empty();
    }

    /** Of a branch that has done some of its tasks, the next one is the first that is left, with what it was given. */
    private AtFork standing(AtFork fork) {
        Map<String, Branch> branches = new LinkedHashMap<>(fork.branches());
        fork.openBranches().forEach((label, branch) -> branches.put(label, standing(branch)));
        Set<String> joint = new HashSet<>(Set.of(fork.forkId()));
        boolean apart = fork.branches().values().stream()
                .map(this::way)
                .allMatch(way -> way.stream().allMatch(joint::add));
        if (!apart) {
            throw new RepairRefusedException(
                    snapshot.instanceId(),
                    "cannot go on from version " + snapshot.version() + ", in which two of its branches have come"
                            + " to the same task; let it go on from the task before the fork");
        }
        return new AtFork(fork.forkId(), fork.completedBranches(), fork.wakeAt(), branches, fork.afterTaskId());
    }

    /**
     * Where a branch comes to another task, an earlier result of that does not count any more; so this ends, there or at a task
     * that is repeated.
     */
    private Branch standing(Branch begun) {
        Branch at = begun;
        boolean goesOn = true;
        while (goesOn) {
            Optional<Payload> output = snapshot.completedTasks().output(at.taskId());
            String next = nextInBranches.get(at.taskId());
            goesOn = output.isPresent() && next != null && !next.equals(at.taskId());
            at = output.isPresent() && next != null ? new Branch(next, output) : at;
        }
        return at;
    }

    /** The tasks that a branch has come to: which of two went on with one that both have come to, nobody knows. */
    private Set<String> way(Branch begun) {
        Set<String> way = new LinkedHashSet<>();
        String at = begun.taskId();
        while (at != null && way.add(at)) {
            at = snapshot.completedTasks().contains(at) ? nextInBranches.get(at) : null;
        }
        return way;
    }

    /** What is to be done in a branch is not done. */
    private CompletedTasks withoutOpen(ExecutionPosition position) {
        CompletedTasks results = snapshot.completedTasks();
        if (position instanceof AtFork fork) {
            for (Branch branch : fork.openBranches().values()) {
                results = results.without(branch.taskId());
            }
        }
        return results;
    }

    /** Otherwise what failed because its time was up would do so again at once. */
    private AtSignal renewed(AtSignal wait, Instant now) {
        Optional<Instant> wakeAt = wait.wakeAt()
                .map(at -> at.isAfter(savedAt) && !at.isAfter(now) ? now.plus(Duration.between(savedAt, at)) : at);
        return new AtSignal(wait.signalId(), wait.signalName(), wakeAt, wait.nextTaskId());
    }
}
