package dev.sayiir.postgres;

import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.Claims;
import dev.sayiir.persistence.CommittedBranchTask;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.StoreOperation;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.postgres.BranchRepository.Committed;
import dev.sayiir.postgres.InstanceRepository.Stored;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;

/** Commits tasks of branches: one statement, followed by more only if there was nothing to commit, or a signal to obey. */
final class BranchService {

    private final TransientFailures failures;
    private final BranchRepository branches;
    private final ClaimRepository claims;
    private final SnapshotSaver saver;
    private final InstanceLock lock;
    private final ClaimService claiming;

    BranchService(
            TransientFailures failures,
            BranchRepository branches,
            ClaimRepository claims,
            SnapshotSaver saver,
            InstanceLock lock,
            ClaimService claiming) {
        this.failures = failures;
        this.branches = branches;
        this.claims = claims;
        this.saver = saver;
        this.lock = lock;
        this.claiming = claiming;
    }

    CommittedBranchTask commit(
            StoreOperation operation, TaskClaim claim, BranchOutcome outcome, Optional<Duration> carryOn) {
        Claims.requireBranch(claim);
        carryOn.ifPresent(ttl -> ClaimQuery.requireDuration("ttl", ttl));
        Committed committed = failures.retryWrite(
                operation,
                claim.instanceId(),
                write -> write(claim, outcome, carryOn, write)
                        .orElseGet(() -> lock.ifStored(
                                        claim.instanceId(),
                                        stored -> writeLocked(stored, claim, outcome, carryOn, write))
                                .orElseThrow(() -> new SnapshotNotFoundException(claim.instanceId()))));
        boolean stopped = committed.signalled()
                && claiming.isStopped(operation, committed.next().orElse(claim));
        return new CommittedBranchTask(stopped ? Optional.empty() : committed.next());
    }

    /** Why nothing was written: an earlier attempt was committed after all, or there is an end or a lost claim. */
    private Committed writeLocked(
            Stored stored, TaskClaim claim, BranchOutcome outcome, Optional<Duration> carryOn, Write write) {
        Optional<Committed> before = committedBefore(claim, outcome, write);
        if (before.isPresent()) {
            return before.get();
        }
        InstanceLock.requireUnfinished(claim.instanceId(), stored);
        claiming.requireHeld(claim);
        return write(claim, outcome, carryOn, write).orElseThrow(() -> InstanceLock.broken(claim.instanceId()));
    }

    private Optional<Committed> write(TaskClaim claim, BranchOutcome outcome, Optional<Duration> carryOn, Write write) {
        if (outcome instanceof BranchOutcome.Done done) {
            return branches.commit(claim, done, write);
        } else if (outcome instanceof BranchOutcome.Next next) {
            return branches.commit(claim, next, carryOn, write);
        }
        return branches.retry(claim, (BranchOutcome.Retry) outcome);
    }

    /** Whether the instance is signalled remains to be seen. */
    private Optional<Committed> committedBefore(TaskClaim claim, BranchOutcome outcome, Write write) {
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
