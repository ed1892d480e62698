package dev.sayiir.codec;

import static dev.sayiir.codec.Names.*;

import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.ExecutionPosition.AtJoin;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.ExecutionPosition.InLoop;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskResult;
import dev.sayiir.workflow.WorkflowState;
import dev.sayiir.workflow.WorkflowState.Cancelled;
import dev.sayiir.workflow.WorkflowState.Completed;
import dev.sayiir.workflow.WorkflowState.Failed;
import dev.sayiir.workflow.WorkflowState.InProgress;
import dev.sayiir.workflow.WorkflowState.Paused;
import java.util.Map;

/** Writes states and positions: an object with one field, the name of the variant. */
final class StateWriter {

    private final ValueWriter out;

    StateWriter(ValueWriter out) {
        this.out = out;
    }

    void state(WorkflowState state) {
        out.begin(STATE);
        out.begin(state.status().text());
        if (state instanceof InProgress running) {
            position(running.position());
            completedTasks(running.completedTasks());
            out.text(LAST_COMPLETED_TASK_ID, running.lastCompletedTaskId());
        } else if (state instanceof Completed completed) {
            out.bytes(FINAL_OUTPUT, completed.finalOutput());
        } else if (state instanceof Failed failed) {
            out.text(ERROR, failed.error());
        } else if (state instanceof Cancelled cancelled) {
            out.text(REASON, cancelled.reason());
            out.text(CANCELLED_BY, cancelled.cancelledBy());
            out.time(CANCELLED_AT, cancelled.cancelledAt());
            completedTasks(cancelled.completedTasks());
            out.text(INTERRUPTED_AT_TASK, cancelled.interruptedAtTask());
        } else if (state instanceof Paused paused) {
            out.text(REASON, paused.reason());
            out.text(PAUSED_BY, paused.pausedBy());
            out.time(PAUSED_AT, paused.pausedAt());
            completedTasks(paused.completedTasks());
            position(paused.position());
            out.text(LAST_COMPLETED_TASK_ID, paused.lastCompletedTaskId());
        }
        out.end();
        out.end();
    }

    private void position(ExecutionPosition position) {
        if (position instanceof ExecutionPosition.NotStarted) {
            out.text(POSITION, NOT_STARTED);
            return;
        }
        out.begin(POSITION);
        out.begin(position.kind().text());
        if (position instanceof AtTask at) {
            out.text(TASK_ID, at.taskId());
        } else if (position instanceof AtFork at) {
            out.text(FORK_ID, at.forkId());
            branches(at.completedBranches());
            out.time(WAKE_AT, at.wakeAt());
            if (!at.branches().isEmpty()) {
                toRun(at.branches());
            }
            if (at.afterTaskId().isPresent()) {
                out.text(AFTER_TASK_ID, at.afterTaskId());
            }
        } else if (position instanceof AtJoin at) {
            out.text(JOIN_ID, at.joinId());
            branches(at.completedBranches());
        } else if (position instanceof AtDelay at) {
            out.text(DELAY_ID, at.delayId());
            out.time(ENTERED_AT, at.enteredAt());
            out.time(WAKE_AT, at.wakeAt());
            out.text(NEXT_TASK_ID, at.nextTaskId());
        } else if (position instanceof AtSignal at) {
            out.text(SIGNAL_ID, at.signalId());
            out.text(SIGNAL_NAME, at.signalName());
            out.time(WAKE_AT, at.wakeAt());
            out.text(NEXT_TASK_ID, at.nextTaskId());
        } else if (position instanceof InLoop in) {
            out.text(LOOP_ID, in.loopId());
            out.number(ITERATION, in.iteration());
            out.text(NEXT_TASK_ID, in.nextTaskId());
        }
        out.end();
        out.end();
    }

    private void completedTasks(CompletedTasks tasks) {
        out.begin(COMPLETED_TASKS);
        tasks.asMap().forEach((taskId, output) -> result(taskId, taskId, output));
        out.end();
    }

    private void branches(Map<String, TaskResult> branches) {
        out.begin(COMPLETED_BRANCHES);
        branches.forEach((label, result) -> result(label, result.taskId(), result.output()));
        out.end();
    }

    private void toRun(Map<String, Branch> branches) {
        out.begin(BRANCHES);
        branches.forEach((label, branch) -> {
            out.begin(label);
            out.text(TASK_ID, branch.taskId());
            branch.input().ifPresent(input -> out.bytes(INPUT, input));
            out.end();
        });
        out.end();
    }

    private void result(String key, String taskId, Payload output) {
        out.begin(key);
        out.text(TASK_ID, taskId);
        out.bytes(OUTPUT, output);
        out.end();
    }
}
