package dev.sayiir.workflow;

import dev.sayiir.workflow.ExecutionPosition.AtFork;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What has happened to the tasks of an instance since a stored version: all that a store has to write of them, so that
 * a checkpoint costs the same however many tasks are done already.
 *
 * @param completed tasks done since, or done again, with their outputs
 * @param withdrawn tasks that were done then and no longer count as done
 * @param left tasks that were open then, are not done and are not where the instance stands now, with whether they were
 *     waiting for a time or an event
 * @param forkKept whether it stands at the same fork as then: the branches are as they are
 * @param forkLeft whether it stood at a fork with branches then, and does not any more: those still open are to be closed
 */
public record TaskChanges(
        Map<String, Payload> completed,
        Set<String> withdrawn,
        Map<String, Boolean> left,
        boolean forkKept,
        boolean forkLeft) {

    /** Copies what it is given, keeping the order. */
    public TaskChanges {
        completed = Collections.unmodifiableMap(new LinkedHashMap<>(completed));
        withdrawn = Collections.unmodifiableSet(new LinkedHashSet<>(withdrawn));
        left = Collections.unmodifiableMap(new LinkedHashMap<>(left));
    }

    /** What a snapshot remembers of the version that it was loaded from or saved as, and what happened since. */
    record Basis(
            Optional<OpenTask> openTask,
            Optional<AtFork> fork,
            CompletedTasks done,
            LayeredMap<Optional<Payload>> resultsSince) {

        static Basis of(WorkflowSnapshot stored) {
            return new Basis(stored.openTask(), stored.fork(), stored.knownResults(), LayeredMap.empty());
        }

        /** A result, or none if the task was withdrawn: of one that was not done then, nothing is left to say. */
        Basis with(String taskId, Optional<Payload> result) {
            LayeredMap<Optional<Payload>> since = result.isPresent() || done.contains(taskId)
                    ? resultsSince.with(taskId, result)
                    : resultsSince.without(taskId);
            return new Basis(openTask, fork, done, since);
        }

        TaskChanges changesTo(WorkflowSnapshot now) {
            Map<String, Payload> completed = new LinkedHashMap<>();
            Set<String> withdrawn = new LinkedHashSet<>();
            resultsSince
                    .asMap()
                    .forEach((taskId, result) -> result.ifPresentOrElse(
                            output -> completed.put(taskId, output), () -> withdrawn.add(taskId)));
            Map<String, Boolean> left =
                    openTask.map(task -> Map.of(task.taskId(), task.waiting())).orElse(Map.of());
            boolean kept = fork.flatMap(then -> now.fork().filter(fork -> fork.isLaterThan(then)))
                    .isPresent();
            return new TaskChanges(
                    completed, withdrawn, without(left, completed.keySet(), now), kept, fork.isPresent() && !kept);
        }
    }

    /**
     * What to write so that a snapshot replaces whatever is stored.
     *
     * @param storedCompleted the tasks that the store holds as done
     * @param storedOpen the tasks that the store holds as open, with whether they are waiting for a time or an event
     * @param now the snapshot that takes their place
     * @return the changes
     */
    public static TaskChanges replacing(
            Set<String> storedCompleted, Map<String, Boolean> storedOpen, WorkflowSnapshot now) {
        Map<String, Payload> completed = now.knownResults().asMap();
        Set<String> withdrawn = new LinkedHashSet<>(storedCompleted);
        withdrawn.removeAll(completed.keySet());
        return new TaskChanges(completed, withdrawn, without(storedOpen, completed.keySet(), now), false, false);
    }

    /**
     * @param now the snapshot that the changes lead to
     * @return the branches that are to be opened, by label; none if they are open already
     */
    public Map<String, Branch> branchesToOpen(WorkflowSnapshot now) {
        return forkKept ? Map.of() : now.fork().map(AtFork::openBranches).orElse(Map.of());
    }

    private static Map<String, Boolean> without(
            Map<String, Boolean> open, Set<String> completed, WorkflowSnapshot now) {
        Map<String, Boolean> left = new LinkedHashMap<>(open);
        left.keySet().removeAll(completed);
        now.openTask().map(OpenTask::taskId).ifPresent(left::remove);
        now.fork().ifPresent(fork -> fork.openBranches().values().forEach(branch -> left.remove(branch.taskId())));
        return left;
    }
}
