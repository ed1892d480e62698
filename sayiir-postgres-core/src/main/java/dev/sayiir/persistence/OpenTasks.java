package dev.sayiir.persistence;

/**
 * How many instances of a workflow have a task to be run, or running.
 *
 * @param definitionHash the workflow
 * @param taskId the task
 * @param instances how many; with a fork whose branches are at one task, how many branches
 * @param exampleInstanceId one of them
 */
public record OpenTasks(String definitionHash, String taskId, long instances, String exampleInstanceId) {}
