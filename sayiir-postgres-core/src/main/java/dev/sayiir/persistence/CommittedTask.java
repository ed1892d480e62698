package dev.sayiir.persistence;

import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Optional;

/**
 * A task whose outcome is stored.
 *
 * @param snapshot the instance as it is stored now
 * @param next the claim of the task that comes next, if it was carried on to it
 */
public record CommittedTask(WorkflowSnapshot snapshot, Optional<TaskClaim> next) {}
