package dev.sayiir.codec;

import static dev.sayiir.codec.Names.*;

import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskResult;
import dev.sayiir.workflow.WorkflowState;
import java.time.Instant;
import java.util.Map;

/** Reads the variants of a state. */
final class StateReader {

    private final StructureReader in;
    private final ValueReader values;
    private final PositionReader positions;

    StateReader(StructureReader in, ValueReader values) {
        this.in = in;
        this.values = values;
        this.positions = new PositionReader(in, values);
    }

    WorkflowState state() {
        return in.variant(name -> switch (name) {
            case IN_PROGRESS -> inProgress();
            case COMPLETED -> completed();
            case FAILED -> failed();
            case CANCELLED -> cancelled();
            case PAUSED -> paused();
            default -> throw in.unknownVariant();
        });
    }

    private WorkflowState inProgress() {
        Field<ExecutionPosition> position = in.mandatory(POSITION, positions::position);
        Field<CompletedTasks> completedTasks = in.mandatory(COMPLETED_TASKS, this::completedTasks);
        Field<String> lastCompletedTaskId = in.optional(LAST_COMPLETED_TASK_ID, values::text);
        in.object(position, completedTasks, lastCompletedTaskId);
        return new WorkflowState.InProgress(
                position.required(), completedTasks.required(), lastCompletedTaskId.ifThere());
    }

    private WorkflowState completed() {
        Field<Payload> finalOutput = in.mandatory(FINAL_OUTPUT, values::bytes);
        in.object(finalOutput);
        return new WorkflowState.Completed(finalOutput.required());
    }

    private WorkflowState failed() {
        Field<String> error = in.mandatory(ERROR, values::text);
        in.object(error);
        return new WorkflowState.Failed(error.required());
    }

    private WorkflowState cancelled() {
        Field<String> reason = in.optional(REASON, values::text);
        Field<String> cancelledBy = in.optional(CANCELLED_BY, values::text);
        Field<Instant> cancelledAt = in.mandatory(CANCELLED_AT, values::time);
        Field<CompletedTasks> completedTasks = in.mandatory(COMPLETED_TASKS, this::completedTasks);
        Field<String> interruptedAtTask = in.optional(INTERRUPTED_AT_TASK, values::text);
        in.object(reason, cancelledBy, cancelledAt, completedTasks, interruptedAtTask);
        return new WorkflowState.Cancelled(
                reason.ifThere(),
                cancelledBy.ifThere(),
                cancelledAt.required(),
                completedTasks.required(),
                interruptedAtTask.ifThere());
    }

    private WorkflowState paused() {
        Field<String> reason = in.optional(REASON, values::text);
        Field<String> pausedBy = in.optional(PAUSED_BY, values::text);
        Field<Instant> pausedAt = in.mandatory(PAUSED_AT, values::time);
        Field<CompletedTasks> completedTasks = in.mandatory(COMPLETED_TASKS, this::completedTasks);
        Field<ExecutionPosition> position = in.mandatory(POSITION, positions::position);
        Field<String> lastCompletedTaskId = in.optional(LAST_COMPLETED_TASK_ID, values::text);
        in.object(reason, pausedBy, pausedAt, completedTasks, position, lastCompletedTaskId);
        return new WorkflowState.Paused(
                reason.ifThere(),
                pausedBy.ifThere(),
                pausedAt.required(),
                completedTasks.required(),
                position.required(),
                lastCompletedTaskId.ifThere());
    }

    private CompletedTasks completedTasks() {
        Map<String, Payload> outputs = in.map(taskId -> {
            TaskResult result = positions.result();
            if (!result.taskId().equals(taskId)) {
                throw in.problem("a result is filed under the id of another task");
            }
            return result.output();
        });
        return CompletedTasks.of(outputs);
    }
}
