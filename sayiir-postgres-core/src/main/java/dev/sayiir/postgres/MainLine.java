package dev.sayiir.postgres;

import dev.sayiir.persistence.Signals;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.OpenTask;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Instant;
import java.util.Optional;

/**
 * Where the main line of an instance stands, as its place tells it.
 *
 * @param taskId the task; empty if there is nothing to be done there
 * @param waiting whether it waits for a time, an event, or branches
 * @param notBefore when it may next be dispatched
 * @param awaitedEvent the name of the event that it waits for
 * @param lastFailedWorker where it failed last, if it is to be tried again
 * @param lastError what went wrong then
 * @param failures how often it has failed
 */
record MainLine(
        Optional<String> taskId,
        boolean waiting,
        Optional<Instant> notBefore,
        Optional<String> awaitedEvent,
        Optional<String> lastFailedWorker,
        Optional<String> lastError,
        long failures) {

    static MainLine of(WorkflowSnapshot snapshot) {
        Optional<OpenTask> open = snapshot.openTask();
        Optional<TaskRetry> retry = open.map(task -> snapshot.taskRetries().get(task.taskId()));
        return new MainLine(
                open.map(OpenTask::taskId),
                open.filter(OpenTask::waiting).isPresent(),
                open.flatMap(OpenTask::notBefore),
                Signals.waitOf(snapshot).map(AtSignal::signalName),
                retry.flatMap(TaskRetry::lastFailedWorker),
                retry.map(TaskRetry::lastError),
                retry.map(TaskRetry::attempts).orElse(0L));
    }
}
