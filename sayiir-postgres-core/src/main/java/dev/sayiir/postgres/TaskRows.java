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
 * What a checkpoint does to the rows of the task table. A task is in at most one of the two lists, because one statement
 * must not write a row twice.
 *
 * @param put rows that are written whether they exist or not
 * @param changed rows that exist and lose their place or their result
 */
record TaskRows(List<Put> put, List<Change> changed) {

    /** A task that is done, or open, or both; and if it begins a branch, which one. */
    record Put(String taskId, String status, boolean done, boolean open, Optional<String> branch) {}

    /** A task whose result no longer counts, or that is no longer open. */
    record Change(String taskId, String status, boolean withdrawn, boolean open) {}

    static TaskRows of(WorkflowSnapshot snapshot, TaskChanges changes) {
        Optional<OpenTask> open = snapshot.openTask();
        String openId = open.map(OpenTask::taskId).orElse("");
        String openStatus = open.filter(OpenTask::waiting).isPresent() ? "waiting" : "active";

        Map<String, String> begun = new LinkedHashMap<>();
        changes.branchesToOpen(snapshot).forEach((label, branch) -> begun.put(branch.taskId(), label));

        List<Put> put = new ArrayList<>();
        for (String taskId : changes.completed().keySet()) {
            Optional<String> branch = Optional.ofNullable(begun.remove(taskId));
            boolean alsoOpen = taskId.equals(openId) || branch.isPresent();
            String status = branch.isPresent() ? "active" : alsoOpen ? openStatus : "completed";
            put.add(new Put(taskId, status, true, alsoOpen, branch));
        }
        if (open.isPresent()
                && !changes.completed().containsKey(openId)
                && !changes.withdrawn().contains(openId)) {
            put.add(new Put(openId, openStatus, false, true, Optional.empty()));
        }
        begun.forEach((taskId, label) -> put.add(new Put(taskId, "active", false, true, Optional.of(label))));

        Set<String> existing = new LinkedHashSet<>(changes.withdrawn());
        existing.removeAll(begun.keySet());
        existing.addAll(changes.left().keySet());
        List<Change> changed = new ArrayList<>();
        for (String taskId : existing) {
            boolean isOpen = taskId.equals(openId);
            boolean withdrawn = changes.withdrawn().contains(taskId);
            Boolean wasWaiting = changes.left().get(taskId);
            String status =
                    isOpen ? openStatus : wasWaiting == null ? "skipped" : leftAs(snapshot.status(), wasWaiting);
            changed.add(new Change(taskId, status, withdrawn, isOpen));
        }
        return new TaskRows(put, changed);
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
