package dev.sayiir.postgres;

import dev.sayiir.codec.SnapshotSerializationException;
import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.Claims;
import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.Signals;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.StaleSnapshotException;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.postgres.CheckpointRepository.Committed;
import dev.sayiir.postgres.ClaimRepository.Claimed;
import dev.sayiir.workflow.Identifiers;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Claims tasks and commits them. Each is one statement, followed by more only if it found nothing to commit, or a cancel
 * or pause that is to be carried out.
 */
final class ClaimService {

    private static final Logger log = LoggerFactory.getLogger(ClaimService.class);

    private final ClaimRepository claims;
    private final InstanceRepository instances;
    private final SnapshotLoader loader;
    private final SnapshotSaver saver;
    private final InstanceLock lock;
    private final SignalService signals;
    private final PostgresWakeUps wakeUps;
    private final StoreObserver observer;

    ClaimService(
            ClaimRepository claims,
            InstanceRepository instances,
            SnapshotLoader loader,
            SnapshotSaver saver,
            InstanceLock lock,
            SignalService signals,
            PostgresWakeUps wakeUps,
            StoreObserver observer) {
        this.claims = claims;
        this.instances = instances;
        this.loader = loader;
        this.saver = saver;
        this.lock = lock;
        this.signals = signals;
        this.wakeUps = wakeUps;
        this.observer = observer;
    }

    List<ClaimedTask> claimAvailable(ClaimQuery query) {
        List<ClaimedTask> toDo = new ArrayList<>();
        for (Claimed claimed : claims.claimAvailable(query)) {
            toDo(claimed).ifPresent(toDo::add);
        }
        return toDo;
    }

    /**
     * A request or an event that nobody was there to carry out or to consume comes first, and then there is nothing to do.
     * What cannot be decoded stays claimed: so it comes up once in the time of a claim instead of at every poll.
     */
    private Optional<ClaimedTask> toDo(Claimed claimed) {
        TaskClaim claim = claimed.claim();
        try {
            if (claimed.signalled() && isStopped(claim)) {
                return Optional.empty();
            }
            WorkflowSnapshot snapshot = loader.restore(claim.instanceId(), claimed.stored());
            if (Signals.waitOf(snapshot).isPresent() && signals.deliverPending(claim.instanceId())) {
                wakeUps.announce();
                return Optional.empty();
            }
            return Optional.of(new ClaimedTask(claim, snapshot));
        } catch (SnapshotSerializationException e) {
            log.warn("A task is left alone until {}: {}", claim.expiresAt(), e.getMessage());
            claims.report(claim, String.valueOf(e.getMessage()));
            return Optional.empty();
        }
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

    /** Throws {@link ClaimLostException} if it is so; else it cannot be lost before the transaction ends. */
    void requireHeld(TaskClaim claim) {
        if (!claims.isHeld(claim)) {
            observer.claimsLost(1);
            throw new ClaimLostException(claim);
        }
    }

    CommittedTask commit(TaskClaim claim, WorkflowSnapshot snapshot, Optional<Duration> carryOn, Write write) {
        Claims.requireCommittable(claim, snapshot);
        carryOn.ifPresent(ttl -> ClaimQuery.requireDuration("ttl", ttl));
        Committed committed = committedBefore(claim, snapshot, write)
                .or(() -> saver.commit(claim, snapshot, carryOn, write))
                .orElseGet(() -> commitLocked(claim, snapshot, carryOn, write));
        if (committed.signalled() && isStopped(committed.next().orElse(claim))) {
            return new CommittedTask(signals.load(claim.instanceId()), Optional.empty());
        }
        return new CommittedTask(snapshot.storedAs(committed.version(), snapshot.incarnation()), committed.next());
    }

    /** What an earlier attempt has committed; whether the instance is signalled remains to be seen. */
    private Optional<Committed> committedBefore(TaskClaim claim, WorkflowSnapshot snapshot, Write write) {
        OptionalLong version = saver.versionWritten(claim.instanceId(), write);
        return version.isEmpty()
                ? Optional.empty()
                : Optional.of(new Committed(
                        version.getAsLong(),
                        snapshot.openTask().flatMap(next -> claims.carriedOn(claim, next.taskId())),
                        true));
    }

    /** Why nothing was written is found out under the instance's lock: an end, a lost claim, or another checkpoint. */
    private Committed commitLocked(
            TaskClaim claim, WorkflowSnapshot snapshot, Optional<Duration> carryOn, Write write) {
        return lock.unfinished(claim.instanceId(), stored -> {
            requireHeld(claim);
            if (stored.version() != snapshot.version() || stored.incarnation() != snapshot.incarnation()) {
                throw new StaleSnapshotException(claim.instanceId(), snapshot.version(), stored.version());
            }
            return saver.commit(claim, snapshot, carryOn, write)
                    .orElseThrow(() -> InstanceLock.broken(claim.instanceId()));
        });
    }

    /** Carries a pending cancel or pause out; its task is given back, as nobody is going to work on it. */
    boolean isStopped(TaskClaim claim) {
        boolean stopped = signals.check(claim.instanceId(), SignalKind.CANCEL, Optional.empty())
                || signals.check(claim.instanceId(), SignalKind.PAUSE, Optional.empty());
        if (stopped) {
            claims.release(claim);
        }
        return stopped;
    }
}
