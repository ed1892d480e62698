package dev.sayiir.samples.orders;

import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;

/**
 * Drives one order from its last checkpoint to its end: the part of this sample to read.
 *
 * <p>There is no code for recovery here. An order that is new, one that was interrupted and one that is finished go the
 * same way: look where it stands, do the step that comes next, save a checkpoint, until nothing comes next.
 */
final class OrderProcess {

    /** Which workflow this is; give a changed sequence of steps a new name. */
    static final String DEFINITION = "order-fulfilment-v1";

    private final SnapshotStore store;
    private final FulfilmentSteps steps;
    private final Json json;

    OrderProcess(SnapshotStore store, FulfilmentSteps steps, Json json) {
        this.store = store;
        this.steps = steps;
        this.json = json;
    }

    /** The order's last checkpoint, or its first one if it is not known yet. */
    WorkflowSnapshot accept(String instanceId, Order order) {
        return store.findSnapshot(instanceId).orElseGet(() -> store.createSnapshot(start(instanceId, order)));
    }

    /** Carries on from a checkpoint until the order is completed. A step that has a checkpoint is not run again. */
    WorkflowSnapshot fulfil(WorkflowSnapshot checkpoint) {
        WorkflowSnapshot current = checkpoint;
        while (current.status() == WorkflowStatus.IN_PROGRESS) {
            current = runStep(current);
        }
        return current;
    }

    private WorkflowSnapshot start(String instanceId, Order order) {
        return WorkflowSnapshot.builder(instanceId, DEFINITION)
                .initialInput(json.write(order))
                .taskPriority(order.express() ? TaskPriority.HIGH : TaskPriority.NORMAL)
                .build()
                .moveTo(new AtTask(Step.RESERVE.taskId()));
    }

    /** If the process dies after the work and before the save, the step runs again: at least once, never skipped. */
    private WorkflowSnapshot runStep(WorkflowSnapshot before) {
        Step step = Step.of(before.openTask().orElseThrow().taskId());
        Order order = json.read(before.initialInput().orElseThrow(), Order.class);
        Payload output = json.write(steps.run(step, before.instanceId(), order, before.completedTasks()));
        WorkflowSnapshot done = before.completeTask(step.taskId(), output);
        WorkflowSnapshot after =
                step.next().map(next -> done.moveTo(new AtTask(next.taskId()))).orElseGet(() -> done.complete(output));
        // Refused if another process has moved the order on meanwhile.
        return store.saveSnapshotIfVersion(after, before.version());
    }
}
