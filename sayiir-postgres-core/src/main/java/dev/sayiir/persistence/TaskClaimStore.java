package dev.sayiir.persistence;

import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * Shares out tasks among workers. A claim is exclusive until it is released or expires; an expired one can be taken
 * over by another worker, and from then on its former holder cannot write any more. Every time is the store's.
 *
 * <p>A task can be claimed once it is due: at once, or when its delay, its back-off or the time limit of its wait has
 * passed. Waits without a time limit, and tasks of paused or finished instances, are never due.
 *
 * <pre>{@code
 * for (ClaimedTask task : claims.claimAvailableTasks(ClaimQuery.of("worker-1", 10, Duration.ofMinutes(1)))) {
 *     String taskId = task.claim().taskId();
 *     Payload output = run(taskId, task.snapshot());
 *     claims.commitTask(task.claim(), task.snapshot().completeTask(taskId, output).moveTo(next), Optional.empty());
 * }
 * }</pre>
 */
public interface TaskClaimStore {

    /**
     * Finds due tasks and claims them, the most urgent ones first: by priority, in which a task rises the longer it has
     * been due. Tasks that failed last on this very worker come after all others. Never waits for another worker, and no
     * two workers get the same task.
     *
     * <p>What stands in the way of a task is dealt with instead: an instance for which a cancel or a pause is pending is
     * cancelled or paused, one that waits for an event which is there goes on with it (its next task is claimed by
     * the same call), one that cannot be decoded is logged and refused as by {@link #refuseTasks}, and one that the database
     * cannot read is logged, marked with the error, and left alone for the length of a claim, twice as long each time it comes
     * up again, up to ten minutes or the length of a claim.
     *
     * @param query which tasks are wanted, and for how long
     * @return the tasks, each with its claim and its instance, at most as many as the query says
     */
    List<ClaimedTask> claimAvailableTasks(ClaimQuery query);

    /**
     * Looks for due tasks, in the order in which they would be claimed, without claiming or locking any. By the time that
     * the caller looks, others may have them.
     *
     * @param query which tasks are wanted
     * @return the tasks, at most as many as the query says
     */
    List<AvailableTask> findAvailableTasks(ClaimQuery query);

    /**
     * Looks whether a task that a hint is about is due, and suits a worker, without claiming or locking it.
     *
     * @param instanceId the instance
     * @param taskId its task
     * @param query what the worker wants; its limit does not matter
     * @return the task; empty if it is not due, somebody has it, or the worker does not want it
     * @throws IllegalArgumentException if an id is not valid
     */
    Optional<AvailableTask> findHintedTask(String instanceId, String taskId, ClaimQuery query);

    /**
     * Claims one task.
     *
     * @param instanceId the instance
     * @param taskId its task
     * @param workerId who wants it
     * @param ttl for how long, 1 ms to {@value ClaimQuery#MAX_DAYS} days
     * @return the claim; empty if the task is not due, or somebody has it, be it the same worker
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws IllegalArgumentException if an id is not valid or the duration out of its range
     */
    Optional<TaskClaim> claimTask(String instanceId, String taskId, String workerId, Duration ttl);

    /**
     * Extends claims: each then ends that long after now. One that has expired counts as held as long as nobody has taken
     * it over. Never waits: a claim on a task that somebody else is changing at this moment is returned as it is, not
     * extended, and is to be asked for again soon.
     *
     * @param claims the claims
     * @param ttl for how long, 1 ms to {@value ClaimQuery#MAX_DAYS} days
     * @return those that are still held, as they are now, in no particular order; the others are lost
     * @throws IllegalArgumentException if the duration is out of its range
     */
    List<TaskClaim> extendTaskClaims(Collection<TaskClaim> claims, Duration ttl);

    /**
     * Looks whether a claim is held, without locking anything: by the time that the caller looks, it may be lost. One that has
     * expired counts as held as long as nobody has taken it over.
     *
     * @param claim the claim
     * @return whether it is held
     */
    boolean isHeld(TaskClaim claim);

    /**
     * Extends one claim.
     *
     * @param claim the claim
     * @param ttl for how long, 1 ms to {@value ClaimQuery#MAX_DAYS} days
     * @return the claim as it is now
     * @throws ClaimLostException if it is not held any more
     * @throws IllegalArgumentException if the duration is out of its range
     */
    default TaskClaim extendTaskClaim(TaskClaim claim, Duration ttl) {
        return extendTaskClaims(List.of(claim), ttl).stream()
                .findFirst()
                .orElseThrow(() -> new ClaimLostException(claim));
    }

    /**
     * Gives back all tasks of whoever claims them under that name, in whatever process: for those who know that all of
     * these are gone. Never waits: what somebody else is changing at this moment is free when its claim ends.
     *
     * @param workerId the worker
     * @return how many there were
     */
    int releaseTaskClaims(String workerId);

    /**
     * Gives tasks back, so that others can have them at once. Never waits: what somebody else is changing at this moment is
     * free when its claim ends.
     *
     * @param claims the claims; those of the same worker that are not among them stay
     * @param delay how long nobody is to have them, 0 to {@value ClaimQuery#MAX_DAYS} days
     * @return how many were still held and are given back
     * @throws IllegalArgumentException if the duration is out of its range
     */
    int releaseTaskClaims(Collection<TaskClaim> claims, Duration delay);

