package dev.sayiir.postgres;

import dev.sayiir.codec.SnapshotSerializationException;
import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.Signals;
import dev.sayiir.persistence.StoreOperation;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.postgres.ClaimedReader.Batch;
import dev.sayiir.postgres.DispatchRepository.Claimed;
import dev.sayiir.postgres.DispatchRepository.Unreadable;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;

/**
 * Hands out what is due: in one statement, followed by more only where something stands in the way of a task. What that is
 * concerns no other task, and is waited for by none.
 */
final class DispatchService {

    private static final Logger log = LoggerFactory.getLogger(DispatchService.class);

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
    private final ClaimedReader reader;
    private final DispatchRepository dispatch;
    private final ClaimRepository claims;
    private final InstanceRepository instances;
    private final SnapshotLoader loader;
    private final SignalService signals;
    private final ClaimService claiming;
    private final PostgresWakeUps wakeUps;
    private final BlockService blocking;
    private final LogLimit unreadableLines = new LogLimit();

    DispatchService(
            TransientFailures failures,
            DispatchRepository dispatch,
            ClaimRepository claims,
            InstanceRepository instances,
            SnapshotLoader loader,
            SignalService signals,
            ClaimService claiming,
            BlockService blocking,
            PostgresWakeUps wakeUps) {
        this.failures = failures;
        this.reader = new ClaimedReader(failures, dispatch, claims);
        this.dispatch = dispatch;
        this.claims = claims;
        this.instances = instances;
        this.loader = loader;
        this.signals = signals;
        this.claiming = claiming;
        this.blocking = blocking;
        this.wakeUps = wakeUps;
    }

    /**
     * What cannot be decoded is refused: others have it first, and it is blocked in the end. What the database cannot read is
     * given back for a time that doubles with every attempt: so it is behind all that can be done, and costs less and less.
     * Others take the place of both. While there is nothing but such tasks, more and more are looked at together, so that any number of them is passed within a few polls; those beyond what is wanted are given back at once.
     * An instance that goes on with an event that was there is due again, and is claimed by the same poll.
     */
    List<ClaimedTask> claimAvailable(StoreOperation operation, ClaimQuery query) {
        List<ClaimedTask> toDo = new ArrayList<>();
        int limit = query.limit();
        for (int round = 0; round < MAX_ROUNDS; round++) {
            Batch batch = claim(operation, query.limit(limit), toDo);
            Round selected = new Round(operation, query, toDo);
            selected.take(batch);
            boolean mayBeMore = batch.givenBack() || batch.size() == limit;
            boolean again = selected.delivered > 0 || (selected.setAside() > 0 && mayBeMore);
            if (!again || toDo.size() == query.limit()) {
                return toDo;
            }
            limit = selected.setAside() == batch.size() ? more(limit) : query.limit() - toDo.size();
        }
        // There is more, and it would be a pity to wait for the next poll before it is looked at.
        wakeUps.announce();
        return toDo;
    }

    /** If the database is gone now, what there is already is worth having. */
    private Batch claim(StoreOperation operation, ClaimQuery query, List<ClaimedTask> toDo) {
        try {
            return reader.claim(operation, query);
        } catch (DataAccessException failure) {
            if (toDo.isEmpty()) {
                throw failure;
            }
            return new Batch(List.of(), Optional.empty(), false);
        }
    }

    private static int more(int limit) {
        return Math.max(limit, Math.min(MAX_LOOK, Math.max(MIN_LOOK, 4 * limit)));
    }

    /** What becomes of the tasks that were claimed together. */
    private final class Round {

        private final StoreOperation operation;
        private final ClaimQuery query;
        private final List<ClaimedTask> toDo;
        private final List<Unreadable> unreadable = new ArrayList<>();
        private final List<TaskRefusal> undecodable = new ArrayList<>();
        private final List<TaskClaim> tooMany = new ArrayList<>();
        private int delivered;

