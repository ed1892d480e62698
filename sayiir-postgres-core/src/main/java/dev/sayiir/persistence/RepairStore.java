package dev.sayiir.persistence;

import dev.sayiir.workflow.WorkflowSnapshot;

/**
 * Lets go on what stands still, has ended, or is to begin again from an earlier version. Each operation is one transaction and
 * joins the caller's. Earlier versions stay as they are, and the event log says who did it and why.
 *
 * <pre>{@code
 * SignalRequest request = SignalRequest.of("the input is read again since 2.3.1", "ada");
 * while (repairs.unblock(BlockedQuery.all().atTask("charge"), request) > 0) {}
 * repairs.redrive("order-4711", RedriveRequest.fromFailure(), request);
 * }</pre>
 */
public interface RepairStore {

    /**
     * Lets blocked tasks go on, those first that have been blocked the longest: they are due at once, or when their instance
     * is resumed, with no crash counted against them. Never waits: a task of an instance that somebody else is changing at
     * this moment stays blocked.
     *
     * @param query which tasks; its limit says how many at most
     * @param request who asks, and why
     * @return how many go on
     */
    int unblock(BlockedQuery query, SignalRequest request);

    /**
     * Lets an instance go on from an earlier version of itself, under its own id: if it has failed or was cancelled, or if
     * nobody is working on it. That version becomes the next one: its position, loop rounds and results count again, later
     * results do not count any more. All retries begin anew. A branch of a fork that was not done goes on with the task that
     * it had come to. A time limit of a wait that has passed gets as much time again as was left of it in that version.
     *
     * <p>External events that were pending when the instance ended are pending again. Those that were consumed stay consumed.
     *
     * @param instanceId the instance
     * @param redrive from where it goes on, and what is changed there
     * @param request who asks, and why
     * @return its new snapshot, which is in progress
     * @throws SnapshotNotFoundException if there is no such instance, or not the version of it, as after retention
     * @throws RepairRefusedException if it has not ended and is to go on from its failure; it completed and that is not
     *     allowed for; somebody is working on it; or it cannot go on from there, or not with those changes
     * @throws ValueTooLargeException if a new input or result is too large
     * @throws dev.sayiir.codec.SnapshotSerializationException if the version cannot be decoded
     * @throws IllegalArgumentException if the id is not valid
     */
    WorkflowSnapshot redrive(String instanceId, RedriveRequest redrive, SignalRequest request);

    /**
     * Makes a new instance that begins with the state of a version of another one, whatever that one is doing now: its
     * position, its input and its results, as for {@link #redrive}. The event logs of both name the other one. Events of the
     * other one are not copied.
     *
     * @param instanceId the instance to begin from
     * @param version its version
     * @param newInstanceId what to call the new one, 1 to 256 bytes of UTF-8
     * @param request who asks, and why
     * @return the first snapshot of the new instance, which is in progress
     * @throws SnapshotNotFoundException if there is no such instance, or not the version of it, as after retention
     * @throws InstanceAlreadyExistsException if the new id is taken
     * @throws RepairRefusedException if the instance had ended in that version, or nothing can go on from it
     * @throws dev.sayiir.codec.SnapshotSerializationException if the version cannot be decoded
     * @throws IllegalArgumentException if an id is not valid or the version is below 1
     */
    WorkflowSnapshot fork(String instanceId, long version, String newInstanceId, SignalRequest request);
}
