package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.TaskWorkerListener;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationRegistry;
import java.util.concurrent.Callable;
import org.springframework.util.StringUtils;

/**
 * Makes an observation of every call of a handler: a timer, and a span in the trace of the instance where there is tracing,
 * whichever process began it.
 */
final class ObservedTasks implements TaskWorkerListener {

    static final String NAME = "sayiir.task";

    private final ObservationRegistry registry;

    ObservedTasks(ObservationRegistry registry) {
        this.registry = registry;
    }

    @Override
    public TaskOutcome aroundTask(TaskContext task, Callable<TaskOutcome> handler) throws Exception {
        Observation observation = Observation.createNotStarted(
                        NAME, () -> TraceParents.received(task.traceParent()), registry)
                .contextualName("sayiir task " + task.taskId())
                .lowCardinalityKeyValue("workflow", task.workflow())
                .lowCardinalityKeyValue("task", task.taskId())
                .lowCardinalityKeyValue("outcome", "running")
                .highCardinalityKeyValue("sayiir.instance.id", task.instanceId())
                .highCardinalityKeyValue("sayiir.attempt", String.valueOf(task.attempt()));
        observation.start();
        Observation.Scope scope = observation.openScope();
        try {
            TaskOutcome outcome = handler.call();
            observation.lowCardinalityKeyValue("outcome", name(outcome));
            return outcome;
        } catch (InterruptedException e) {
            observation.lowCardinalityKeyValue("outcome", "interrupted");
            observation.error(e);
            throw e;
        } catch (Exception | Error e) {
            observation.lowCardinalityKeyValue("outcome", "error");
            observation.error(e);
            throw e;
        } finally {
            scope.close();
            observation.stop();
        }
    }

    /** As the method that makes it: next, awaitEvent and so on. */
    private static String name(TaskOutcome outcome) {
        return StringUtils.uncapitalize(outcome.getClass().getSimpleName());
    }
}
