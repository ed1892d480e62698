package dev.sayiir.postgres;

import dev.sayiir.codec.SnapshotCodecs;
import dev.sayiir.codec.SnapshotSerializationException;
import dev.sayiir.persistence.InstanceAlreadyExistsException;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.StaleSnapshotException;
import dev.sayiir.persistence.TerminalStateException;
import dev.sayiir.postgres.InstanceRepository.Stored;
import dev.sayiir.postgres.InstanceRepository.StoredTasks;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Decides how a snapshot is saved. The usual ways are one statement each, which says by its result whether it applied;
 * only when it did not, because somebody else was faster or the id is taken, a second look under the row's lock decides.
 */
final class SnapshotSaver {

    private final InstanceRepository instances;
    private final CheckpointRepository checkpoints;
    private final SnapshotCodecs codecs;
    private final TransactionOperations transactions;

    SnapshotSaver(
            InstanceRepository instances,
            CheckpointRepository checkpoints,
            SnapshotCodecs codecs,
            TransactionOperations transactions) {
        this.instances = instances;
        this.checkpoints = checkpoints;
        this.codecs = codecs;
        this.transactions = transactions;
    }

    WorkflowSnapshot create(WorkflowSnapshot snapshot) {
        return insert(snapshot, encode(snapshot))
                .orElseThrow(() -> new InstanceAlreadyExistsException(snapshot.instanceId()));
    }

    WorkflowSnapshot save(WorkflowSnapshot snapshot) {
        byte[] data = encode(snapshot);
        if (snapshot.version() > 0) {
            return update(snapshot, data, snapshot.version())
                    .orElseGet(() -> underLock(snapshot.instanceId(), stored -> replace(snapshot, data, stored)));
        }
        while (true) {
            Optional<WorkflowSnapshot> saved = insert(snapshot, data)
                    .or(() -> ifStored(snapshot.instanceId(), stored -> replace(snapshot, data, stored)));
            if (saved.isPresent()) {
                return saved.get();
            } // else what stood in the way of the insert has been deleted meanwhile
        }
    }

    WorkflowSnapshot saveIfVersion(WorkflowSnapshot snapshot, long expectedVersion) {
        byte[] data = encode(snapshot);
        return update(snapshot, data, expectedVersion)
                .orElseGet(() -> underLock(snapshot.instanceId(), stored -> {
                    if (stored.version() != expectedVersion) {
                        throw new StaleSnapshotException(snapshot.instanceId(), expectedVersion, stored.version());
                    }
                    return replace(snapshot, data, stored);
                }));
    }

    long saveResult(String instanceId, String taskId, Payload output) {
        OptionalLong saved = checkpoints.addResult(instanceId, taskId, output);
        return saved.isPresent()
                ? saved.getAsLong()
                : underLock(
                        instanceId,
                        stored -> checkpoints
                                .addResult(instanceId, taskId, output)
                                .orElseThrow(() -> changedUnderLock(instanceId)));
    }

    private Optional<WorkflowSnapshot> insert(WorkflowSnapshot snapshot, byte[] data) {
        TaskChanges all = TaskChanges.replacing(Set.of(), Map.of(), snapshot);
        long incarnation = 1 + ThreadLocalRandom.current().nextLong(Long.MAX_VALUE);
        return checkpoints.insert(new Checkpoint(snapshot, data, all), incarnation)
                ? Optional.of(snapshot.storedAs(1, incarnation))
                : Optional.empty();
    }

    /** Only a snapshot that knows what has changed since the version can be saved on top of it without a look. */
    private Optional<WorkflowSnapshot> update(WorkflowSnapshot snapshot, byte[] data, long basedOn) {
        if (snapshot.version() != basedOn) {
            return Optional.empty();
        }
        return snapshot.taskChanges().flatMap(changes -> {
            OptionalLong version = checkpoints.update(new Checkpoint(snapshot, data, changes), basedOn);
            return version.isPresent()
                    ? Optional.of(snapshot.storedAs(version.getAsLong(), snapshot.incarnation()))
                    : Optional.empty();
        });
    }

    private WorkflowSnapshot replace(WorkflowSnapshot snapshot, byte[] data, Stored stored) {
        String instanceId = snapshot.instanceId();
        if (snapshot.version() > 0 && snapshot.incarnation() != stored.incarnation()) {
            throw new StaleSnapshotException(instanceId, snapshot.version(), stored.version());
        }
        StoredTasks tasks = instances.tasks(instanceId);
        TaskChanges changes = TaskChanges.replacing(tasks.completed(), tasks.open(), snapshot);
        long version = checkpoints
                .replace(new Checkpoint(snapshot, data, changes), stored.version())
                .orElseThrow(() -> changedUnderLock(instanceId));
        return snapshot.storedAs(version, stored.incarnation());
    }

    /** What has to be done with the instance locked; it is there and not finished. */
    private interface Locked<T> {
        T apply(Stored stored);
    }

    private <T> T underLock(String instanceId, Locked<T> action) {
        return ifStored(instanceId, action).orElseThrow(() -> new SnapshotNotFoundException(instanceId));
    }

    private <T> Optional<T> ifStored(String instanceId, Locked<T> action) {
        Optional<Supplier<T>> outcome = transactions.execute(
                transaction -> instances.lock(instanceId).map(stored -> outcome(instanceId, stored, action)));
        return outcome.map(Supplier::get);
    }

    /** A refusal writes nothing. It is thrown outside the transaction, so that it does not doom the caller's. */
    private static <T> Supplier<T> outcome(String instanceId, Stored stored, Locked<T> action) {
        if (stored.status().isTerminal()) {
            return () -> {
                throw new TerminalStateException(instanceId, stored.status());
            };
        }
        try {
            T result = action.apply(stored);
            return () -> result;
        } catch (StaleSnapshotException refusal) {
            return () -> {
                throw refusal;
            };
        }
    }

    private byte[] encode(WorkflowSnapshot snapshot) {
        try {
            return codecs.encode(ControlState.of(snapshot));
        } catch (SnapshotSerializationException e) {
            throw e.of(snapshot.instanceId(), 0);
        }
    }

    private static IllegalStateException changedUnderLock(String instanceId) {
        return new IllegalStateException("Instance '" + instanceId
                + "' changed while its row was locked. Run the operation in a transaction that is READ COMMITTED, and "
                + "see that no trigger of yours changes the table");
    }
}
