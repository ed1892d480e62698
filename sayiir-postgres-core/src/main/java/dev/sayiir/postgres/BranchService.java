package dev.sayiir.postgres;

import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.CommittedBranchTask;
import dev.sayiir.persistence.StoreOperation;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskCommit;
import dev.sayiir.postgres.BranchRepository.Commit;
import dev.sayiir.postgres.BranchRepository.Committed;
import dev.sayiir.postgres.InstanceRepository.Stored;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** Commits tasks of branches: one statement, followed by more only if there was nothing to commit, or a signal to obey. */
final class BranchService {

    private final BranchRepository branches;
    private final ClaimRepository claims;
    private final SnapshotSaver saver;
    private final OnceLocked once;
    private final ClaimService claiming;

    BranchService(
            BranchRepository branches,
            ClaimRepository claims,
            SnapshotSaver saver,
            OnceLocked once,
            ClaimService claiming) {
        this.branches = branches;
        this.claims = claims;
        this.saver = saver;
        this.once = once;
        this.claiming = claiming;
    }

    /** Waits for whoever is changing the instance. */
    CommittedBranchTask commit(StoreOperation operation, TaskCommit.OfBranchTask task) {
        Committed committed = once.write(
                operation,
                task.claim().instanceId(),
                write -> write(task, write),
                (stored, write) -> writeLocked(stored, task, write, true));
        return followed(operation, task, committed);
    }

    /** The same without waiting: empty if somebody else is changing the instance at this moment. */
    Optional<CommittedBranchTask> commitIfFree(StoreOperation operation, TaskCommit.OfBranchTask task, Write first) {
        return once.writeIfFree(
                        operation,
                        task.claim().instanceId(),
                        first,
                        write -> write(task, write),
                        (stored, write) -> writeLocked(stored, task, write, false))
                .map(committed -> followed(operation, task, committed));
    }

    /** What has been asked of the instance comes after what was stored. */
    CommittedBranchTask followed(StoreOperation operation, TaskCommit.OfBranchTask task, Committed committed) {
        boolean stopped = committed.signalled()
                && claiming.isStopped(operation, committed.next().orElse(task.claim()));
        return new CommittedBranchTask(stopped ? Optional.empty() : committed.next());
    }

    /**
     * Why nothing was written: an earlier attempt was committed after all, or there is an end or a lost claim. Empty if none
     * of that is so, and somebody has locked the task.
     */
    private Optional<Committed> writeLocked(Stored stored, TaskCommit.OfBranchTask task, Write write, boolean waits) {
        Optional<Committed> before = writtenBefore(task.claim(), task.outcome(), write);
        if (before.isPresent()) {
            return before;
        }
        InstanceLock.requireUnfinished(task.claim().instanceId(), stored);
        claiming.requireHeld(task.claim(), waits);
        return write(task, write);
    }

    private Optional<Committed> write(TaskCommit.OfBranchTask task, Write write) {
        return task.outcome() instanceof BranchOutcome.Retry retry
                ? branches.retry(task.claim(), retry)
                : branches.commit(List.of(new Commit(task.claim(), task.outcome(), task.carryOn(), write)))
                        .get(0);
    }

    /** Whether the instance is signalled remains to be seen. */
    private Optional<Committed> writtenBefore(TaskClaim claim, BranchOutcome outcome, Write write) {
        if (outcome instanceof BranchOutcome.Retry) {
            return Optional.of(new Committed(Optional.empty(), true))
                    .filter(released -> write.inDoubt() && !claims.isHeld(claim));
        }
        OptionalLong version = saver.versionWritten(claim.instanceId(), write);
        return version.isEmpty()
                ? Optional.empty()
                : Optional.of(new Committed(carriedOn(claim, outcome, version.getAsLong()), true));
    }

    private Optional<TaskClaim> carriedOn(TaskClaim claim, BranchOutcome outcome, long version) {
        return outcome instanceof BranchOutcome.Next next
                ? claims.carriedOn(claim, next.nextTaskId(), version)
                : Optional.empty();
    }
}
