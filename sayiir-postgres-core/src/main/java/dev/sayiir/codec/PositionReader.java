package dev.sayiir.codec;

import static dev.sayiir.codec.Names.*;

import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.ExecutionPosition.AtJoin;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.ExecutionPosition.InLoop;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskResult;
import java.time.Instant;
import java.util.Map;

/** Reads the variants of a position. */
final class PositionReader {

    private final StructureReader in;
    private final ValueReader values;

    PositionReader(StructureReader in, ValueReader values) {
        this.in = in;
        this.values = values;
    }

    ExecutionPosition position() {
        if (values.isText()) {
            if (values.text().equals(NOT_STARTED)) {
                return new ExecutionPosition.NotStarted();
            }
            throw in.unknownVariant();
        }
        return in.variant(name -> switch (name) {
            case AT_TASK -> atTask();
            case AT_FORK -> atFork();
            case AT_JOIN -> atJoin();
            case AT_DELAY -> atDelay();
            case AT_SIGNAL -> atSignal();
            case IN_LOOP -> inLoop();
            default -> throw in.unknownVariant();
        });
    }

    private ExecutionPosition atTask() {
        Field<String> taskId = in.mandatory(TASK_ID, values::text);
        in.object(taskId);
        return new AtTask(taskId.required());
    }

    private ExecutionPosition atFork() {
        Field<String> forkId = in.mandatory(FORK_ID, values::text);
        Field<Map<String, TaskResult>> branches = in.mandatory(COMPLETED_BRANCHES, this::branches);
        Field<Instant> wakeAt = in.mandatory(WAKE_AT, values::time);
        Field<Map<String, Branch>> toRun = in.optional(BRANCHES, () -> in.map(label -> branch()));
        Field<String> afterTaskId = in.optional(AFTER_TASK_ID, values::text);
        in.object(forkId, branches, wakeAt, toRun, afterTaskId);
        return new AtFork(
                forkId.required(),
                branches.required(),
                wakeAt.required(),
                toRun.ifThere().orElse(Map.of()),
                afterTaskId.ifThere());
    }

    private ExecutionPosition atJoin() {
        Field<String> joinId = in.mandatory(JOIN_ID, values::text);
        Field<Map<String, TaskResult>> branches = in.mandatory(COMPLETED_BRANCHES, this::branches);
        in.object(joinId, branches);
        return new AtJoin(joinId.required(), branches.required());
    }

    private ExecutionPosition atDelay() {
        Field<String> delayId = in.mandatory(DELAY_ID, values::text);
        Field<Instant> enteredAt = in.mandatory(ENTERED_AT, values::time);
        Field<Instant> wakeAt = in.mandatory(WAKE_AT, values::time);
        Field<String> nextTaskId = in.optional(NEXT_TASK_ID, values::text);
        in.object(delayId, enteredAt, wakeAt, nextTaskId);
        return new AtDelay(delayId.required(), enteredAt.required(), wakeAt.required(), nextTaskId.ifThere());
    }

    private ExecutionPosition atSignal() {
        Field<String> signalId = in.mandatory(SIGNAL_ID, values::text);
        Field<String> signalName = in.mandatory(SIGNAL_NAME, values::text);
        Field<Instant> wakeAt = in.optional(WAKE_AT, values::time);
        Field<String> nextTaskId = in.optional(NEXT_TASK_ID, values::text);
        in.object(signalId, signalName, wakeAt, nextTaskId);
        return new AtSignal(signalId.required(), signalName.required(), wakeAt.ifThere(), nextTaskId.ifThere());
    }

    private ExecutionPosition inLoop() {
        Field<String> loopId = in.mandatory(LOOP_ID, values::text);
        Field<Long> iteration = in.mandatory(ITERATION, values::unsigned32);
        Field<String> nextTaskId = in.optional(NEXT_TASK_ID, values::text);
        in.object(loopId, iteration, nextTaskId);
        return new InLoop(loopId.required(), iteration.required(), nextTaskId.ifThere());
    }

    private Map<String, TaskResult> branches() {
        return in.map(label -> result());
    }

    private Branch branch() {
        Field<String> taskId = in.mandatory(TASK_ID, values::text);
        Field<Payload> input = in.optional(INPUT, values::bytes);
        in.object(taskId, input);
        return new Branch(taskId.required(), input.ifThere());
    }

    TaskResult result() {
        Field<String> taskId = in.mandatory(TASK_ID, values::text);
        Field<Payload> output = in.mandatory(OUTPUT, values::bytes);
        in.object(taskId, output);
        return new TaskResult(taskId.required(), output.required());
    }
}
