package dev.sayiir.worker;

import dev.sayiir.workflow.Identifiers;

/**
 * A kind of workflow: its name and the task that it begins with. What follows is what the handlers of its tasks say.
 *
 * <p>A worker does the tasks of the workflows that it knows, with handlers that it finds by the id of the task; one
 * handler may serve several workflows. Give a workflow a new name if instances that are under way could not go on with
 * the new handlers, and keep the old one until they are finished.
 *
 * <pre>{@code
 * Workflow fulfilment = new Workflow("fulfilment-v1", "reserve");
 * }</pre>
 *
 * @param name the name, which instances keep as their definition hash, 1 to 256 bytes of UTF-8
 * @param firstTaskId the task that an instance begins with
 */
public record Workflow(String name, String firstTaskId) {

    /** @throws IllegalArgumentException if a name is not valid */
    public Workflow {
        Identifiers.requireName("workflow name", name);
        Waits.requireOwnTaskId(firstTaskId);
    }
}
