package dev.sayiir.event;

import dev.sayiir.persistence.BlockReason;
import java.util.Optional;

/**
 * A task is blocked: nobody tries it until it is unblocked. Its instance stays in progress.
 *
 * @param instanceId the id of the instance
 * @param workflow the workflow that it is an instance of
 * @param taskId the task
 * @param branch the branch of a fork that stands at it; empty for the main line
 * @param reason why it is blocked
 * @param error what went wrong last
 */
public record TaskBlockedEvent(
        String instanceId, String workflow, String taskId, Optional<String> branch, BlockReason reason, String error)
        implements InstanceEvent {}
