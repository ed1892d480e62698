package dev.sayiir.postgres;

import dev.sayiir.workflow.OpenTask;
import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
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

    /** A task that is done, or open, or both. */
    record Put(String taskId, String status, boolean done, boolean open) {}

    /** A task whose result no longer counts, or that is no longer open. */
    record Change(String taskId, String status, boolean withdrawn, boolean open) {}

    static TaskRows of(WorkflowSnapshot snapshot, TaskChanges changes) {
        Optional<OpenTask> open = snapshot.openTask();
        String openId = open.map(OpenTask::taskId).orElse("");
        String openStatus = open.filter(OpenTask::waiting).isPresent() ? "waiting" : "active";

        List<Put> put = new ArrayList<>();
        for (String taskId : changes.completed().keySet()) {
            boolean alsoOpen = taskId.equals(openId);
            put.add(new Put(taskId, alsoOpen ? openStatus : "completed", true, alsoOpen));
        }
        if (open.isPresent()
                && !changes.completed().containsKey(openId)
                && !changes.withdrawn().contains(openId)) {
            put.add(new Put(openId, openStatus, false, true));
        }

        Set<String> existing = new LinkedHashSet<>(changes.withdrawn());
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
    private static String leftAs(WorkflowStatus status, boolean wasWaiting) {
        return switch (status) {
            case COMPLETED -> "completed";
            case FAILED -> "failed";
            case CANCELLED -> "cancelled";
            case IN_PROGRESS, PAUSED -> wasWaiting ? "completed" : "skipped";
        };
    }
}
