package dev.sayiir.postgres;

import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.Claims;
import dev.sayiir.persistence.CommittedBranchTask;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.postgres.BranchRepository.Committed;
import java.time.Duration;
import java.util.Optional;

/** Commits tasks of branches: one statement, followed by more only if there was nothing to commit, or a signal to obey. */
final class BranchService {

    private final BranchRepository branches;
    private final ClaimRepository claims;
    private final SnapshotSaver saver;
    private final InstanceLock lock;
    private final ClaimService claiming;

    BranchService(
            BranchRepository branches,
            ClaimRepository claims,
            SnapshotSaver saver,
            InstanceLock lock,
            ClaimService claiming) {
        this.branches = branches;
        this.claims = claims;
        this.saver = saver;
        this.lock = lock;
        this.claiming = claiming;
    }

    CommittedBranchTask commit(TaskClaim claim, BranchOutcome outcome, Optional<Duration> carryOn, Write write) {
        Claims.requireBranch(claim);
        carryOn.ifPresent(ttl -> ClaimQuery.requireDuration("ttl", ttl));
        Committed committed = committedBefore(claim, outcome, write)
                .or(() -> commitOnce(claim, outcome, carryOn, write))
                .orElseGet(() -> lock.unfinished(claim.instanceId(), stored -> {
                    claiming.requireHeld(claim);
                    return commitOnce(claim, outcome, carryOn, write)
                            .orElseThrow(() -> InstanceLock.broken(claim.instanceId()));
                }));
        boolean stopped =
                committed.signalled() && claiming.isStopped(committed.next().orElse(claim));
        return new CommittedBranchTask(stopped ? Optional.empty() : committed.next());
    }

    private Optional<Committed> commitOnce(
            TaskClaim claim, BranchOutcome outcome, Optional<Duration> carryOn, Write write) {
        if (outcome instanceof BranchOutcome.Done done) {
            return branches.commit(claim, done, write);
        } else if (outcome instanceof BranchOutcome.Next next) {
            return branches.commit(claim, next, carryOn, write);
        }
        return branches.retry(claim, (BranchOutcome.Retry) outcome);
    }

    /** What an earlier attempt has committed; whether the instance is signalled remains to be seen. */
    private Optional<Committed> committedBefore(TaskClaim claim, BranchOutcome outcome, Write write) {
        if (outcome instanceof BranchOutcome.Retry) {
            return Optional.of(new Committed(Optional.empty(), true))
                    .filter(gone -> write.repeated() && !claims.isHeld(claim));
        }
        return saver.versionWritten(claim.instanceId(), write).isEmpty()
                ? Optional.empty()
                : Optional.of(new Committed(carriedOn(claim, outcome), true));
    }

    private Optional<TaskClaim> carriedOn(TaskClaim claim, BranchOutcome outcome) {
        return outcome instanceof BranchOutcome.Next next
                ? claims.carriedOn(claim, next.nextTaskId())
                : Optional.empty();
    }
}
