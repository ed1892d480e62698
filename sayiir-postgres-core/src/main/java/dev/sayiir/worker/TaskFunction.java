package dev.sayiir.worker;

/**
 * Does a task: the part of a {@link TaskHandler} that can be a lambda.
 *
 * @param <I> the input
 */
@FunctionalInterface
public interface TaskFunction<I> {

    /**
     * Does the task.
     *
     * @param input the output of the task before, or the input of the workflow
     * @param task what else there is to know about the task
     * @return what comes next
     * @throws Exception if it fails
     */
    TaskOutcome handle(I input, TaskContext task) throws Exception;
}
