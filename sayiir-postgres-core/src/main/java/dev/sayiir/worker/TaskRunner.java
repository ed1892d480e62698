package dev.sayiir.worker;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
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
    private final Returns returns;
    private final LogLimit leftAlone = new LogLimit();

    TaskRunner(
            TaskThreads threads,
            Handlers handlers,
            Crashes crashes,
            HandlerCalls calls,
            Committer committer,
            HeldTasks held,
            Returns returns) {
        this.threads = threads;
        this.handlers = handlers;
        this.crashes = crashes;
        this.calls = calls;
        this.committer = committer;
        this.held = held;
        this.returns = returns;
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
                returns.giveBack(holding, Duration.ZERO);
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
            returns.giveBack(holding, Duration.ZERO);
            then.accept(Optional.empty());
            return;
        }
        ExecutionPosition position = task.snapshot().position().orElseThrow();
        if (position instanceof AtDelay || position instanceof AtSignal) {
            holding.end();
            committer.commit(task, holding, snapshot -> afterWait(snapshot, position, task.claim()), mayCarryOn, then);
            return;
        }
        ending(task, position, holding, mayCarryOn)
                .ifPresentOrElse(
                        it -> committer.end(task, holding, it, mayCarryOn, then), () -> then.accept(Optional.empty()));
    }

    /** Empty if the worker has no say in it any more. */
    private Optional<? extends Ending> ending(
            ClaimedTask task, ExecutionPosition position, HeldTask holding, BooleanSupplier mayCarryOn) {
        TaskClaim claim = task.claim();
        Optional<TaskHandler<?>> handler = handlers.find(claim.taskId())
                .filter(it ->
                        position instanceof AtTask || task.snapshot().fork().isPresent());
        if (handler.isPresent() && !crashes.areTooMany(claim)) {
            return TaskLogContext.during(claim, () -> calls.call(task, handler.get(), holding, mayCarryOn));
        }
        holding.end();
        return Optional.of(
                handler.isPresent()
                        ? Refusal.ofAll(BlockReason.CRASHES, Crashes.describe(claim))
                        : Refusal.forOthers(
                                BlockReason.NO_HANDLER, "The worker has no handler of task '" + claim.taskId() + "'"));
    }

    /**
     * A wait whose event was there when it was claimed, and whose event somebody took away, goes on waiting; and so does a delay
     * that was claimed before its time, since it had been blocked.
     */
    private static WorkflowSnapshot afterWait(WorkflowSnapshot snapshot, ExecutionPosition position, TaskClaim claim) {
        Optional<Instant> end =
                position instanceof AtDelay delay ? Optional.of(delay.wakeAt()) : ((AtSignal) position).wakeAt();
        boolean waitsOn = end.filter(at -> !claim.claimedAt().isBefore(at.truncatedTo(ChronoUnit.MICROS)))
                .isEmpty();
        return Advance.keepingPause(snapshot, it -> waitsOn ? it.moveTo(position) : Advance.timePassed(it, position));
    }
}
