package dev.sayiir.worker;

import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.Claims;
import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.StaleSnapshotException;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.TerminalStateException;
import dev.sayiir.worker.TaskWorkerListener.End;
import dev.sayiir.workflow.OpenTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.SayiirException;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stores what came out of a task, whatever it takes: a result is kept until it is stored, or the claim is lost, or the
 * worker stops.
 */
final class Committer {

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);
    private static final Duration FIRST_WAIT = Duration.ofMillis(100);
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(5);

    private final SnapshotStore snapshots;
    private final TaskClaimStore claims;
    private final Handlers handlers;
    private final Outage outage;
    private final TaskWorkerListener listener;
    private final Duration ttl;
    private final NextPoll nextPoll;

    Committer(
            SnapshotStore snapshots,
            TaskClaimStore claims,
            Handlers handlers,
            Outage outage,
            TaskWorkerListener listener,
            Duration ttl,
            NextPoll nextPoll) {
        this.snapshots = snapshots;
        this.claims = claims;
        this.handlers = handlers;
        this.outage = outage;
        this.listener = listener;
        this.ttl = ttl;
        this.nextPoll = nextPoll;
    }

    /** The next task of the instance, if it was carried on to it. */
    Optional<ClaimedTask> commit(
            ClaimedTask task, HeldTask held, UnaryOperator<WorkflowSnapshot> change, BooleanSupplier mayCarryOn) {
        return new Attempts(task, held.clock(), change, mayCarryOn).run();
    }

    /** The tries to commit one task. */
    private final class Attempts {

        private final TaskClaim claim;
        private final StoreClock clock;
        private final BooleanSupplier mayCarryOn;
        private WorkflowSnapshot base;
        private UnaryOperator<WorkflowSnapshot> change;
        private Optional<BranchOutcome> inBranch;
        private boolean stale;
        private boolean refused;
        private Duration wait = FIRST_WAIT;

        Attempts(
                ClaimedTask task,
                StoreClock clock,
                UnaryOperator<WorkflowSnapshot> change,
                BooleanSupplier mayCarryOn) {
            this.claim = task.claim();
            this.clock = clock;
            this.base = task.snapshot();
            this.change = change;
            this.inBranch = claim.branch().isPresent() && change instanceof Advance advance
                    ? BranchAdvance.of(advance)
                    : Optional.empty();
            this.mayCarryOn = mayCarryOn;
        }

        Optional<ClaimedTask> run() {
            while (true) {
                try {
                    return inBranch.isPresent() ? once(inBranch.get()) : once();
                } catch (StaleSnapshotException e) {
                    stale = true;
                } catch (ClaimLostException | TerminalStateException | SnapshotNotFoundException e) {
                    log.info("A result was dropped: {}", e.getMessage());
                    listener.taskEnded(claim, End.LOST);
                    return Optional.empty();
                } catch (RuntimeException e) {
                    if (Outage.isPassing(e) ? !waits(e) : !refuses(e)) {
                        return Optional.empty();
                    }
                }
            }
        }

        private Optional<ClaimedTask> once() {
            if (stale) {
                base = snapshots.loadSnapshot(claim.instanceId());
                stale = false;
                if (base.status().isTerminal()) {
                    throw new TerminalStateException(claim.instanceId(), base.status());
                }
            }
            WorkflowSnapshot after = change.apply(base);
            Optional<Duration> carryOn =
                    Optional.of(ttl).filter(it -> mayCarryOn.getAsBoolean() && handlers.know(after));
            CommittedTask done = claims.commitTask(claim, after, carryOn);
            outage.over();
            listener.taskEnded(claim, End.COMMITTED);
            if (done.next().isEmpty()) {
                nextIsDue(done.snapshot());
            }
            return done.next().map(next -> new ClaimedTask(next, done.snapshot()));
        }

        /** When there is something to do again, as far as it is known: nobody else tells the worker of it. */
        private void nextIsDue(WorkflowSnapshot snapshot) {
            if (Claims.mayBeDue(snapshot)) {
                nextPoll.hint();
            }
            if (snapshot.status() == WorkflowStatus.IN_PROGRESS) {
                snapshot.openTask()
                        .flatMap(OpenTask::notBefore)
                        .ifPresent(at -> nextPoll.dueIn(Duration.between(clock.now(), at)));
            }
        }

        /** Whatever others have changed meanwhile does not matter to a branch. */
        private Optional<ClaimedTask> once(BranchOutcome outcome) {
            Optional<Duration> carryOn = outcome instanceof BranchOutcome.Next next
                    ? Optional.of(ttl)
                            .filter(it -> mayCarryOn.getAsBoolean()
                                    && handlers.find(next.nextTaskId()).isPresent())
                    : Optional.empty();
            Optional<TaskClaim> next =
                    claims.commitBranchTask(claim, outcome, carryOn).next();
            outage.over();
            listener.taskEnded(claim, End.COMMITTED);
            if (next.isEmpty()) {
                nextPoll.dueIn(wait(outcome));
            }
            return next.map(
                    carriedOn -> new ClaimedTask(carriedOn, base.completeTask(claim.taskId(), output(outcome))));
        }

        private static Duration wait(BranchOutcome outcome) {
            if (outcome instanceof BranchOutcome.Retry retry) {
                return retry.backOff();
            }
            return outcome instanceof BranchOutcome.Next next ? next.delay().orElse(Duration.ZERO) : Duration.ZERO;
        }

        private static Payload output(BranchOutcome outcome) {
            return outcome instanceof BranchOutcome.Next next ? next.output() : Payload.empty();
        }

        /** Whether to try again; not if the worker stops. */
        private boolean waits(RuntimeException failure) {
            outage.noticed(failure);
            outage.commitWaits();
            try {
                Thread.sleep(wait.toMillis());
                Duration longer = wait.multipliedBy(2);
                wait = longer.compareTo(LONGEST_WAIT) < 0 ? longer : LONGEST_WAIT;
                return true;
            } catch (InterruptedException e) {
                log.warn(
                        "The worker stops, and the result of task '{}' of instance '{}' could not be stored; it will be"
                                + " done again",
                        claim.taskId(),
                        claim.instanceId());
                listener.taskEnded(claim, End.RELEASED);
                Thread.currentThread().interrupt();
                return false;
            } finally {
                outage.commitWaitsNoMore();
            }
        }

        /**
         * An outcome that cannot be stored, as one that is too large, would not be the next time either, so the workflow
         * fails. If even that cannot be stored, the task is left alone until its claim expires.
         */
        private boolean refuses(RuntimeException failure) {
            String why = failure instanceof SayiirException
                    ? String.valueOf(failure.getMessage())
                    : failure.getClass().getName();
            if (refused) {
                log.error(
                        "Task '{}' of instance '{}' is left alone until {}: {}",
                        claim.taskId(),
                        claim.instanceId(),
                        claim.expiresAt(),
                        why);
                return false;
            }
            log.warn(
                    "The outcome of task '{}' of instance '{}' cannot be stored, and its workflow fails: {}",
                    claim.taskId(),
                    claim.instanceId(),
                    why);
            refused = true;
            inBranch = Optional.empty();
            change = snapshot -> snapshot.fail(
                    ErrorText.storable("The outcome of task '" + claim.taskId() + "' cannot be stored: " + why));
            return true;
        }
    }
}
