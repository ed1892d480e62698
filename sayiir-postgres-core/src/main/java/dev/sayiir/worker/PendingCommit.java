package dev.sayiir.worker;

import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.CommitResult.Stored;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskCommit;
import dev.sayiir.persistence.TerminalStateException;
import dev.sayiir.workflow.OpenTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * What came out of a task, on its way into the store. If others have changed the instance meanwhile, it is made again from the
 * newest snapshot. Not for use by several threads at once.
 */
final class PendingCommit {

    private final TaskClaim claim;
    private final UnaryOperator<WorkflowSnapshot> change;
    private final Optional<BranchOutcome> inBranch;
    private final Handlers handlers;
    private final Duration ttl;
    private final BooleanSupplier mayCarryOn;
    private WorkflowSnapshot base;
    private boolean stale;

    /**
     * @param change what the task does to its instance
     * @param handlers of which tasks the worker has some, and can carry on to
     * @param ttl for how long the next task is claimed, if it is carried on to it
     * @param mayCarryOn whether to carry on to a task that follows
     */
    PendingCommit(
            ClaimedTask task,
            UnaryOperator<WorkflowSnapshot> change,
            Handlers handlers,
            Duration ttl,
            BooleanSupplier mayCarryOn) {
        this.claim = task.claim();
        this.base = task.snapshot();
        this.change = change;
        this.inBranch = claim.branch().isPresent() && change instanceof Advance advance
                ? BranchAdvance.of(advance)
                : Optional.empty();
        this.handlers = handlers;
        this.ttl = ttl;
        this.mayCarryOn = mayCarryOn;
        // What a task of a branch was claimed with is not all of its instance.
        this.stale = claim.branch().isPresent() && inBranch.isEmpty();
    }

    TaskClaim claim() {
        return claim;
    }

    /** Whether the newest snapshot has to be loaded first. */
    boolean isStale() {
        return stale;
    }

    /** Somebody else has changed the instance. */
    void becomeStale() {
        stale = true;
    }

    /** @throws TerminalStateException if the instance is finished */
    void reload(SnapshotStore snapshots) {
        base = snapshots.loadSnapshot(claim.instanceId());
        stale = false;
        if (base.status().isTerminal()) {
            throw new TerminalStateException(claim.instanceId(), base.status());
        }
    }

    /** Whatever others have changed meanwhile does not matter to a branch. */
    TaskCommit commit() {
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

    /** The task that was carried on to, if one was. */
    Optional<ClaimedTask> next(Stored stored) {
        return stored.next()
                .map(next -> new ClaimedTask(
                        next, stored.snapshot().orElseGet(() -> base.completeTask(claim.taskId(), branchOutput()))));
    }

    /**
     * Says when the instance has something to do again, as far as it is known: nobody else tells the worker of it.
     *
     * @param now the store's time
     */
    void nextIsDue(Stored stored, Instant now, NextPoll nextPoll) {
        Optional<Duration> wait = inBranch.flatMap(PendingCommit::wait);
        if (wait.isPresent()) {
            nextPoll.dueIn(wait.get());
        } else if (stored.mayBeDue()) {
            nextPoll.hint();
        }
        stored.snapshot()
                .filter(snapshot -> snapshot.status() == WorkflowStatus.IN_PROGRESS)
                .flatMap(WorkflowSnapshot::openTask)
                .flatMap(OpenTask::notBefore)
                .ifPresent(at -> nextPoll.dueIn(Duration.between(now, at)));
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
}
