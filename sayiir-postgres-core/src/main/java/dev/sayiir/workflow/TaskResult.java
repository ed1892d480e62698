package dev.sayiir.workflow;

/**
 * What a task gave back.
 *
 * @param taskId the task
 * @param output its output, possibly of no bytes
 */
public record TaskResult(String taskId, Payload output) {

    /** @throws IllegalArgumentException if the task id is not valid */
    public TaskResult {
        Identifiers.requireTaskId(taskId);
    }
}
