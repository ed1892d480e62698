package dev.sayiir.benchmarks;

import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.Workflow;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import java.util.List;
import java.util.Optional;

/**
 * A workflow for the worker, with handlers that do nothing but hand on what they are given.
 *
 * @param workflow its name and its first task
 * @param handlers the handlers of its tasks
 * @param start where its instances begin
 * @param tasks how many tasks of an instance are done by handlers
 * @param event the event that each instance is sent while the worker runs, if any
 */
record Flow(
        Workflow workflow, List<TaskHandler<?>> handlers, ExecutionPosition start, int tasks, Optional<String> event) {

    /** One that begins with its first task and needs nothing from outside. */
    static Flow of(Workflow workflow, List<TaskHandler<?>> handlers, int tasks) {
        return new Flow(workflow, handlers, new AtTask(workflow.firstTaskId()), tasks, Optional.empty());
    }

    String name() {
        return workflow.name();
    }

    Flow startingAt(ExecutionPosition position) {
        return new Flow(workflow, handlers, position, tasks, event);
    }

    Flow sent(String eventName) {
        return new Flow(workflow, handlers, start, tasks, Optional.of(eventName));
    }
}
