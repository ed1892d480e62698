package dev.sayiir.workflow;

import java.time.Instant;
import java.util.Optional;

/**
 * The task at which an unfinished instance stands: what a store calls open.
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
                return Optional.of(atFork(at, snapshot));
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

    /** The task that joins branches waits for those that are not done. */
    private static OpenTask atFork(ExecutionPosition.AtFork at, WorkflowSnapshot snapshot) {
        return at.branches().isEmpty()
                ? new OpenTask(at.forkId(), true, Optional.of(at.wakeAt()))
                : new OpenTask(at.forkId(), !at.openBranches().isEmpty(), nextTry(at.forkId(), snapshot));
    }

    /** A position whose task is done has only not moved on yet. To do a task again, withdraw its result first. */
    private static Optional<OpenTask> atTask(String taskId, WorkflowSnapshot snapshot) {
        if (snapshot.completedTasks().contains(taskId)) {
            return Optional.empty();
        }
        return Optional.of(new OpenTask(taskId, false, nextTry(taskId, snapshot)));
    }

    private static Optional<Instant> nextTry(String taskId, WorkflowSnapshot snapshot) {
        return Optional.ofNullable(snapshot.taskRetries().get(taskId)).map(TaskRetry::nextRetryAt);
    }
}
