package dev.sayiir.postgres;

import dev.sayiir.workflow.OpenTask;
import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * What a checkpoint does to the rows of the task table, but for the task at which the instance stands afterwards.
 *
 * @param put tasks that are done or begin a branch, whether they have a row or not
 * @param closed tasks that have a row and lose their place or their result
 */
record TaskRows(List<Put> put, List<Closed> closed) {

    /** A task that is done; and if it begins a branch, which one. */
    record Put(String taskId, boolean done, Optional<String> branch) {}

    /** A task that is no longer open, or whose result no longer counts. */
    record Closed(String taskId, String status, boolean withdrawn) {}

    static TaskRows of(WorkflowSnapshot snapshot, TaskChanges changes) {
        String openId = snapshot.openTask().map(OpenTask::taskId).orElse("");
        Map<String, String> begun = new LinkedHashMap<>();
        changes.branchesToOpen(snapshot).forEach((label, branch) -> begun.put(branch.taskId(), label));

        List<Put> put = new ArrayList<>();
        for (String taskId : changes.completed().keySet()) {
            if (!taskId.equals(openId)) {
                put.add(new Put(taskId, true, Optional.ofNullable(begun.remove(taskId))));
            }
        }
        begun.forEach((taskId, label) -> put.add(new Put(taskId, false, Optional.of(label))));

        Set<String> existing = new LinkedHashSet<>(changes.withdrawn());
        existing.removeAll(begun.keySet());
        existing.addAll(changes.left().keySet());
        existing.remove(openId);
        List<Closed> closed = new ArrayList<>();
        for (String taskId : existing) {
            Boolean wasWaiting = changes.left().get(taskId);
            String status = wasWaiting == null ? "skipped" : leftAs(snapshot.status(), wasWaiting);
            closed.add(new Closed(taskId, status, changes.withdrawn().contains(taskId)));
        }
        return new TaskRows(put, closed);
    }

    /** Whether all that is to be said of a task is that it is done. */
    boolean isOnlyDone(String taskId) {
        return put.contains(new Put(taskId, true, Optional.empty()));
    }

    TaskRows without(String taskId) {
        return new TaskRows(
                put.stream().filter(row -> !row.taskId().equals(taskId)).toList(), closed);
    }

    /** What becomes of a task that was left without a result: it shares the end of its instance, if that is one. */
    static String leftAs(WorkflowStatus status, boolean wasWaiting) {
        return switch (status) {
            case COMPLETED -> "completed";
            case FAILED -> "failed";
            case CANCELLED -> "cancelled";
            case IN_PROGRESS, PAUSED -> wasWaiting ? "completed" : "skipped";
        };
    }
}
