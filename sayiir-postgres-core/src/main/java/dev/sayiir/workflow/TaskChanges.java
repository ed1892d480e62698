package dev.sayiir.workflow;

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
 */
public record TaskChanges(Map<String, Payload> completed, Set<String> withdrawn, Map<String, Boolean> left) {

    /** Copies what it is given, keeping the order. */
    public TaskChanges {
        completed = Collections.unmodifiableMap(new LinkedHashMap<>(completed));
        withdrawn = Collections.unmodifiableSet(new LinkedHashSet<>(withdrawn));
        left = Collections.unmodifiableMap(new LinkedHashMap<>(left));
    }

    /** What a snapshot remembers of the version that it was loaded from or saved as, and what happened since. */
    record Basis(Optional<OpenTask> openTask, CompletedTasks done, Map<String, Optional<Payload>> resultsSince) {

        /** A result, or none if the task was withdrawn: of one that was not done then, nothing is left to say. */
        Basis with(String taskId, Optional<Payload> result) {
            Map<String, Optional<Payload>> since = new LinkedHashMap<>(resultsSince);
            since.remove(taskId);
            if (result.isPresent() || done.contains(taskId)) {
                since.put(taskId, result);
            }
            return new Basis(openTask, done, since);
        }

        TaskChanges changesTo(WorkflowSnapshot now) {
            Map<String, Payload> completed = new LinkedHashMap<>();
            Set<String> withdrawn = new LinkedHashSet<>();
            resultsSince.forEach((taskId, result) ->
                    result.ifPresentOrElse(output -> completed.put(taskId, output), () -> withdrawn.add(taskId)));
            Map<String, Boolean> left =
                    openTask.map(task -> Map.of(task.taskId(), task.waiting())).orElse(Map.of());
            return new TaskChanges(completed, withdrawn, without(left, completed.keySet(), now));
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
        return new TaskChanges(completed, withdrawn, without(storedOpen, completed.keySet(), now));
    }

    private static Map<String, Boolean> without(
            Map<String, Boolean> open, Set<String> completed, WorkflowSnapshot now) {
        Map<String, Boolean> left = new LinkedHashMap<>(open);
        left.keySet().removeAll(completed);
        now.openTask().map(OpenTask::taskId).ifPresent(left::remove);
        return left;
    }
}
