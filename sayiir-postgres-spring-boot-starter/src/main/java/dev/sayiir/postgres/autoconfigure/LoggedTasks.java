package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.TaskWorkerListener;
import java.util.Map;
import java.util.concurrent.Callable;
import org.slf4j.MDC;

/**
 * Names the task in whatever a handler logs, by the MDC. Afterwards the thread has what it had before, so that nothing a
 * handler leaves there shows up in the lines of the next task.
 */
final class LoggedTasks implements TaskWorkerListener {

    static final String INSTANCE = "sayiir.instance.id";
    static final String WORKFLOW = "sayiir.workflow";
    static final String TASK = "sayiir.task";
    static final String ATTEMPT = "sayiir.attempt";

    @Override
    public TaskOutcome aroundTask(TaskContext task, Callable<TaskOutcome> handler) throws Exception {
        Map<String, String> before = MDC.getCopyOfContextMap();
        MDC.put(INSTANCE, task.instanceId());
        MDC.put(WORKFLOW, task.workflow());
        MDC.put(TASK, task.taskId());
        MDC.put(ATTEMPT, String.valueOf(task.attempt()));
        try {
            return handler.call();
        } finally {
            if (before == null) {
                MDC.clear();
            } else {
                MDC.setContextMap(before);
            }
        }
    }
}
