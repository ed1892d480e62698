package dev.sayiir.worker;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** The handlers that a worker has, by the ids of their tasks. */
final class Handlers {

    private final Map<String, TaskHandler<?>> byTaskId = new LinkedHashMap<>();

    Handlers(Collection<? extends TaskHandler<?>> handlers) {
        for (TaskHandler<?> handler : handlers) {
            String taskId = Waits.requireOwnTaskId(handler.taskId());
            handler.timeout().ifPresent(limit -> ClaimQuery.requireDuration("timeout of task '" + taskId + "'", limit));
            if (byTaskId.put(taskId, handler) != null) {
                throw new IllegalArgumentException(
                        "There are two handlers of task '" + taskId + "'; a worker takes one for each task id");
            }
        }
    }

    Optional<TaskHandler<?>> find(String taskId) {
        return Optional.ofNullable(byTaskId.get(taskId));
    }

    /** Whether the instance stands at a task that is done here. */
    boolean know(WorkflowSnapshot snapshot) {
        return snapshot.position()
                .filter(position -> position instanceof AtTask at && byTaskId.containsKey(at.taskId()))
                .isPresent();
    }
}
