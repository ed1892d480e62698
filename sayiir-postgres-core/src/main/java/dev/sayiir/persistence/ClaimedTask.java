package dev.sayiir.persistence;

import dev.sayiir.workflow.WorkflowSnapshot;

/**
 * A task to be done: all that a worker needs to do it and to commit it.
 *
 * <p>A task of a branch comes with what it needs and no more, however many branches there are: the input of the workflow, the
 * fork with this branch alone, the branch's own input if it has one, and else the output of the task before. It is not told of
 * other branches or earlier results; {@link TaskResultStore#loadTaskResult} is there for those. Its snapshot can neither be saved
 * nor committed, which is refused with {@link StaleSnapshotException}: load the instance for that.
 *
 * @param claim the claim on the task
 * @param snapshot its instance, as it was when the task was claimed; of a task of a branch, what it needs of it
 */
public record ClaimedTask(TaskClaim claim, WorkflowSnapshot snapshot) {}
