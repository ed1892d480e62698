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
import java.util.function.Consumer;
import java.util.function.IntPredicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Does claimed tasks: has their handlers called, and commits what came out of them. */
final class TaskRunner {

    /** How many tasks of one instance are done in a row before others have their turn, if they may be waiting. */
    static final int IN_A_ROW = 16;

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final TaskThreads threads;
    private final Handlers handlers;
    private final Crashes crashes;
    private final HandlerCalls calls;
    private final Committer committer;
    private final HeldTasks held;
    private final OneAtATime oneAtATime;
    private final TaskWorkerListener listener;
    private final Duration ttl;
    private final LogLimit leftAlone = new LogLimit();
    private final LogLimit unknown = new LogLimit();
    private final LogLimit notGivenBack = new LogLimit();

    /** @param ttl for how long nobody has a task that is none for this worker */
    TaskRunner(
            TaskThreads threads,
            Handlers handlers,
            Crashes crashes,
            HandlerCalls calls,
            Committer committer,
            HeldTasks held,
            OneAtATime oneAtATime,
            TaskWorkerListener listener,
            Duration ttl) {
        this.threads = threads;
        this.handlers = handlers;
        this.crashes = crashes;
        this.calls = calls;
        this.committer = committer;
        this.held = held;
        this.oneAtATime = oneAtATime;
        this.listener = listener;
        this.ttl = ttl;
    }

    /**
     * Does a task, and the tasks of the same instance that follow at once.
     *
     * @param holding holds the task already
     * @param mayCarryOn whether to go on to a following one after so many in a row
     * @param whenOver is called when none of them is the worker's any more
     */
    void begin(ClaimedTask first, HeldTask holding, IntPredicate mayCarryOn, Runnable whenOver) {
        new Row(first, holding, mayCarryOn, whenOver).begin();
    }

    /** Tasks of one instance, one after the other; each on whichever thread is free. */
    private final class Row implements Runnable {

        private final IntPredicate mayCarryOn;
        private final Runnable whenOver;
        private ClaimedTask task;
        private HeldTask holding;
        private int number = 1;

        Row(ClaimedTask first, HeldTask holding, IntPredicate mayCarryOn, Runnable whenOver) {
            this.task = first;
            this.holding = holding;
            this.mayCarryOn = mayCarryOn;
            this.whenOver = whenOver;
        }

        void begin() {
            try {
                threads.begin(this);
            } catch (RuntimeException | Error e) {
                giveBack(holding, Duration.ZERO);
                whenOver.run();
            }
        }

        @Override
        public void run() {
            try {
                step(task, holding, () -> mayCarryOn.test(number), this::goOn);
            } catch (RuntimeException | Error e) {
                leftAlone.log(more -> log.error("{} is left alone until its claim ends{}", holding, more, e));
                goOn(Optional.empty());
            }
        }

        private void goOn(Optional<ClaimedTask> next) {
            held.remove(holding);
            if (next.isEmpty()) {
                whenOver.run();
                return;
            }
            task = next.get();
            holding = held.add(task.claim());
            number++;
            begin();
        }
    }

    private void step(
            ClaimedTask task, HeldTask holding, BooleanSupplier mayCarryOn, Consumer<Optional<ClaimedTask>> then) {
        if (held.isClosed()) {
            giveBack(holding, Duration.ZERO);
            then.accept(Optional.empty());
            return;
        }
        ExecutionPosition position = task.snapshot().position().orElseThrow();
        if (position instanceof AtDelay || position instanceof AtSignal) {
            holding.end();
            committer.commit(task, holding, snapshot -> afterWait(snapshot, position, task.claim()), mayCarryOn, then);
            return;
        }
        Optional<TaskHandler<?>> handler = handlers.find(task.claim().taskId())
                .filter(it ->
                        position instanceof AtTask || task.snapshot().fork().isPresent());
        if (handler.isEmpty()) {
            leave(holding);
        }
        Optional<Advance> advance = handler.flatMap(it -> call(task, it, holding));
        if (advance.isPresent()) {
            committer.commit(task, holding, advance.get(), mayCarryOn, then);
        } else {
            then.accept(Optional.empty());
        }
    }

    private Optional<Advance> call(ClaimedTask task, TaskHandler<?> handler, HeldTask holding) {
        return crashes.areTooMany(task.claim())
                ? Optional.of(calls.failed(task, handler, holding, Crashes.describe(task.claim())))
                : calls.call(task, handler, holding);
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
    private void leave(HeldTask holding) {
        unknown.log(more -> log.warn(
                "{} is none that this worker can do; it is given back, and nobody has it for {}{}",
                holding,
                ttl,
                more));
        giveBack(holding, ttl);
    }

    /**
     * So that it does not seem that its holder was lost. If it cannot be given back now, it is free when its claim ends. The
     * interrupt with which a worker stops does not keep its threads from that.
     */
    @SuppressWarnings("ThreadInterrupted")
    void giveBack(HeldTask holding, Duration delay) {
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
    }
}
