package dev.sayiir.worker;

import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.persistence.TaskRefusal.Outcome;
import dev.sayiir.worker.TaskWorkerListener.End;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives claimed tasks back, undone: so that it does not seem that their holder was lost. What cannot be given back now is free
 * when its claim ends.
 */
final class Returns {

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final HeldTasks held;
    private final OneAtATime oneAtATime;
    private final Outage outage;
    private final TaskWorkerListener listener;
    private final NextPoll nextPoll;
    private final Duration patience;
    private final Duration again;
    private final Optional<String> build;
    private final LogLimit notGivenBack = new LogLimit();
    private final Map<String, LogLimit> lines = new ConcurrentHashMap<>();

    /**
     * @param patience for how long a task that this worker cannot do is left for others, before it is blocked
     * @param again while it is left, how long nobody has it
     * @param build what this worker is a build of, if it says so
     */
    Returns(
            HeldTasks held,
            OneAtATime oneAtATime,
            Outage outage,
            TaskWorkerListener listener,
            NextPoll nextPoll,
            Duration patience,
            Duration again,
            Optional<String> build) {
        this.held = held;
        this.oneAtATime = oneAtATime;
        this.outage = outage;
        this.listener = listener;
        this.nextPoll = nextPoll;
        this.patience = patience;
        this.again = again;
        this.build = build;
    }

    void giveBack(HeldTask holding, Duration delay) {
        giveBack(List.of(holding), delay);
    }

    /**
     * The interrupt with which a worker stops does not keep its threads from that.
     *
     * @param delay how long nobody is to have them
     */
    @SuppressWarnings("ThreadInterrupted")
    void giveBack(List<HeldTask> holding, Duration delay) {
        if (holding.isEmpty()) {
            return;
        }
        holding.forEach(held::remove);
        holding.forEach(HeldTask::leave);
        boolean interrupted = Thread.interrupted();
        try {
            oneAtATime.call(
                    () -> held.giveBack(holding.stream().map(HeldTask::claim).toList(), delay));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt(); // the worker stops
        } catch (RuntimeException e) {
            holding.forEach(task -> isLeft(task, e));
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
        holding.forEach(task -> listener.taskEnded(task.claim(), End.RELEASED));
    }

    /** Its claim is renewed until it is refused, also during an outage, and while somebody else has locked the task. */
    void refuse(HeldTask holding, Refusal refusal) throws InterruptedException {
        TaskRefusal asked = new TaskRefusal(
                holding.claim(),
                refusal.reason(),
                refusal.error(),
                refusal.forOthers() ? patience : Duration.ZERO,
                again,
                build);
        Optional<Outcome> outcome =
                untilItIsFree(holding, () -> Optional.of(held.refuse(asked)).filter(it -> it != Outcome.LOCKED));
        holding.leave();
        outcome.ifPresent(it -> log(holding, refusal, it));
        listener.taskEnded(holding.claim(), outcome.map(Returns::end).orElse(End.RELEASED));
    }

    /**
     * Gives one back that may still be locked by a transaction which is about to end. Its claim is renewed until that, also
     * during an outage.
     *
     * @param delay how long nobody is to have it
     */
    void giveBackUnlocked(HeldTask holding, Duration delay) throws InterruptedException {
        untilItIsFree(
                holding,
                () -> Optional.of(held.isGivenBack(holding.claim(), delay)).filter(given -> given));
        holding.leave();
        nextPoll.dueIn(delay);
        listener.taskEnded(holding.claim(), End.RELEASED);
    }

    /**
     * Waits for the store, and as long as somebody has locked the task.
     *
     * @param attempt comes to nothing if it is locked
     * @return empty if the store refuses it
     */
    private <T> Optional<T> untilItIsFree(HeldTask holding, Supplier<Optional<T>> attempt) throws InterruptedException {
        Pause whileLocked = new Pause(Duration.ofMillis(10), Duration.ofSeconds(1));
        while (true) {
            outage.awaitEnd();
            try {
                Optional<T> done = oneAtATime.call(attempt);
                if (done.isPresent()) {
                    return done;
                }
                whileLocked.sleep();
            } catch (RuntimeException e) {
                if (!outage.isAway(e)) {
                    isLeft(holding, e);
                    return Optional.empty();
                }
            }
        }
    }

    private void isLeft(HeldTask holding, RuntimeException failure) {
        notGivenBack.log(more ->
                log.warn("{} is left until its claim ends: {}{}", holding, StoreFailures.describe(failure), more));
    }

    private static End end(Outcome outcome) {
        return switch (outcome) {
            case LEFT -> End.RELEASED;
            case BLOCKED -> End.BLOCKED;
            case LOCKED, LOST -> End.LOST;
        };
    }

    private void log(HeldTask holding, Refusal refusal, Outcome outcome) {
        LogLimit limit = lines.computeIfAbsent(outcome + holding.claim().taskId(), kind -> new LogLimit());
        if (outcome == Outcome.LEFT) {
            nextPoll.dueIn(again);
            limit.log(more -> log.warn(
                    "{} is none that this worker can do, and is left for others: {}{}",
                    holding,
                    refusal.error(),
                    more));
        } else if (outcome == Outcome.BLOCKED) {
            limit.log(more -> log.error(
                    "{} is blocked, and goes on when somebody unblocks it: {}{}", holding, refusal.error(), more));
        }
    }
}
