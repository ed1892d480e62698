package dev.sayiir.postgres;

import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.Claims;
import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.StaleSnapshotException;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.postgres.CheckpointRepository.Committed;
import dev.sayiir.postgres.ClaimRepository.Claimed;
import dev.sayiir.workflow.Identifiers;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Claims tasks and commits them. Each is one statement, followed by more only if it found nothing to commit, or a cancel
 * or pause that is to be carried out.
 */
final class ClaimService {

    private final ClaimRepository claims;
    private final InstanceRepository instances;
    private final SnapshotSaver saver;
    private final InstanceLock lock;
    private final SignalService signals;

    ClaimService(
            ClaimRepository claims,
            InstanceRepository instances,
            SnapshotSaver saver,
            InstanceLock lock,
            SignalService signals) {
        this.claims = claims;
        this.instances = instances;
        this.saver = saver;
        this.lock = lock;
        this.signals = signals;
    }

    /** A request that nobody was there to carry out is carried out first, and then there is nothing to do. */
    List<TaskClaim> claimAvailable(ClaimQuery query) {
        List<TaskClaim> toDo = new ArrayList<>();
        for (Claimed claimed : claims.claimAvailable(query)) {
            if (!claimed.signalled() || !isStopped(claimed.claim())) {
                toDo.add(claimed.claim());
            }
        }
        return toDo;
    }

    Optional<TaskClaim> claim(String instanceId, String taskId, String workerId, Duration ttl) {
        Identifiers.requireInstanceId(instanceId);
        Identifiers.requireForkId(taskId);
        Identifiers.requireName("worker id", workerId);
        ClaimQuery.requireDuration("ttl", ttl);
        Optional<TaskClaim> claimed = claims.claim(instanceId, taskId, workerId, ttl);
        if (claimed.isEmpty() && instances.find(instanceId).isEmpty()) {
            throw new SnapshotNotFoundException(instanceId);
        }
        return claimed;
    }

    /** Why nothing was written is found out under the instance's lock: an end, a lost claim, or another checkpoint. */
    CommittedTask commit(TaskClaim claim, WorkflowSnapshot snapshot, Optional<Duration> carryOn) {
        Claims.requireCommittable(claim, snapshot);
        carryOn.ifPresent(ttl -> ClaimQuery.requireDuration("ttl", ttl));
        Committed committed = saver.commit(claim, snapshot, carryOn)
                .orElseGet(() -> lock.unfinished(claim.instanceId(), stored -> {
                    if (!claims.isHeld(claim)) {
                        throw new ClaimLostException(claim);
                    }
                    if (stored.version() != snapshot.version() || stored.incarnation() != snapshot.incarnation()) {
                        throw new StaleSnapshotException(claim.instanceId(), snapshot.version(), stored.version());
                    }
                    return saver.commit(claim, snapshot, carryOn)
                            .orElseThrow(() -> InstanceLock.broken(claim.instanceId()));
                }));
        if (committed.signalled() && isStopped(committed.next().orElse(claim))) {
            return new CommittedTask(signals.load(claim.instanceId()), Optional.empty());
        }
        return new CommittedTask(snapshot.storedAs(committed.version(), snapshot.incarnation()), committed.next());
    }

    /** Carries a pending cancel or pause out; its task is given back, as nobody is going to work on it. */
    private boolean isStopped(TaskClaim claim) {
        boolean stopped = signals.check(claim.instanceId(), SignalKind.CANCEL, Optional.empty())
                || signals.check(claim.instanceId(), SignalKind.PAUSE, Optional.empty());
        if (stopped) {
            claims.release(claim);
        }
        return stopped;
    }
}