    /**
     * Gives a task back, so that others can have it at once. Never waits: if somebody else is changing the task at this
     * moment, it is free when the claim ends.
     *
     * @param claim the claim
     * @return whether it was still held and is given back
     */
    default boolean releaseTaskClaim(TaskClaim claim) {
        return releaseTaskClaims(List.of(claim), Duration.ZERO) == 1;
    }

    /**
     * Gives back tasks that their worker cannot do, in one statement. Each is left for others, who come first from now on; and
     * once its patience is over since it was first refused, it is <em>blocked</em>: not due any more, until {@link
     * RepairStore#unblock} lets it go on. Its instance stays as it is. A refusal counts as a failure of nobody; what comes out
     * of the task ends it. A cancel or a pause that is pending is carried out after that, unless the instance cannot be
     * decoded. Never waits.
     *
     * @param refusals the tasks, each once
     * @return what became of each, in the same order
     */
    List<TaskRefusal.Outcome> refuseTasks(List<TaskRefusal> refusals);

    /**
     * Blocks tasks of the worker's workflows that are none of its own, have been due for longer than {@link
     * ClaimQuery#blockAfter}, and of which nobody has a claim, be it on that of another instance of the workflow: so no worker is there that
     * can do them. Never waits. A worker that can unblocks them, by {@link RepairStore#unblock}.
     *
     * @param query the worker's, with its workflows and tasks
     * @return how many were blocked; possibly not all yet
     * @throws IllegalArgumentException if the query is of all workflows or all tasks
     */
    int blockUnhandledTasks(ClaimQuery query);

    /**
     * Looks whether what this thread asks of the store now is part of a transaction of the thread's, and would be undone with it. A
     * store without transactions says so as well, as nothing of it is ever outside of one.
     *
     * @return whether it is
     */
    boolean isInTransaction();

    /**
     * Saves what came out of a task and gives up the claim, both or neither: the next task, the end, a retry, a delay or
     * a wait, whatever the snapshot says. If it is to be carried on and the next task can be done at once, the claim
     * goes over to that task instead, so that the worker can go on without asking for it. A cancel or a pause that is
     * pending is carried out after that, and nothing is carried on.
     *
     * @param claim the claim on the task
     * @param snapshot the instance as it is to be: made from a snapshot that was loaded or saved while the task was held
     * @param carryOn for how long to claim the next task, which keeps the end of this claim while at least half of that is
     *     left; empty to leave it to whoever asks first
     * @return the stored snapshot, and the claim on the next task if there is one
     * @throws ClaimLostException if the claim is not held any more; nothing was written
     * @throws StaleSnapshotException if another checkpoint was saved meanwhile; nothing was written
     * @throws TerminalStateException if the instance is finished
     * @throws SnapshotNotFoundException if there is no such instance any more
     * @throws IllegalArgumentException if the snapshot is of another instance or was never stored, or the duration is
     *     out of its range
     */
    CommittedTask commitTask(TaskClaim claim, WorkflowSnapshot snapshot, Optional<Duration> carryOn);

    /**
     * Saves what came out of a task of a branch and gives up the claim, both or neither, whatever other branches have
     * committed since the task was claimed: no two of them are in each other's way. When the last branch is done, the task
     * that joins them is due. A cancel or a pause that is pending is carried out after that, and nothing is carried on. To
     * end the whole workflow from within a branch, commit a snapshot that has failed with {@link #commitTask}.
     *
     * @param claim the claim on the task, which has a {@link TaskClaim#branch() branch}
     * @param outcome what came out of it
     * @param carryOn for how long to claim the next task of the branch, which keeps the end of this claim while at least
     *     half of that is left; empty to leave it to whoever asks first
     * @return the claim on the next task if there is one
     * @throws ClaimLostException if the claim is not held any more; nothing was written
     * @throws TerminalStateException if the instance is finished
     * @throws SnapshotNotFoundException if there is no such instance any more
     * @throws IllegalArgumentException if the task is not part of a branch, or the duration is out of its range
     */
    CommittedBranchTask commitBranchTask(TaskClaim claim, BranchOutcome outcome, Optional<Duration> carryOn);

    /**
     * Saves what came out of several tasks together, each as by {@link #commitTask} or {@link #commitBranchTask}, but
     * without waiting for anybody: what cannot be stored now says so by its own result, and the others are stored. Joins
     * the caller's transaction if there is one, which a failure of the database then ends for all.
     *
     * @param commits what came out of which tasks; each task once
     * @return what became of each, in the same order
     */
    List<CommitResult> commitTasks(List<TaskCommit> commits);

    /**
     * Asks the store for next to nothing: whether it can be reached and written to now. For those who want to know whether
     * something failed because of what they asked, or because there was nobody to answer. Not tried again.
     *
     * @throws RuntimeException if it cannot, as a {@code DataAccessException} that says why
     */
    void ping();
}
