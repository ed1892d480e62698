package dev.sayiir.persistence;

import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What the columns say of an instance.
 *
 * @param instanceId its id
 * @param definitionHash the workflow that it is an instance of
 * @param status its status
 * @param positionKind the kind of its position, such as {@code AtTask}; empty once finished
 * @param currentTaskId the task at which it stands; empty once finished
 * @param completedTaskCount how many of its tasks are done, also once finished
 * @param error what went wrong, if it failed
 * @param priority how urgent its tasks are
 * @param tags what a worker must offer to be given its tasks
 * @param version the version of its last checkpoint
 * @param createdAt when it was created, in whole seconds, by the clock of whoever created it
 * @param updatedAt when its last checkpoint was saved, by the store's clock
 * @param completedAt when it was completed, failed or cancelled, by the store's clock
 */
public record WorkflowSummary(
        String instanceId,
        String definitionHash,
        WorkflowStatus status,
        Optional<String> positionKind,
        Optional<String> currentTaskId,
        int completedTaskCount,
        Optional<String> error,
        TaskPriority priority,
        List<String> tags,
        long version,
        Instant createdAt,
        Instant updatedAt,
        Optional<Instant> completedAt) {

    /** Copies the list. */
    public WorkflowSummary {
        tags = List.copyOf(tags);
    }
}
