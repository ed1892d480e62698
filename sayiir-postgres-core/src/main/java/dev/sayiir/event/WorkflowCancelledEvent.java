package dev.sayiir.event;

import java.util.Optional;

/**
 * An instance was cancelled: the request has taken effect.
 *
 * @param instanceId the id of the instance
 * @param workflow the workflow that it is an instance of
 * @param reason why, if it was said
 * @param cancelledBy who asked for it, if it was said
 */
public record WorkflowCancelledEvent(
        String instanceId, String workflow, Optional<String> reason, Optional<String> cancelledBy)
        implements InstanceEvent {}
