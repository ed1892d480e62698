package dev.sayiir.worker;

import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;

/** What the task at which an instance stands is given: all of it is stored, so it is the same again after a crash. */
final class Inputs {

    private Inputs() {}

    static Payload of(WorkflowSnapshot snapshot) {
        return snapshot.lastCompletedTaskId()
                .flatMap(snapshot.completedTasks()::output)
                .or(snapshot::initialInput)
                .orElse(Payload.empty());
    }
}