        Round(StoreOperation operation, ClaimQuery query, List<ClaimedTask> toDo) {
            this.operation = operation;
            this.query = query;
            this.toDo = toDo;
        }

        int setAside() {
            return unreadable.size() + undecodable.size();
        }

        void take(Batch batch) {
            batch.unreadable()
                    .ifPresent(failed -> leaveAlone(
                            failed.claim(),
                            "Instance '" + failed.claim().instanceId() + "' cannot be read: "
                                    + TransientFailures.textOf(failed.failure())));
            batch.readable().forEach(this::take);
            if (!unreadable.isEmpty()) {
                failures.retry(operation, () -> dispatch.leaveAlone(unreadable));
            }
            if (!undecodable.isEmpty()) {
                blocking.refuse(operation, undecodable);
            }
            if (!tooMany.isEmpty()) {
                failures.retry(operation, () -> claims.release(tooMany, Duration.ZERO));
            }
        }

        private void take(Claimed claimed) {
            TaskClaim claim = claimed.claim();
            if (toDo.size() == query.limit()) {
                tooMany.add(claim);
                return;
            }
            try {
                toDo(claimed).ifPresent(toDo::add);
            } catch (SnapshotSerializationException | LinkageError e) {
                refuse(claim, String.valueOf(e.getMessage()));
            } catch (DataAccessException e) {
                if (failures.inCallersTransaction()) {
                    throw e;
                }
                leaveAlone(
                        claim,
                        "What is pending for instance '" + claim.instanceId() + "' cannot be carried out: "
                                + TransientFailures.textOf(e));
            }
        }

        /** A request or an event that nobody was there to carry out or to consume comes first, and then there is nothing to do. */
        private Optional<ClaimedTask> toDo(Claimed claimed) {
            TaskClaim claim = claimed.claim();
            // First, as without it nothing can be carried out either.
            WorkflowSnapshot snapshot = loader.restore(claim.instanceId(), claimed.stored());
            if (claimed.signalled() && (claiming.isStopped(operation, claim) || isNotRunning(claim))) {
                return Optional.empty();
            }
            if (Signals.waitOf(snapshot).isPresent()
                    && failures.retry(operation, () -> signals.deliverPending(claim.instanceId()))) {
                delivered++;
                return Optional.empty();
            }
            return Optional.of(new ClaimedTask(claim, snapshot));
        }

        /** Another task of the instance, claimed with this one, may have stopped it. */
        private boolean isNotRunning(TaskClaim claim) {
            boolean running = failures.retry(operation, () -> instances.find(claim.instanceId()))
                    .filter(stored -> stored.status() == WorkflowStatus.IN_PROGRESS)
                    .isPresent();
            if (!running) {
                failures.retry(operation, () -> claims.release(List.of(claim), Duration.ZERO));
            }
            return !running;
        }

        private void refuse(TaskClaim claim, String error) {
            Duration patience = query.blockAfter();
            Duration again = query.again();
            unreadableLines.log(more -> log.warn(
                    "A task cannot be done here, and is left for {}; it is blocked if nobody can within {}: {}{}",
                    again,
                    patience,
                    error,
                    more));
            undecodable.add(
                    new TaskRefusal(claim, BlockReason.UNREADABLE_SNAPSHOT, error, patience, again, query.build()));
        }

        private void leaveAlone(TaskClaim claim, String error) {
            Duration ttl = query.ttl();
            Duration longest = LONGEST_LEFT_ALONE.compareTo(ttl) > 0 ? LONGEST_LEFT_ALONE : ttl;
            int doublings = Math.min(claim.attempt() - 1, MAX_DOUBLINGS);
            Duration delay =
                    ttl.compareTo(longest.dividedBy(1L << doublings)) < 0 ? ttl.multipliedBy(1L << doublings) : longest;
            unreadableLines.log(more -> log.warn("A task is left alone for {}: {}{}", delay, error, more));
            unreadable.add(new Unreadable(claim, error, delay));
        }
    }
}
