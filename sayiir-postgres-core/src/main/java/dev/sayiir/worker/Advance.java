package dev.sayiir.worker;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.worker.TaskOutcome.AwaitEvent;
import dev.sayiir.worker.TaskOutcome.Complete;
import dev.sayiir.worker.TaskOutcome.Delay;
import dev.sayiir.worker.TaskOutcome.DelayUntil;
import dev.sayiir.worker.TaskOutcome.Fail;
import dev.sayiir.worker.TaskOutcome.Fork;
import dev.sayiir.worker.TaskOutcome.Next;
import dev.sayiir.worker.TaskOutcome.Retry;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.Paused;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * What an outcome does to an instance. It can be applied again to a newer snapshot, if others have changed the instance.
 *
 * @param claim the claim on the task
 * @param outcome what came out of it; a retry says when
 * @param output what it gave back; nothing if it is not done
 * @param branches what it forks into, if it does
 * @param policy how often it is tried again
 * @param now when it ended, by the store's clock
 */
record Advance(
        TaskClaim claim,
        TaskOutcome outcome,
        Payload output,
        Map<String, Branch> branches,
        Optional<RetryPolicy> policy,
        Instant now)
        implements Ending, UnaryOperator<WorkflowSnapshot> {

    @Override
    public WorkflowSnapshot apply(WorkflowSnapshot snapshot) {
        return keepingPause(snapshot, this::applyTo);
    }

    /** What comes out of a task that was under way does not undo a pause. */
    static WorkflowSnapshot keepingPause(WorkflowSnapshot snapshot, UnaryOperator<WorkflowSnapshot> change) {
        if (!(snapshot.state() instanceof Paused paused)) {
            return change.apply(snapshot);
        }
        WorkflowSnapshot changed = change.apply(snapshot.unpause());
        return changed.status() == WorkflowStatus.IN_PROGRESS
                ? changed.pause(paused.reason(), paused.pausedBy(), paused.pausedAt())
                : changed;
    }

    private WorkflowSnapshot applyTo(WorkflowSnapshot snapshot) {
        if (outcome instanceof Fail failed) {
            return snapshot.fail(ErrorText.storable(failed.error()));
        } else if (outcome instanceof Retry retry) {
            return tryAgain(snapshot, retry);
        }
        WorkflowSnapshot done = snapshot.completeTask(claim.taskId(), output);
        if (outcome instanceof Next next) {
            return follow(done, requireOther(next.taskId()));
        } else if (outcome instanceof Delay delay) {
            return delay(done, now.plus(delay.time()), delay.taskId());
        } else if (outcome instanceof DelayUntil delay) {
            return delay(done, delay.until(), delay.taskId());
        } else if (outcome instanceof AwaitEvent wait) {
            return await(done, wait);
        } else if (outcome instanceof Fork fork) {
            return done.forkInto(requireOther(fork.joinTaskId()), branches);
        } else if (outcome instanceof Complete) {
            return done.complete(output);
        }
        throw new AssertionError(outcome);
    }

    private WorkflowSnapshot tryAgain(WorkflowSnapshot snapshot, Retry retry) {
        String taskId = claim.taskId();
        TaskRetry before = snapshot.taskRetries().get(taskId);
        long attempts = before == null ? 1 : before.attempts() + 1;
        TaskRetry next = new TaskRetry(
                attempts,
                policy.orElse(Backoff.AS_OFTEN_AS_ASKED),
                ErrorText.storable(retry.error()),
                Optional.of(claim.workerId()),
                now.plus(retry.after().orElseThrow()));
        return snapshot.toBuilder().taskRetry(taskId, next).updatedAt(now).build();
    }

    private WorkflowSnapshot delay(WorkflowSnapshot done, Instant until, String next) {
        String delayId = Waits.delayId(next);
        return done.withdrawTask(delayId).moveTo(new AtDelay(delayId, now, until, Optional.of(next)));
    }

    private WorkflowSnapshot await(WorkflowSnapshot done, AwaitEvent wait) {
        String waitId = Waits.waitId(wait.eventName(), wait.timeLimit().flatMap(TaskOutcome.TimeLimit::taskId));
        Optional<Instant> until = wait.timeLimit().map(limit -> now.plus(limit.time()));
        return done.withdrawTask(waitId)
                .moveTo(new AtSignal(waitId, wait.eventName(), until, Optional.of(wait.taskId())));
    }

    /** A task that is done already is to be done once more. */
    static WorkflowSnapshot follow(WorkflowSnapshot snapshot, String taskId) {
        return snapshot.withdrawTask(taskId).moveTo(new AtTask(taskId));
    }

    /** Its own output would be its input, and nowhere else to be found. */
    String requireOther(String next) {
        if (next.equals(claim.taskId())) {
            throw new IllegalArgumentException("Task '" + next
                    + "' cannot be followed at once by itself; return a delay, or put another task in between");
        }
        return next;
    }

    /** What follows a delay or a wait whose time is up: both hand their own input on. */
    static WorkflowSnapshot timePassed(WorkflowSnapshot snapshot, ExecutionPosition position) {
        Payload input = Inputs.of(snapshot);
        if (position instanceof AtDelay delay) {
            WorkflowSnapshot over = snapshot.completeTask(delay.delayId(), input);
            return delay.nextTaskId().map(next -> follow(over, next)).orElseGet(() -> over.complete(input));
        }
        AtSignal wait = (AtSignal) position;
        return Waits.timeoutTaskId(wait)
                .map(next -> follow(snapshot.completeTask(wait.signalId(), input), next))
                .orElseGet(() -> snapshot.fail("No event '" + wait.signalName() + "' came within the time limit of '"
                        + wait.signalId() + "'"));
    }
}
