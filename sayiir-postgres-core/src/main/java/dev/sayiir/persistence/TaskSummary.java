package dev.sayiir.persistence;

import java.time.Instant;
import java.util.Optional;

/**
 * What the columns say of a task, without its output. Every time is the store's.
 *
 * @param taskId the task, delay, wait, fork, join or loop
 * @param status its status
 * @param workerId who has it, or had it last
 * @param attempts how often it has been claimed
 * @param startedAt when the instance came to it
 * @param completedAt when it was closed, with or without a result; empty while it is open
 * @param readyAt when it may next be claimed, while it is claimed not before the claim ends; empty if it is closed, waits for
 *     an event only, or its instance is paused
 * @param completedVersion the checkpoint that has its latest result; empty if there is none that counts
 * @param error what went wrong last, if it is to be tried again or failed
 * @param claim who has it until when; the claim may have expired
 */
public record TaskSummary(
        String taskId,
        TaskStatus status,
        Optional<String> workerId,
        int attempts,
        Instant startedAt,
        Optional<Instant> completedAt,
        Optional<Instant> readyAt,
        Optional<Long> completedVersion,
        Optional<String> error,
        Optional<TaskClaim> claim) {}
