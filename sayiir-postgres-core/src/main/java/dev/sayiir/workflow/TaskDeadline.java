package dev.sayiir.workflow;

import java.time.Instant;

/**
 * When the running task has to be done.
 *
 * @param taskId the task
 * @param deadline the moment at which it times out
 * @param timeoutMs the timeout that led to it, in milliseconds, not negative
 */
public record TaskDeadline(String taskId, Instant deadline, long timeoutMs) {

    /** @throws IllegalArgumentException if a value is out of its range */
    public TaskDeadline {
        Identifiers.requireTaskId(taskId);
        Ranges.requireWritable("deadline", deadline);
        Ranges.requireNotNegative("timeoutMs", timeoutMs);
    }
}
