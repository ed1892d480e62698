package dev.sayiir.event;

/**
 * An instance has failed.
 *
 * @param instanceId the id of the instance
 * @param workflow the workflow that it is an instance of
 * @param error what went wrong
 */
public record WorkflowFailedEvent(String instanceId, String workflow, String error) implements InstanceEvent {}
