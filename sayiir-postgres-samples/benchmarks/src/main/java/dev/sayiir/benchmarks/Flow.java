package dev.sayiir.benchmarks;

import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.Workflow;
import java.util.List;

/**
 * A workflow for the worker, with handlers that do nothing but hand on what they are given.
 *
 * @param workflow its name and its first task
 * @param handlers the handlers of its tasks
 * @param tasks how many tasks of an instance are committed by a worker
 */
record Flow(Workflow workflow, List<TaskHandler<?>> handlers, int tasks) {

    String name() {
        return workflow.name();
    }
}
