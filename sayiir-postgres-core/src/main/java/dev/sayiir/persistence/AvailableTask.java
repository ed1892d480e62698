package dev.sayiir.persistence;

import dev.sayiir.workflow.TaskPriority;
import java.time.Instant;

/**
 * A task that is due and that nobody has claimed.
 *
 * @param instanceId the instance
 * @param taskId its task
 * @param definitionHash which workflow it is an instance of
 * @param priority how urgent it is
 * @param readyAt since when it has been due, by the store's clock
 */
public record AvailableTask(
        String instanceId, String taskId, String definitionHash, TaskPriority priority, Instant readyAt) {}
