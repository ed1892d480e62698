package dev.sayiir.postgres;

import dev.sayiir.codec.SnapshotSerializationException;
import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.Signals;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.StoreOperation;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.postgres.ClaimRepository.Claimed;
import dev.sayiir.workflow.Identifiers;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Claims tasks, in one statement, followed by more only where a cancel, a pause or an event is to be carried out. */
final class ClaimService {

    private static final Logger log = LoggerFactory.getLogger(ClaimService.class);

    private final TransientFailures failures;
    private final ClaimRepository claims;
    private final InstanceRepository instances;
    private final SnapshotLoader loader;
    private final SignalService signals;
    private final PostgresWakeUps wakeUps;
    private final StoreObserver observer;

    ClaimService(
            TransientFailures failures,
            ClaimRepository claims,
            InstanceRepository instances,
            SnapshotLoader loader,
            SignalService signals,
            PostgresWakeUps wakeUps,
            StoreObserver observer) {
        this.failures = failures;
        this.claims = claims;
        this.instances = instances;
        this.loader = loader;
        this.signals = signals;
        this.wakeUps = wakeUps;
        this.observer = observer;
    }

    /**
     * What cannot be decoded stays claimed: so it comes up once in the time of a claim instead of at every poll. Others take
     * its place, so that any number of such tasks does not keep a worker from the good ones.
     */
    List<ClaimedTask> claimAvailable(StoreOperation operation, ClaimQuery query) {
        List<ClaimedTask> toDo = new ArrayList<>();
        Set<TaskKey> undecodable = new HashSet<>();
        boolean again = true;
        while (again) {
            ClaimQuery missing = query.limit(query.limit() - toDo.size());
            again = false;
            for (Claimed claimed : failures.retry(operation, () -> claims.claimAvailable(missing))) {
                try {
                    toDo(operation, claimed).ifPresent(toDo::add);
                } catch (SnapshotSerializationException e) {
                    report(operation, claimed.claim(), String.valueOf(e.getMessage()));
                    again |= undecodable.add(TaskKey.of(claimed.claim()));
                }
            }
        }
        return toDo;
    }

    private record TaskKey(String instanceId, String taskId) {

        static TaskKey of(TaskClaim claim) {
            return new TaskKey(claim.instanceId(), claim.taskId());
        }
    }

    private void report(StoreOperation operation, TaskClaim claim, String error) {
        log.warn("A task is left alone until {}: {}", claim.expiresAt(), error);
        failures.retry(operation, () -> claims.report(claim, error));
    }

    /**
     * A request or an event that nobody was there to carry out or to consume comes first, and then there is nothing to do.
     */
    private Optional<ClaimedTask> toDo(StoreOperation operation, Claimed claimed) {
        TaskClaim claim = claimed.claim();
        if (claimed.signalled() && (isStopped(operation, claim) || isNotRunning(operation, claim))) {
            return Optional.empty();
        }
        WorkflowSnapshot snapshot = loader.restore(claim.instanceId(), claimed.stored());
        if (Signals.waitOf(snapshot).isPresent()
                && failures.retry(operation, () -> signals.deliverPending(claim.instanceId()))) {
            wakeUps.announce();
            return Optional.empty();
        }
        return Optional.of(new ClaimedTask(claim, snapshot));
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

    /** Another task of the instance, claimed with this one, may have stopped it. */
    private boolean isNotRunning(StoreOperation operation, TaskClaim claim) {
        boolean running = failures.retry(operation, () -> instances.find(claim.instanceId()))
                .filter(stored -> stored.status() == WorkflowStatus.IN_PROGRESS)
                .isPresent();
        if (!running) {
            failures.retry(operation, () -> claims.release(List.of(claim), Duration.ZERO));
        }
        return !running;
    }
}
