package dev.sayiir.worker;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BranchOutcome;
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
import dev.sayiir.workflow.OpenTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
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
    private final LogLimit dropped = new LogLimit();
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
            NextPoll nextPoll) {
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
        new Attempts(task, held, change, mayCarryOn, then).begin();
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
            return;
        }
        try {
            waiting.execute(() -> refuse(held, (Refusal) ending, then));
        } catch (RejectedExecutionException e) {
            isGivenBack(held, then);
        }
    }

    private void refuse(HeldTask held, Refusal refusal, Consumer<Optional<ClaimedTask>> then) {
        try {
            returns.refuse(held, refusal);
        } catch (InterruptedException e) {
            isGivenBack(held, then);
            return;
        }
        then.accept(Optional.empty());
    }

    /** The worker stops. */
    private void isGivenBack(HeldTask held, Consumer<Optional<ClaimedTask>> then) {
        held.giveBackLater();
        listener.taskEnded(held.claim(), End.RELEASED);
        then.accept(Optional.empty());
    }

    /** The tries to commit one task: the first one takes no thread, further ones have a thread that waits. */
    private final class Attempts implements ReadyResult.Answer {

        private final TaskClaim claim;
        private final HeldTask held;
        private final BooleanSupplier mayCarryOn;
        private final Consumer<Optional<ClaimedTask>> then;
        private final Pause whileLocked = new Pause(Duration.ofMillis(2), Duration.ofSeconds(1));
        private final Pause afterFailure = new Pause(Duration.ofMillis(100), Duration.ofSeconds(5));
        private WorkflowSnapshot base;
        private final UnaryOperator<WorkflowSnapshot> change;
        private final Optional<BranchOutcome> inBranch;
        private boolean stale;
        private int tries;
        private int failures;
        private long storedBefore;

        Attempts(
                ClaimedTask task,
                HeldTask held,
                UnaryOperator<WorkflowSnapshot> change,
                BooleanSupplier mayCarryOn,
                Consumer<Optional<ClaimedTask>> then) {
            this.claim = task.claim();
            this.held = held;
            this.base = task.snapshot();
            this.change = change;
            this.inBranch = claim.branch().isPresent() && change instanceof Advance advance
                    ? BranchAdvance.of(advance)
                    : Optional.empty();
            this.mayCarryOn = mayCarryOn;
            this.then = then;
            // What a task of a branch was claimed with is not all of its instance.
            this.stale = claim.branch().isPresent() && inBranch.isEmpty();
        }

        void begin() {
            if (stale || outage.isOn()) {
                goOn(Optional.empty());
                return;
            }
            TaskCommit first;
            try {
                first = commit();
            } catch (RuntimeException e) {
                answered(new NotStored(e));
                return;
            }
            group.store(first, 0, this);
        }

        @Override
        public void answered(CommitResult result) {
            if (result instanceof Stored stored) {
                then.accept(stored(stored));
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
            return stored(stored);
        }

        private CommitResult once() throws InterruptedException {
            outage.awaitEnd();
            AwaitedAnswer answer = new AwaitedAnswer();
            try {
                reloadIfStale();
                group.store(commit(), tries, answer);
            } catch (RuntimeException e) {
                return new NotStored(e);
            }
            return answer.get();
        }

        private void reloadIfStale() throws InterruptedException {
            if (stale) {
                base = oneAtATime.call(() -> snapshots.loadSnapshot(claim.instanceId()));
                stale = false;
                if (base.status().isTerminal()) {
                    throw new TerminalStateException(claim.instanceId(), base.status());
                }
            }
        }

        /** Whatever others have changed meanwhile does not matter to a branch. */
        private TaskCommit commit() {
            if (inBranch.isPresent()) {
                return new TaskCommit.OfBranchTask(
                        claim,
                        inBranch.get(),
                        carryOn(nextTaskId()
                                .filter(next -> handlers.find(next).isPresent())
                                .isPresent()));
            }
            WorkflowSnapshot after = change.apply(base);
            return new TaskCommit.OfTask(claim, after, carryOn(handlers.know(after)));
        }

        private Optional<Duration> carryOn(boolean known) {
            return known && mayCarryOn.getAsBoolean() ? Optional.of(ttl) : Optional.empty();
        }

        private Optional<String> nextTaskId() {
            return inBranch.filter(BranchOutcome.Next.class::isInstance)
                    .map(next -> ((BranchOutcome.Next) next).nextTaskId());
        }

        private Optional<ClaimedTask> stored(Stored stored) {
            listener.taskEnded(claim, End.COMMITTED);
            if (stored.next().isEmpty()) {
                nextIsDue(stored);
            }
            return stored.next()
                    .map(next -> new ClaimedTask(
                            next,
                            stored.snapshot().orElseGet(() -> base.completeTask(claim.taskId(), branchOutput()))));
        }

        /** When there is something to do again, as far as it is known: nobody else tells the worker of it. */
        private void nextIsDue(Stored stored) {
            Optional<Duration> wait = inBranch.flatMap(Attempts::wait);
            if (wait.isPresent()) {
                nextPoll.dueIn(wait.get());
            } else if (stored.mayBeDue()) {
                nextPoll.hint();
            }
            stored.snapshot()
                    .filter(snapshot -> snapshot.status() == WorkflowStatus.IN_PROGRESS)
                    .flatMap(WorkflowSnapshot::openTask)
                    .flatMap(OpenTask::notBefore)
                    .ifPresent(
                            at -> nextPoll.dueIn(Duration.between(held.clock().now(), at)));
        }

        private static Optional<Duration> wait(BranchOutcome outcome) {
            if (outcome instanceof BranchOutcome.Retry retry) {
                return Optional.of(retry.backOff());
            }
            return outcome instanceof BranchOutcome.Next next ? next.delay() : Optional.empty();
        }

        private Payload branchOutput() {
            return ((BranchOutcome.Next) inBranch.orElseThrow()).output();
        }

        private boolean isToBeTriedAgain(RuntimeException reason) throws InterruptedException {
            if (reason instanceof StaleSnapshotException) {
                stale = true;
                return true;
            } else if (reason instanceof ClaimLostException
                    || reason instanceof TerminalStateException
                    || reason instanceof SnapshotNotFoundException) {
                dropped.log(more -> log.info("A result was dropped: {}{}", reason.getMessage(), more));
                listener.taskEnded(claim, End.LOST);
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
                    stale
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
