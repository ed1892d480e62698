package dev.sayiir.workflow;

import dev.sayiir.workflow.ExecutionPosition.AtFork;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;

/**
 * What has happened to the tasks of an instance since a stored version: all that a store has to write of them, so that
 * a checkpoint costs the same however many tasks are done already.
 *
 * @param completed tasks done since, or done again, with their outputs
 * @param withdrawn tasks that were done then and no longer count as done
 * @param forkKept whether it stands at the same fork as then: the branches are as they are
 * @param forkLeft whether branches that were open then, if any, do not go on
 */
public record TaskChanges(Map<String, Payload> completed, Set<String> withdrawn, boolean forkKept, boolean forkLeft) {

    /** Copies what it is given, keeping the order. */
    public TaskChanges {
        completed = Collections.unmodifiableMap(new LinkedHashMap<>(completed));
        withdrawn = Collections.unmodifiableSet(new LinkedHashSet<>(withdrawn));
    }

    /** What a snapshot remembers of the version that it was loaded from or saved as, and what happened since. */
    record Basis(Optional<AtFork> fork, CompletedTasks done, LayeredMap<Optional<Payload>> resultsSince) {

        static Basis of(WorkflowSnapshot stored) {
            return new Basis(stored.fork(), stored.knownResults(), LayeredMap.empty());
        }

        /** A result, or none if the task was withdrawn: of one that was not done then, nothing is left to say. */
        Basis with(String taskId, Optional<Payload> result) {
            LayeredMap<Optional<Payload>> since = result.isPresent() || done.contains(taskId)
                    ? resultsSince.with(taskId, result)
                    : resultsSince.without(taskId);
            return new Basis(fork, done, since);
        }

        TaskChanges changesTo(WorkflowSnapshot now) {
            Map<String, Payload> completed = new LinkedHashMap<>();
            Set<String> withdrawn = new LinkedHashSet<>();
            resultsSince
                    .asMap()
                    .forEach((taskId, result) -> result.ifPresentOrElse(
                            output -> completed.put(taskId, output), () -> withdrawn.add(taskId)));
            boolean kept = fork.flatMap(then -> now.fork().filter(fork -> fork.isLaterThan(then)))
                    .isPresent();
            return new TaskChanges(completed, withdrawn, kept, fork.isPresent() && !kept);
        }
    }

    /**
     * What to write so that a snapshot replaces whatever is stored.
     *
     * @param storedCompleted the tasks that the store holds as done
     * @param now the snapshot that takes their place
     * @return the changes
     */
    public static TaskChanges replacing(Set<String> storedCompleted, WorkflowSnapshot now) {
        Map<String, Payload> completed = now.knownResults().asMap();
        Set<String> withdrawn = new LinkedHashSet<>(storedCompleted);
        withdrawn.removeAll(completed.keySet());
        return new TaskChanges(completed, withdrawn, false, true);
    }

    /**
     * What to write so that an instance goes on from an earlier version, whose results stay where they are stored.
     *
     * @param stored of each task that the store holds as done, the version that has its result; 0 if that is to be written again
     * @param then the same of the earlier version
     * @param before the results of the earlier version
     * @param now the snapshot that was made of it
     * @return the changes
     */
    public static TaskChanges goingBack(
            Map<String, Long> stored, Map<String, Long> then, CompletedTasks before, WorkflowSnapshot now) {
        Map<String, Payload> completed = new LinkedHashMap<>(now.knownResults().asMap());
        Set<String> withdrawn = new LinkedHashSet<>(stored.keySet());
        withdrawn.removeAll(completed.keySet());
        completed
                .entrySet()
                .removeIf(result -> Objects.equals(stored.get(result.getKey()), then.get(result.getKey()))
                        && before.output(result.getKey()).equals(Optional.of(result.getValue())));
        return new TaskChanges(completed, withdrawn, false, true);
    }

    /**
     * @param now the snapshot that the changes lead to
     * @return the branches that are to be opened, by label; none if they are open already
     */
    public Map<String, Branch> branchesToOpen(WorkflowSnapshot now) {
        return forkKept ? Map.of() : now.fork().map(AtFork::openBranches).orElse(Map.of());
    }
}
