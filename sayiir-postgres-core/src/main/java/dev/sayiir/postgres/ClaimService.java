package dev.sayiir.postgres;

import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.StoreOperation;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.Identifiers;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/** Claims on tasks that are known, and what is asked of their instances. */
final class ClaimService {

    private final TransientFailures failures;
    private final ClaimRepository claims;
    private final InstanceRepository instances;
    private final SignalService signals;
    private final StoreObserver observer;

    ClaimService(
            TransientFailures failures,
            ClaimRepository claims,
            InstanceRepository instances,
            SignalService signals,
            StoreObserver observer) {
        this.failures = failures;
        this.claims = claims;
        this.instances = instances;
        this.signals = signals;
        this.observer = observer;
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

    List<TaskClaim> extend(Collection<TaskClaim> held, Duration ttl) {
        List<TaskClaim> extended = claims.extend(held, ttl);
        if (extended.size() < held.size()) {
            observer.claimsLost(held.size() - extended.size());
        }
        return extended;
    }

    /**
     * Throws {@link ClaimLostException} if it is so; else, if it waits for whoever has locked it, it cannot be lost before the
     * transaction ends.
     */
    void requireHeld(TaskClaim claim, boolean waits) {
        if (!(waits ? claims.keep(claim) : claims.isHeld(claim))) {
            observer.claimsLost(1);
            throw new ClaimLostException(claim);
        }
    }

    /**
     * Carries a pending cancel or pause out; its task is given back, as nobody is going to work on it. Each step is tried
     * again by itself: what one has done is not to be found undone by the next.
     */
    boolean isStopped(StoreOperation operation, TaskClaim claim) {
        boolean stopped =
                isStopped(operation, claim, SignalKind.CANCEL) || isStopped(operation, claim, SignalKind.PAUSE);
        if (stopped) {
            failures.retry(operation, () -> claims.release(List.of(claim), Duration.ZERO));
        }
        return stopped;
    }

    private boolean isStopped(StoreOperation operation, TaskClaim claim, SignalKind kind) {
        return failures.retry(operation, () -> signals.check(claim.instanceId(), kind, Optional.empty()));
    }
}
