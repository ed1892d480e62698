package dev.sayiir.postgres;

import dev.sayiir.codec.SnapshotCodecs;
import dev.sayiir.codec.SnapshotSerializationException;
import dev.sayiir.persistence.InstanceAlreadyExistsException;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.StaleSnapshotException;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.postgres.InstanceRepository.Stored;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.function.Function;

/**
 * Decides how a snapshot is saved. The usual ways are one statement each, which says by its result whether it applied;
 * only when it did not, because somebody else was faster or the id is taken, a second look under the row's lock decides.
 */
final class SnapshotSaver {

    private final InstanceRepository instances;
    private final CheckpointRepository checkpoints;
    private final SnapshotCodecs codecs;
    private final InstanceLock lock;
    private final StoreObserver observer;

    SnapshotSaver(
            InstanceRepository instances,
            CheckpointRepository checkpoints,
            SnapshotCodecs codecs,
            InstanceLock lock,
            StoreObserver observer) {
        this.instances = instances;
        this.checkpoints = checkpoints;
        this.codecs = codecs;
        this.lock = lock;
        this.observer = observer;
    }

    WorkflowSnapshot create(WorkflowSnapshot snapshot, Write write) {
        return insert(snapshot, encode(snapshot), write)
                .or(() -> written(snapshot, write))
                .orElseThrow(() -> new InstanceAlreadyExistsException(snapshot.instanceId()));
    }

    WorkflowSnapshot save(WorkflowSnapshot snapshot, Write write) {
        byte[] data = encode(snapshot);
        return snapshot.version() > 0 ? saveOn(snapshot, data, write) : insertOrReplace(snapshot, data, write);
    }

    private WorkflowSnapshot saveOn(WorkflowSnapshot snapshot, byte[] data, Write write) {
        return update(snapshot, data, snapshot.version(), write)
                .or(() -> locked(snapshot, write, stored -> saveLocked(snapshot, data, stored, write)))
                .orElseThrow(() -> new SnapshotNotFoundException(snapshot.instanceId()));
    }

    private WorkflowSnapshot insertOrReplace(WorkflowSnapshot snapshot, byte[] data, Write write) {
        while (true) {
            Optional<WorkflowSnapshot> saved = insert(snapshot, data, write)
                    .or(() -> locked(snapshot, write, stored -> saveLocked(snapshot, data, stored, write)));
            if (saved.isPresent()) {
                return saved.get();
            } // else what stood in the way of the insert has been deleted meanwhile
        }
    }

    WorkflowSnapshot saveIfVersion(WorkflowSnapshot snapshot, long expectedVersion, Write write) {
        byte[] data = encode(snapshot);
        return update(snapshot, data, expectedVersion, write)
                .or(() -> locked(snapshot, write, stored -> {
                    if (stored.version() != expectedVersion) {
                        throw new StaleSnapshotException(snapshot.instanceId(), expectedVersion, stored.version());
                    }
                    return saveLocked(snapshot, data, stored, write);
                }))
                .orElseThrow(() -> new SnapshotNotFoundException(snapshot.instanceId()));
    }

    long saveResult(String instanceId, String taskId, Payload output, Write write) {
        OptionalLong saved =
                write.inDoubt() ? OptionalLong.empty() : checkpoints.addResult(instanceId, taskId, output, write);
        return saved.isPresent() ? saved.getAsLong() : saveResultLocked(instanceId, taskId, output, write);
    }

    private long saveResultLocked(String instanceId, String taskId, Payload output, Write write) {
        return lock.ifStored(instanceId, stored -> {
                    OptionalLong written = versionWritten(instanceId, write);
                    if (written.isPresent()) {
                        return written.getAsLong();
                    }
                    InstanceLock.requireUnfinished(instanceId, stored);
                    return checkpoints
                            .addResult(instanceId, taskId, output, write)
                            .orElseThrow(() -> InstanceLock.broken(instanceId));
                })
                .orElseThrow(() -> new SnapshotNotFoundException(instanceId));
    }

    /** What commits a task with a snapshot. */
    Commit commit(TaskClaim claim, WorkflowSnapshot snapshot, Optional<Duration> carryOn, Write write) {
        TaskChanges changes = snapshot.taskChanges().orElseThrow();
        return Commit.of(checkpoint(snapshot, encode(snapshot), changes, write), claim, carryOn);
    }

    /** Saves what was made of the stored snapshot while the lock has been held; nothing is written if it is refused. */
    Prepared prepare(WorkflowSnapshot snapshot, Stored stored) {
        requireSameInstance(snapshot, stored);
        byte[] data = encode(snapshot);
        Write write = Write.first();
        return () -> saveLocked(snapshot, data, stored, write);
    }

    /**
     * The same for an instance that goes on from an earlier version, finished or not; its places are to be left before.
     *
     * @param changes what is to be written of its tasks; empty for all of them
     */
    Prepared prepareRedrive(WorkflowSnapshot snapshot, Stored stored, Optional<TaskChanges> changes) {
        byte[] data = encode(snapshot);
        Write write = Write.first();
        return () -> changes.map(some -> redriven(checkpoint(snapshot, data, some, write), stored))
                .orElseGet(() -> replace(snapshot, data, stored, write, checkpoints::redriveAll));
    }

