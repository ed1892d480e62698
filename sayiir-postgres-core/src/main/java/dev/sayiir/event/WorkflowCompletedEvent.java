package dev.sayiir.event;

/**
 * An instance has completed. Its result is in the store.
 *
 * @param instanceId the id of the instance
 * @param workflow the workflow that it is an instance of
 */
public record WorkflowCompletedEvent(String instanceId, String workflow) implements InstanceEvent {}
