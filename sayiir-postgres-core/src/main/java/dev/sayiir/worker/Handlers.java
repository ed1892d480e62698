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
    private final FailurePolicy failures;

    /** @param failures for those that have no policy of their own */
    Handlers(Collection<? extends TaskHandler<?>> handlers, FailurePolicy failures) {
        this.failures = failures;
        for (TaskHandler<?> handler : handlers) {
            String taskId = Waits.requireOwnTaskId(handler.taskId());
            handler.timeout().ifPresent(limit -> ClaimQuery.requireDuration("timeout of task '" + taskId + "'", limit));
            if (failurePolicy(handler).orElse().filter(taskId::equals).isPresent()) {
                throw new IllegalArgumentException("Task '" + taskId
                        + "' cannot be followed by itself when it has failed; give it a failure policy of its own");
            }
            if (byTaskId.put(taskId, handler) != null) {
                throw new IllegalArgumentException(
                        "There are two handlers of task '" + taskId + "'; a worker takes one for each task id");
            }
        }
    }

    Optional<TaskHandler<?>> find(String taskId) {
        return Optional.ofNullable(byTaskId.get(taskId));
    }

    FailurePolicy failurePolicy(TaskHandler<?> handler) {
        return handler.failurePolicy().orElse(failures);
    }

    /** Whether the instance stands at a task that is done here. */
    boolean know(WorkflowSnapshot snapshot) {
        return snapshot.position()
                .filter(position -> position instanceof AtTask at && byTaskId.containsKey(at.taskId()))
                .isPresent();
    }
}
