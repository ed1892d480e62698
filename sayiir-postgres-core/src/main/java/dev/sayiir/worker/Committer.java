package dev.sayiir.worker;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.CommitResult;
import dev.sayiir.persistence.CommitResult.Locked;
import dev.sayiir.persistence.CommitResult.NotStored;
import dev.sayiir.persistence.CommitResult.Stored;
import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.StaleSnapshotException;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskCommit;
import dev.sayiir.persistence.TerminalStateException;
import dev.sayiir.worker.TaskWorkerListener.End;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores what came out of a task, whatever it takes: a result is kept until it is stored, or the claim is lost, or the
 * worker stops; or until the store, which can be reached, has refused it {@value #MOST_FAILURES} times.
 */
final class Committer {

    /** How often a result is tried by itself, if the store can be reached and fails each time. */
    static final int MOST_FAILURES = 8;

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final SnapshotStore snapshots;
    private final GroupCommit group;
    private final OneAtATime oneAtATime;
    private final Executor waiting;
    private final Returns returns;
    private final Handlers handlers;
    private final Outage outage;
    private final TaskWorkerListener listener;
    private final Duration ttl;
    private final NextPoll nextPoll;
    private final Doubts doubts;
    private final LogLimit dropped = new LogLimit();
    private final LogLimit undone = new LogLimit();
    private final LogLimit leftAlone = new LogLimit();
    private final LogLimit stopped = new LogLimit();

    /** @param waiting has threads for results that have to be tried again */
    Committer(
            SnapshotStore snapshots,
            GroupCommit group,
            OneAtATime oneAtATime,
            Executor waiting,
            Returns returns,
            Handlers handlers,
            Outage outage,
            TaskWorkerListener listener,
            Duration ttl,
            NextPoll nextPoll,
            Doubts doubts) {
        this.snapshots = snapshots;
        this.group = group;
        this.oneAtATime = oneAtATime;
        this.waiting = waiting;
        this.returns = returns;
        this.handlers = handlers;
        this.outage = outage;
        this.listener = listener;
        this.ttl = ttl;
        this.nextPoll = nextPoll;
        this.doubts = doubts;
    }

    /**
     * Does not wait for it.
     *
     * @param then is given the next task of the instance, if it was carried on to it, once this one is no longer the
     *     worker's; by whichever thread has stored the result
     */
    void commit(
            ClaimedTask task,
            HeldTask held,
            UnaryOperator<WorkflowSnapshot> change,
            BooleanSupplier mayCarryOn,
            Consumer<Optional<ClaimedTask>> then) {
        new Attempts(new PendingCommit(task, change, handlers, ttl, mayCarryOn), held, then).begin();
    }

    /** Stores what comes of a task, or that this worker cannot do it; as {@link #commit} does. */
    void end(
            ClaimedTask task,
            HeldTask held,
            Ending ending,
            BooleanSupplier mayCarryOn,
            Consumer<Optional<ClaimedTask>> then) {
        if (ending instanceof Advance advance) {
            commit(task, held, advance, mayCarryOn, then);
        } else if (ending instanceof StoredAlready done) {
            then.accept(next(done.pending(), held, done.stored()));
        } else if (ending instanceof InDoubt doubt) {
            soon(held, () -> end(task, held, doubts.settle(held, doubt), mayCarryOn, then), then);
        } else if (ending instanceof Refusal refusal) {
            soon(held, () -> refuse(held, refusal, then), then);
        } else if (ending instanceof Dropped drop && drop.ifHeld().isPresent()) {
            soon(held, () -> end(task, held, doubts.settle(held, drop), mayCarryOn, then), then);
        } else if (ending instanceof Dropped drop) {
            drop(held, drop.why());
            then.accept(Optional.empty());
        } else {
            soon(held, () -> giveBack(held, then), then);
        }
    }

    /** What may be interrupted when the worker stops. */
    private interface Work {
        void run() throws InterruptedException;
    }

    /** Not on the thread of the handler, as it may take as long as the store is away. */
    private void soon(HeldTask held, Work work, Consumer<Optional<ClaimedTask>> then) {
        try {
            waiting.execute(() -> {
                try {
                    work.run();
                } catch (InterruptedException e) {
                    isGivenBack(held, then);
                }
            });
        } catch (RejectedExecutionException e) {
            isGivenBack(held, then);
        }
    }

    private void refuse(HeldTask held, Refusal refusal, Consumer<Optional<ClaimedTask>> then)
            throws InterruptedException {
        returns.refuse(held, refusal);
        then.accept(Optional.empty());
    }

    private void giveBack(HeldTask held, Consumer<Optional<ClaimedTask>> then) throws InterruptedException {
        undone.log(more -> log.warn(
                "{} is not done, as the store or a lock was not to be had for its transaction, and is done again{}",
                held,
                more));
        returns.giveBackUnlocked(held, Undone.DELAY);
        then.accept(Optional.empty());
    }

    private void drop(HeldTask held, String why) {
        dropped.log(more -> log.info("A result was dropped: {}{}", why, more));
        listener.taskEnded(held.claim(), End.LOST);
    }

    /** The worker stops. */
    private void isGivenBack(HeldTask held, Consumer<Optional<ClaimedTask>> then) {
        held.giveBackLater();
        listener.taskEnded(held.claim(), End.RELEASED);
        then.accept(Optional.empty());
    }

    /** The task is stored, and so is which one follows. */
    private Optional<ClaimedTask> next(PendingCommit pending, HeldTask held, Stored stored) {
        listener.taskEnded(pending.claim(), End.COMMITTED);
        if (stored.next().isEmpty()) {
            pending.nextIsDue(stored, held.clock().now(), nextPoll);
        }
        return pending.next(stored);
    }

    /** The tries to commit one task: the first one takes no thread, further ones have a thread that waits. */
    private final class Attempts implements ReadyResult.Answer {

        private final PendingCommit pending;
        private final TaskClaim claim;
        private final HeldTask held;
        private final Consumer<Optional<ClaimedTask>> then;
        private final Pause whileLocked = new Pause(Duration.ofMillis(2), Duration.ofSeconds(1));
        private final Pause afterFailure = new Pause(Duration.ofMillis(100), Duration.ofSeconds(5));
        private int tries;
        private int failures;
        private long storedBefore;

        Attempts(PendingCommit pending, HeldTask held, Consumer<Optional<ClaimedTask>> then) {
            this.pending = pending;
            this.claim = pending.claim();
            this.held = held;
            this.then = then;
        }

        void begin() {
            if (pending.isStale() || outage.isOn()) {
                goOn(Optional.empty());
                return;
            }
            TaskCommit first;
            try {
                first = pending.commit();
            } catch (RuntimeException e) {
                answered(new NotStored(e));
                return;
            }
            group.store(first, 0, this);
        }

        @Override
        public void answered(CommitResult result) {
            if (result instanceof Stored stored) {
                then.accept(next(pending, held, stored));
            } else {
                goOn(Optional.of(result));
            }
        }

        @Override
        public void stopped() {
            stopped.log(more -> log.warn(
                    "The worker stops, and the result of {} is not stored; it will be done again{}", held, more));
            isGivenBack(held, then);
        }

        /** @param last what became of the try before */
        private void goOn(Optional<CommitResult> last) {
            try {
                waiting.execute(() -> keepTrying(last));
            } catch (RejectedExecutionException e) {
                stopped();
            }
        }

        private void keepTrying(Optional<CommitResult> last) {
            Optional<ClaimedTask> next;
            try {
                next = untilItEnds(last);
            } catch (InterruptedException e) {
                stopped();
                return;
            }
            then.accept(next);
        }

        private Optional<ClaimedTask> untilItEnds(Optional<CommitResult> last) throws InterruptedException {
            CommitResult result = last.isPresent() ? last.get() : once();
            while (!(result instanceof Stored stored)) {
                if (result instanceof Locked) {
                    whileLocked.sleep();
                } else if (!isToBeTriedAgain(((NotStored) result).reason())) {
                    return Optional.empty();
                }
                result = once();
            }
            return next(pending, held, stored);
        }

        private CommitResult once() throws InterruptedException {
            outage.awaitEnd();
            AwaitedAnswer answer = new AwaitedAnswer();
            try {
                reloadIfStale();
                group.store(pending.commit(), tries, answer);
            } catch (RuntimeException e) {
                return new NotStored(e);
            }
            return answer.get();
        }

        private void reloadIfStale() throws InterruptedException {
            if (pending.isStale()) {
                oneAtATime.call(() -> {
                    pending.reload(snapshots);
                    return true;
                });
            }
        }

        private boolean isToBeTriedAgain(RuntimeException reason) throws InterruptedException {
            if (reason instanceof StaleSnapshotException) {
                pending.becomeStale();
                return true;
            } else if (reason instanceof ClaimLostException
                    || reason instanceof TerminalStateException
                    || reason instanceof SnapshotNotFoundException) {
                drop(held, String.valueOf(reason.getMessage()));
                return false;
            } else if (!StoreFailures.isPassing(reason)) {
                return isRefused(reason);
            } else if (outage.isAway(reason)) {
                return true;
            }
            tries++;
            failures += isItsOwnFault(reason) ? 1 : 0;
            if (failures >= MOST_FAILURES) {
                return isLeftAlone(reason);
            }
            afterFailure.sleep();
            return true;
        }

        /** Not if the disk is full, or the like, as long as no other result is stored either. */
        private boolean isItsOwnFault(RuntimeException reason) {
            boolean othersAreStored = tries > 1 && group.stored() > storedBefore;
            storedBefore = group.stored();
            return othersAreStored || !StoreFailures.mayBeOfTheStore(reason);
        }

        /**
         * An outcome that cannot be stored, as one that is too large, would not be the next time either. An instance that
         * cannot be read may be for others.
         */
        private boolean isRefused(RuntimeException reason) throws InterruptedException {
            String why = StoreFailures.describe(reason);
            String what = "task '" + claim.taskId() + "'";
            returns.refuse(
                    held,
                    pending.isStale()
                            ? Refusal.forOthers(
                                    BlockReason.UNREADABLE_SNAPSHOT,
                                    "The instance of " + what + " cannot be read: " + why)
                            : Refusal.ofAll(
                                    BlockReason.UNWRITABLE_OUTPUT,
                                    "The outcome of " + what + " cannot be stored: " + why));
            return false;
        }

        /** Until its claim ends, which is renewed no more. */
        private boolean isLeftAlone(RuntimeException reason) {
            held.leave();
            leftAlone.log(more -> log.warn(
                    "The result of {} cannot be stored although the store can be reached; the task is left alone until"
                            + " its claim ends, and then done again: {}{}",
                    held,
                    StoreFailures.describe(reason),
                    more));
            listener.taskEnded(claim, End.RELEASED);
            return false;
        }
    }
}
