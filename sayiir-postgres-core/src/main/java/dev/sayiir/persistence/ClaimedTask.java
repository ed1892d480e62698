package dev.sayiir.persistence;

import dev.sayiir.workflow.WorkflowSnapshot;

/**
 * A task to be done: all that a worker needs to do it and to commit it.
 *
 * @param claim the claim on the task
 * @param snapshot its instance, as it was when the task was claimed
 */
public record ClaimedTask(TaskClaim claim, WorkflowSnapshot snapshot) {}
