package dev.sayiir.postgres;

import dev.sayiir.codec.SnapshotSerializationException;
import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.Signals;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.StoreOperation;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.postgres.ClaimRepository.Claimed;
import dev.sayiir.postgres.ClaimRepository.Undecodable;
import dev.sayiir.workflow.Identifiers;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Claims tasks, in one statement, followed by more only where a cancel, a pause or an event is to be carried out. */
final class ClaimService {

    private static final Logger log = LoggerFactory.getLogger(ClaimService.class);

    /** How often one poll claims, each time with a statement that puts aside what cannot be decoded. */
    private static final int MAX_ROUNDS = 10;

    /** How many tasks to claim once all that came were undecodable: this at first, four times as many each time, up to that. */
    private static final int MIN_LOOK = 32;

    private static final int MAX_LOOK = 256;

    /** Unless a claim lasts longer. */
    private static final Duration LONGEST_LEFT_ALONE = Duration.ofMinutes(10);

    /** From the shortest claim, of 1 ms, to the longest time. */
    private static final int MAX_DOUBLINGS = 20;

    private final TransientFailures failures;
    private final ClaimRepository claims;
    private final InstanceRepository instances;
    private final SnapshotLoader loader;
    private final SignalService signals;
    private final PostgresWakeUps wakeUps;
    private final StoreObserver observer;
    private final LogLimit undecodableLines = new LogLimit();

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
     * What cannot be decoded is given back for a time that doubles with every attempt: so it is behind all that can be done,
     * and costs less and less. Others take its place. While there is nothing but such tasks, more and more are looked at
     * together, so that any number of them is passed within a few polls; those beyond what is wanted are given back at once.
     */
    List<ClaimedTask> claimAvailable(StoreOperation operation, ClaimQuery query) {
        List<ClaimedTask> toDo = new ArrayList<>();
        int limit = query.limit();
        for (int round = 0; round < MAX_ROUNDS; round++) {
            ClaimQuery wanted = query.limit(limit);
            List<Claimed> claimed = failures.retry(operation, () -> claims.claimAvailable(wanted));
            int undecodable = select(operation, claimed, query, toDo);
            if (undecodable == 0 || claimed.size() < limit || toDo.size() == query.limit()) {
                return toDo;
            }
            limit = undecodable == claimed.size() ? more(limit) : query.limit() - toDo.size();
        }
        // There is more, and it would be a pity to wait for the next poll before it is looked at.
        wakeUps.announce();
        return toDo;
    }

    private static int more(int limit) {
        return Math.max(limit, Math.min(MAX_LOOK, Math.max(MIN_LOOK, 4 * limit)));
    }

    /** How many cannot be decoded. */
    private int select(StoreOperation operation, List<Claimed> claimed, ClaimQuery query, List<ClaimedTask> toDo) {
        List<Undecodable> undecodable = new ArrayList<>();
        List<TaskClaim> tooMany = new ArrayList<>();
        for (Claimed each : claimed) {
            if (toDo.size() == query.limit()) {
                tooMany.add(each.claim());
                continue;
            }
            try {
                toDo(operation, each).ifPresent(toDo::add);
            } catch (SnapshotSerializationException e) {
                undecodable.add(undecodable(each.claim(), query.ttl(), String.valueOf(e.getMessage())));
            }
        }
        if (!undecodable.isEmpty()) {
            failures.retry(operation, () -> claims.leaveAlone(undecodable));
        }
        if (!tooMany.isEmpty()) {
            failures.retry(operation, () -> claims.release(tooMany, Duration.ZERO));
        }
        return undecodable.size();
    }

    private Undecodable undecodable(TaskClaim claim, Duration ttl, String error) {
        Duration longest = LONGEST_LEFT_ALONE.compareTo(ttl) > 0 ? LONGEST_LEFT_ALONE : ttl;
        int doublings = Math.min(claim.attempt() - 1, MAX_DOUBLINGS);
        Duration delay =
                ttl.compareTo(longest.dividedBy(1L << doublings)) < 0 ? ttl.multipliedBy(1L << doublings) : longest;
        undecodableLines.log(more -> log.warn("A task is left alone for {}: {}{}", delay, error, more));
        return new Undecodable(claim, error, delay);
    }

    /**
     * A request or an event that nobody was there to carry out or to consume comes first, and then there is nothing to do.
     */
    private Optional<ClaimedTask> toDo(StoreOperation operation, Claimed claimed) {
        TaskClaim claim = claimed.claim();
        // First, as without it nothing can be carried out either.
        WorkflowSnapshot snapshot = loader.restore(claim.instanceId(), claimed.stored());
        if (claimed.signalled() && (isStopped(operation, claim) || isNotRunning(operation, claim))) {
            return Optional.empty();
        }
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
