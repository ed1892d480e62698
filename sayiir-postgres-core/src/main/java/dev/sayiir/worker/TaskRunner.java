package dev.sayiir.worker;

import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.worker.TaskWorkerListener.End;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does claimed tasks: has their handlers called, and commits what came out of them. */
final class TaskRunner {

    /** How many tasks of one instance are done in a row before others have their turn. */
    static final int IN_A_ROW = 16;

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final Handlers handlers;
    private final HandlerCalls calls;
    private final Committer committer;
    private final HeldTasks held;
    private final TaskWorkerListener listener;

    TaskRunner(
            Handlers handlers, HandlerCalls calls, Committer committer, HeldTasks held, TaskWorkerListener listener) {
        this.handlers = handlers;
        this.calls = calls;
        this.committer = committer;
        this.held = held;
        this.listener = listener;
    }

    /**
     * Does a task, and the tasks of the same instance that follow at once, {@value #IN_A_ROW} in all.
     *
     * @param mayCarryOn whether to go on to a following one
     */
    void run(ClaimedTask first, BooleanSupplier mayCarryOn) {
        Optional<ClaimedTask> next = Optional.of(first);
        for (int number = 1; next.isPresent(); number++) {
            boolean last = number >= IN_A_ROW;
            next = step(next.get(), () -> !last && mayCarryOn.getAsBoolean());
        }
    }

    /** The next task, if the instance was carried on to it. */
    private Optional<ClaimedTask> step(ClaimedTask task, BooleanSupplier mayCarryOn) {
        HeldTask holding = held.add(task.claim());
        try {
            ExecutionPosition position = task.snapshot().position().orElseThrow();
            if (position instanceof AtDelay || position instanceof AtSignal) {
                holding.end();
                return committer.commit(
                        task, holding, snapshot -> afterWait(snapshot, position, task.claim()), mayCarryOn);
            }
            Optional<TaskHandler<?>> handler = handlers.find(task.claim().taskId())
                    .filter(it ->
                            position instanceof AtTask || task.snapshot().fork().isPresent());
            return handler.isPresent()
                    ? calls.call(task, handler.get(), holding)
                            .flatMap(advance -> committer.commit(task, holding, advance, mayCarryOn))
                    : leave(task.claim());
        } finally {
            held.remove(holding);
        }
    }

    /** A wait whose event was there when it was claimed, and whose event somebody took away, goes on waiting. */
    private static WorkflowSnapshot afterWait(WorkflowSnapshot snapshot, ExecutionPosition position, TaskClaim claim) {
        boolean waitsOn = position instanceof AtSignal wait
                && wait.wakeAt()
                        .filter(at -> !claim.claimedAt().isBefore(at.truncatedTo(ChronoUnit.MICROS)))
                        .isEmpty();
        return Advance.keepingPause(snapshot, it -> waitsOn ? it.moveTo(position) : Advance.timePassed(it, position));
    }

    /** To give it back would only have it come again at once. */
    private Optional<ClaimedTask> leave(TaskClaim claim) {
        log.warn(
                "Task '{}' of instance '{}' is none that this worker can do; it is left alone until {}",
                claim.taskId(),
                claim.instanceId(),
                claim.expiresAt());
        listener.taskEnded(claim, End.RELEASED);
        return Optional.empty();
    }
}
