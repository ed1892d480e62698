package dev.sayiir.workflow;

import java.time.Instant;
import java.util.Optional;

/**
 * The task at which an unfinished instance stands: what the task table calls open.
 *
 * @param taskId the task, delay, wait, fork, join or loop
 * @param waiting whether it waits for a time or an event instead of being work that a worker can do
 * @param notBefore when it may next be looked at; empty means at once, or, for a wait, only when its event comes
 */
public record OpenTask(String taskId, boolean waiting, Optional<Instant> notBefore) {

    static Optional<OpenTask> of(WorkflowSnapshot snapshot) {
        return snapshot.position().flatMap(position -> {
            if (position instanceof ExecutionPosition.AtTask at) {
                return atTask(at.taskId(), snapshot);
            } else if (position instanceof ExecutionPosition.AtFork at) {
                return Optional.of(new OpenTask(at.forkId(), true, Optional.of(at.wakeAt())));
            } else if (position instanceof ExecutionPosition.AtJoin at) {
                return Optional.of(new OpenTask(at.joinId(), false, Optional.empty()));
            } else if (position instanceof ExecutionPosition.AtDelay at) {
                return Optional.of(new OpenTask(at.delayId(), true, Optional.of(at.wakeAt())));
            } else if (position instanceof ExecutionPosition.AtSignal at) {
                return Optional.of(new OpenTask(at.signalId(), true, at.wakeAt()));
            } else if (position instanceof ExecutionPosition.InLoop in) {
                return Optional.of(new OpenTask(in.loopId(), false, Optional.empty()));
            }
            return Optional.empty();
        });
    }

    /** A position whose task is done has only not moved on yet. To do a task again, withdraw its result first. */
    private static Optional<OpenTask> atTask(String taskId, WorkflowSnapshot snapshot) {
        if (snapshot.completedTasks().contains(taskId)) {
            return Optional.empty();
        }
        Optional<Instant> nextTry =
                Optional.ofNullable(snapshot.taskRetries().get(taskId)).map(TaskRetry::nextRetryAt);
        return Optional.of(new OpenTask(taskId, false, nextTry));
    }
}
