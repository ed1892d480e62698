package dev.sayiir.workflow;

import java.util.Optional;

/**
 * One of several branches that run in parallel.
 *
 * @param taskId the task that it begins with
 * @param input what that task is given; empty for the output of the task before the fork, or if there is none the input of
 *     the workflow
 */
public record Branch(String taskId, Optional<Payload> input) {

    /** @throws IllegalArgumentException if the task id is not valid */
    public Branch {
        Identifiers.requireTaskId(taskId);
    }

    /**
     * @param taskId the task that it begins with, which is given the output of the task before the fork
     * @return the branch
     */
    public static Branch of(String taskId) {
        return new Branch(taskId, Optional.empty());
    }

    /**
     * @param taskId the task that it begins with
     * @param input what that task is given
     * @return the branch
     */
    public static Branch of(String taskId, Payload input) {
        return new Branch(taskId, Optional.of(input));
    }
}
