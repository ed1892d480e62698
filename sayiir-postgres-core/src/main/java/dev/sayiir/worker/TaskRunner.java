package dev.sayiir.worker;

import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.worker.TaskWorkerListener.End;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.List;
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
    private final OneAtATime oneAtATime;
    private final TaskWorkerListener listener;
    private final Duration ttl;
    private final LogLimit unknown = new LogLimit();
    private final LogLimit notGivenBack = new LogLimit();

    /** @param ttl for how long nobody has a task that is none for this worker */
    TaskRunner(
            Handlers handlers,
            HandlerCalls calls,
            Committer committer,
            HeldTasks held,
            OneAtATime oneAtATime,
            TaskWorkerListener listener,
            Duration ttl) {
        this.handlers = handlers;
        this.calls = calls;
        this.committer = committer;
        this.held = held;
        this.oneAtATime = oneAtATime;
        this.listener = listener;
        this.ttl = ttl;
    }

    /**
     * Does a task, and the tasks of the same instance that follow at once, {@value #IN_A_ROW} in all.
     *
     * @param holding holds the task already
     * @param mayCarryOn whether to go on to a following one
     */
    void run(ClaimedTask first, HeldTask holding, BooleanSupplier mayCarryOn) {
        Optional<ClaimedTask> next = step(first, holding, mayCarryOn);
        for (int number = 2; next.isPresent(); number++) {
            boolean last = number >= IN_A_ROW;
            ClaimedTask task = next.get();
            next = step(task, held.add(task.claim()), () -> !last && mayCarryOn.getAsBoolean());
        }
    }

    /** The next task, if the instance was carried on to it. */
    private Optional<ClaimedTask> step(ClaimedTask task, HeldTask holding, BooleanSupplier mayCarryOn) {
        try {
            if (held.isClosed()) {
                return giveBack(holding, Duration.ZERO);
            }
            ExecutionPosition position = task.snapshot().position().orElseThrow();
            if (position instanceof AtDelay || position instanceof AtSignal) {
                holding.end();
                return committer.commit(
                        task, holding, snapshot -> afterWait(snapshot, position, task.claim()), mayCarryOn);
            }
            Optional<TaskHandler<?>> handler = handlers.find(task.claim().taskId())
                    .filter(it ->
                            position instanceof AtTask || task.snapshot().fork().isPresent());
            return handler.isPresent() ? call(task, handler.get(), holding, mayCarryOn) : leave(holding);
        } finally {
            held.remove(holding);
        }
    }

    private Optional<ClaimedTask> call(
            ClaimedTask task, TaskHandler<?> handler, HeldTask holding, BooleanSupplier mayCarryOn) {
        Optional<String> tooMany = Crashes.tooMany(task.claim(), handler.retryPolicy());
        return tooMany.map(error -> calls.failed(task, handler, holding, error))
                .or(() -> calls.call(task, handler, holding))
                .flatMap(advance -> committer.commit(task, holding, advance, mayCarryOn));
    }

    /** A wait whose event was there when it was claimed, and whose event somebody took away, goes on waiting. */
    private static WorkflowSnapshot afterWait(WorkflowSnapshot snapshot, ExecutionPosition position, TaskClaim claim) {
        boolean waitsOn = position instanceof AtSignal wait
                && wait.wakeAt()
                        .filter(at -> !claim.claimedAt().isBefore(at.truncatedTo(ChronoUnit.MICROS)))
                        .isEmpty();
        return Advance.keepingPause(snapshot, it -> waitsOn ? it.moveTo(position) : Advance.timePassed(it, position));
    }

    /** To give it back at once would only have it come again at once. */
    private Optional<ClaimedTask> leave(HeldTask holding) {
        unknown.log(more -> log.warn(
                "{} is none that this worker can do; it is given back, and nobody has it for {}{}",
                holding,
                ttl,
                more));
        return giveBack(holding, ttl);
    }

    /**
     * So that it does not seem that its holder was lost. If it cannot be given back now, it is free when its claim ends. The
     * interrupt with which a worker stops does not keep its threads from that.
     */
    @SuppressWarnings("ThreadInterrupted")
    Optional<ClaimedTask> giveBack(HeldTask holding, Duration delay) {
        held.remove(holding);
        holding.leave();
        boolean interrupted = Thread.interrupted();
        try {
            oneAtATime.call(() -> held.giveBack(List.of(holding.claim()), delay));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the worker stops
        } catch (RuntimeException e) {
            notGivenBack.log(more ->
                    log.warn("{} is left until its claim ends: {}{}", holding, StoreFailures.describe(e), more));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        listener.taskEnded(holding.claim(), End.RELEASED);
        return Optional.empty();
    }
}