    private WorkflowSnapshot redriven(Checkpoint next, Stored stored) {
        long version = checkpoints
                .redrive(next, stored)
                .orElseThrow(() -> InstanceLock.broken(next.snapshot().instanceId()));
        return next.snapshot().storedAs(version, stored.incarnation());
    }

    /**
     * The version that an earlier attempt has stored, if that was in doubt and it has. One that may still be under way is
     * over when its row can be locked, or is found to have been inserted.
     */
    OptionalLong versionWritten(String instanceId, Write write) {
        return write.inDoubt() ? checkpoints.findWritten(instanceId, write) : OptionalLong.empty();
    }

    /** Does it unless an earlier attempt has; empty if there is no such instance. */
    private Optional<WorkflowSnapshot> locked(
            WorkflowSnapshot snapshot, Write write, Function<Stored, WorkflowSnapshot> save) {
        return lock.ifStored(
                snapshot.instanceId(),
                stored -> written(snapshot, write).orElseGet(() -> {
                    InstanceLock.requireUnfinished(snapshot.instanceId(), stored);
                    return save.apply(stored);
                }));
    }

    private Optional<WorkflowSnapshot> written(WorkflowSnapshot snapshot, Write write) {
        OptionalLong version = versionWritten(snapshot.instanceId(), write);
        return version.isEmpty()
                ? Optional.empty()
                : instances
                        .find(snapshot.instanceId())
                        .map(stored -> snapshot.storedAs(version.getAsLong(), stored.incarnation()));
    }

    /** A save that has passed all checks. */
    interface Prepared {
        WorkflowSnapshot save();
    }

    /** The id of the write serves as the number that tells the instance from others of its name. */
    private Optional<WorkflowSnapshot> insert(WorkflowSnapshot snapshot, byte[] data, Write write) {
        TaskChanges all = TaskChanges.replacing(Set.of(), snapshot);
        return checkpoints.insert(checkpoint(snapshot, data, all, write))
                ? Optional.of(snapshot.storedAs(1, write.id()))
                : Optional.empty();
    }

    /** Only a snapshot that knows what has changed since the version can be saved on top of it without a look. */
    private Optional<WorkflowSnapshot> update(WorkflowSnapshot snapshot, byte[] data, long basedOn, Write write) {
        return changesSince(snapshot, basedOn)
                .flatMap(changes -> update(checkpoint(snapshot, data, changes, write), basedOn));
    }

    private WorkflowSnapshot saveLocked(WorkflowSnapshot snapshot, byte[] data, Stored stored, Write write) {
        return update(snapshot, data, stored.version(), write).orElseGet(() -> {
            requireSameInstance(snapshot, stored);
            return replace(snapshot, data, stored, write, checkpoints::replace);
        });
    }

    private static Optional<TaskChanges> changesSince(WorkflowSnapshot snapshot, long version) {
        return snapshot.version() == version ? snapshot.taskChanges() : Optional.empty();
    }

    private Optional<WorkflowSnapshot> update(Checkpoint checkpoint, long basedOn) {
        WorkflowSnapshot snapshot = checkpoint.snapshot();
        OptionalLong version = checkpoints.update(checkpoint, basedOn);
        return version.isPresent()
                ? Optional.of(snapshot.storedAs(version.getAsLong(), snapshot.incarnation()))
                : Optional.empty();
    }

    private WorkflowSnapshot replace(
            WorkflowSnapshot snapshot,
            byte[] data,
            Stored stored,
            Write write,
            BiFunction<Checkpoint, Stored, OptionalLong> how) {
        String instanceId = snapshot.instanceId();
        TaskChanges changes = TaskChanges.replacing(instances.completedTasks(instanceId), snapshot);
        long version = how.apply(checkpoint(snapshot, data, changes, write), stored)
                .orElseThrow(() -> InstanceLock.broken(instanceId));
        return snapshot.storedAs(version, stored.incarnation());
    }

    private static Checkpoint checkpoint(WorkflowSnapshot snapshot, byte[] data, TaskChanges changes, Write write) {
        return new Checkpoint(snapshot, data, changes, write.id());
    }

    private static void requireSameInstance(WorkflowSnapshot snapshot, Stored stored) {
        if (snapshot.version() > 0 && snapshot.incarnation() != stored.incarnation()) {
            throw new StaleSnapshotException(snapshot.instanceId(), snapshot.version(), stored.version());
        }
    }

    private byte[] encode(WorkflowSnapshot snapshot) {
        try {
            requireStorable(BranchInputs.of(snapshot.fork()).size());
            byte[] data = codecs.encode(ControlState.of(snapshot));
            observer.snapshotEncoded(data.length);
            return data;
        } catch (SnapshotSerializationException e) {
            throw e.of(snapshot.instanceId(), 0);
        }
    }

    private void requireStorable(long branchInputBytes) {
        if (branchInputBytes > codecs.maxBytes()) {
            throw new SnapshotSerializationException(
                    "The inputs that its branches have of their own take "
                            + branchInputBytes + " bytes, and the limit is " + codecs.maxBytes()
                            + ". Leave out an input that is the output of the task before the fork, which is not copied, keep large"
                            + " data elsewhere, or raise the limit (sayiir.postgres.blob.max-size, or SnapshotCodecs.Builder.maxBytes)");
        }
    }
}
