package dev.sayiir.postgres;

import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.StaleSnapshotException;
import dev.sayiir.persistence.StoreOperation;
import dev.sayiir.persistence.TaskCommit;
import dev.sayiir.postgres.CheckpointRepository.Committed;
import dev.sayiir.postgres.InstanceRepository.Stored;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Commits tasks of the main line: each in one statement, followed by more only if it found nothing to commit, or a cancel or
 * pause that is to be carried out.
 */
final class CommitService {

    private final TransientFailures failures;
    private final CheckpointRepository checkpoints;
    private final ClaimRepository claims;
    private final SnapshotLoader loader;
    private final SnapshotSaver saver;
    private final OnceLocked once;
    private final ClaimService claiming;
    private final EventTeller teller;

    CommitService(
            TransientFailures failures,
            CheckpointRepository checkpoints,
            ClaimRepository claims,
            SnapshotLoader loader,
            SnapshotSaver saver,
            OnceLocked once,
            ClaimService claiming,
            EventTeller teller) {
        this.failures = failures;
        this.checkpoints = checkpoints;
        this.claims = claims;
        this.loader = loader;
        this.saver = saver;
        this.once = once;
        this.claiming = claiming;
        this.teller = teller;
    }

    /** Waits for whoever is changing the instance. */
    CommittedTask commit(StoreOperation operation, TaskCommit.OfTask task) {
        Committed committed = once.write(
                operation,
                task.claim().instanceId(),
                write -> write(task, write),
                (stored, write) -> writeLocked(stored, task, write, true));
        return followed(operation, task, committed);
    }

    /** The same without waiting: empty if somebody else is changing the instance at this moment. */
    Optional<CommittedTask> commitIfFree(StoreOperation operation, TaskCommit.OfTask task, Write first) {
        return once.writeIfFree(
                        operation,
                        task.claim().instanceId(),
                        first,
                        write -> write(task, write),
                        (stored, write) -> writeLocked(stored, task, write, false))
                .map(committed -> followed(operation, task, committed));
    }

    /** What it is that commits the task, to be stored together with others. */
    Commit prepare(TaskCommit.OfTask task, Write write) {
        return saver.commit(task.claim(), task.snapshot(), task.carryOn(), write);
    }

    private Optional<Committed> write(TaskCommit.OfTask task, Write write) {
        return checkpoints.commit(prepare(task, write));
    }

    /**
     * Why nothing was written is found out under the instance's lock: an earlier attempt was committed after all, or there
     * is an end, a lost claim, or another checkpoint. Empty if none of that is so, and somebody has locked the task.
     */
    private Optional<Committed> writeLocked(Stored stored, TaskCommit.OfTask task, Write write, boolean waits) {
        WorkflowSnapshot snapshot = task.snapshot();
        String instanceId = snapshot.instanceId();
        OptionalLong written = saver.versionWritten(instanceId, write);
        if (written.isPresent()) {
            return Optional.of(writtenBefore(task, written.getAsLong()));
        }
        InstanceLock.requireUnfinished(instanceId, stored);
        claiming.requireHeld(task.claim(), waits);
        if (stored.version() != snapshot.version() || stored.incarnation() != snapshot.incarnation()) {
            throw new StaleSnapshotException(instanceId, snapshot.version(), stored.version());
        }
        return write(task, write);
    }

    /** Whether the instance is signalled remains to be seen. */
    private Committed writtenBefore(TaskCommit.OfTask task, long version) {
        return new Committed(
                version,
                task.snapshot().openTask().flatMap(next -> claims.carriedOn(task.claim(), next.taskId(), version)),
                true);
    }

    /** What has been asked of the instance comes after what was stored. */
    CommittedTask followed(StoreOperation operation, TaskCommit.OfTask task, Committed committed) {
        teller.saved(task.snapshot());
        if (committed.signalled()
                && claiming.isStopped(operation, committed.next().orElse(task.claim()))) {
            return new CommittedTask(load(operation, task.claim().instanceId()), Optional.empty());
        }
        WorkflowSnapshot snapshot = task.snapshot();
        return new CommittedTask(snapshot.storedAs(committed.version(), snapshot.incarnation()), committed.next());
    }

    private WorkflowSnapshot load(StoreOperation operation, String instanceId) {
        return failures.retry(operation, () -> loader.current(instanceId))
                .orElseThrow(() -> new SnapshotNotFoundException(instanceId));
    }
}
