package dev.sayiir.postgres;

import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.Claims;
import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.StaleSnapshotException;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.Identifiers;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.Optional;

/** Claims tasks and commits them. Each is one statement; only one that found nothing to do is followed by a look why. */
final class ClaimService {

    private final ClaimRepository claims;
    private final InstanceRepository instances;
    private final SnapshotSaver saver;
    private final InstanceLock lock;

    ClaimService(ClaimRepository claims, InstanceRepository instances, SnapshotSaver saver, InstanceLock lock) {
        this.claims = claims;
        this.instances = instances;
        this.saver = saver;
        this.lock = lock;
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
        return saver.commit(claim, snapshot, carryOn)
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
    }
}
