package dev.sayiir.persistence;

import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.List;
import java.util.Optional;

/**
 * Keeps the snapshot of every instance, and a history of all its checkpoints.
 *
 * <p>Each operation is atomic. It joins the caller's Spring transaction if there is one; else it commits by itself.
 * Whatever is not valid is refused with {@link IllegalArgumentException} before anything is sent to the store. Several
 * threads and processes may use a store at once.
 *
 * <pre>{@code
 * WorkflowSnapshot order = store.createSnapshot(WorkflowSnapshot.start("order-4711", "fulfilment-v1", input));
 * order = store.saveSnapshot(order.completeTask("reserve", output));
 * WorkflowSnapshot afterCrash = store.loadSnapshot("order-4711");
 * }</pre>
 */
public interface SnapshotStore extends TaskResultStore {

    /**
     * Saves a checkpoint: inserts the instance, or replaces what is stored whatever that is. A snapshot that is still
     * based on the stored version costs one statement that writes only what is new.
     *
     * @param snapshot what to store
     * @return the same snapshot with its new version; carry on with this one
     * @throws TerminalStateException if the stored instance is completed, failed or cancelled
     * @throws SnapshotNotFoundException if the snapshot came from an instance that has been deleted since
     * @throws StaleSnapshotException if the snapshot came from an instance that has been deleted since, and another one
     *     has its id now
     * @throws dev.sayiir.codec.SnapshotSerializationException if the snapshot is larger than allowed
     */
    WorkflowSnapshot saveSnapshot(WorkflowSnapshot snapshot);

    /**
     * Saves the first checkpoint of a new instance. Of several callers with one id exactly one succeeds.
     *
     * @param snapshot what to store
     * @return the same snapshot with version 1
     * @throws InstanceAlreadyExistsException if the id is taken
     * @throws dev.sayiir.codec.SnapshotSerializationException if the snapshot is larger than allowed
     */
    WorkflowSnapshot createSnapshot(WorkflowSnapshot snapshot);

    /**
     * Saves a checkpoint only if the stored one has not moved on.
     *
     * @param snapshot what to store
     * @param expectedVersion the version that has to be the stored one, at least 1
     * @return the same snapshot with its new version
     * @throws StaleSnapshotException if another version is stored; nothing is written
     * @throws TerminalStateException if the stored instance is completed, failed or cancelled
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws dev.sayiir.codec.SnapshotSerializationException if the snapshot is larger than allowed
     */
    WorkflowSnapshot saveSnapshotIfVersion(WorkflowSnapshot snapshot, long expectedVersion);

    /**
     * Records what one task gave back, without touching anything else: parallel branches never lose each other's
     * results, nor a pause that comes in between. Recording a task again replaces its output.
     *
     * @param instanceId the instance
     * @param taskId the task
     * @param output its output, possibly of no bytes
     * @return the new version of the instance
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws TerminalStateException if it is completed, failed or cancelled
     */
    long saveTaskResult(String instanceId, String taskId, Payload output);

    /**
     * @param instanceId the instance
     * @return its snapshot, with every result
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws dev.sayiir.codec.SnapshotSerializationException if what is stored cannot be decoded
     */
    default WorkflowSnapshot loadSnapshot(String instanceId) {
        return findSnapshot(instanceId).orElseThrow(() -> new SnapshotNotFoundException(instanceId));
    }

    /**
     * @param instanceId the instance
     * @return its snapshot, with every result, if there is one
     * @throws dev.sayiir.codec.SnapshotSerializationException if what is stored cannot be decoded
     */
    Optional<WorkflowSnapshot> findSnapshot(String instanceId);

    /**
     * Removes every trace of an instance: snapshot, history, tasks, claims and events.
     *
     * @param instanceId the instance
     * @throws SnapshotNotFoundException if there is no such instance
     */
    void deleteSnapshot(String instanceId);

    /**
     * Every instance there is; {@link WorkflowQueries} pages through them.
     *
     * @return all instance ids, in the order of their UTF-8 bytes
     */
    List<String> listSnapshots();
}
