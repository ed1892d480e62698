package dev.sayiir.worker;

import dev.sayiir.workflow.RetryPolicy;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Optional;

/**
 * Does one kind of task.
 *
 * <p>It is given the output of the task before, or the input of the workflow, and returns what comes next. It may be
 * called again for the same task, with the same input: after a failure, and after a crash between its work and the
 * checkpoint. What it throws, an {@link Error} too, is a failure: the task is tried again as its {@link #retryPolicy()}
 * says, and after that its {@link #failurePolicy()} says what becomes of it. Any number of threads may call it at once.
 *
 * <pre>{@code
 * TaskHandler<Order> reserve = TaskHandler.of("reserve", Order.class, (order, task) -> {
 *     String shelf = stock.reserve(order.sku());
 *     return TaskOutcome.next("charge", new Reservation(order.id(), shelf));
 * });
 * }</pre>
 *
 * @param <I> the input: anything that Jackson reads from JSON, or {@link dev.sayiir.workflow.Payload} to get the bytes
 */
public interface TaskHandler<I> {

    /** @return the id of the tasks that it does, at most 200 bytes of UTF-8 */
    String taskId();

    /**
     * Does the task.
     *
     * @param input the input
     * @param task what else there is to know about the task
     * @return what comes next
     * @throws Exception if it fails
     */
    TaskOutcome handle(I input, TaskContext task) throws Exception;

    /** @return what the input is read as; unless overridden, what the class has for {@code I} */
    default Type inputType() {
        return InputTypes.of(getClass());
    }

    /**
     * For how long one try may run. One that takes longer is interrupted and counts as failed, whatever it returns then.
     *
     * @return the time, 1 ms to 36,500 days; empty for as long as it takes
     */
    default Optional<Duration> timeout() {
        return Optional.empty();
    }

    /** @return how often a failed task is tried again, and how long it waits before; empty for never */
    default Optional<RetryPolicy> retryPolicy() {
        return Optional.empty();
    }

    /** @return which failures are tried again, and what follows when none is; empty for what the worker has for all */
    default Optional<FailurePolicy> failurePolicy() {
        return Optional.empty();
    }

    /**
     * Whether the task is done in one database transaction, together with its commit: what the handler writes, the
     * checkpoint, and the claim on the next task are there at once or not at all. So what it writes to that database is written
     * once for each task that is done, however often the task is tried.
     *
     * <p>The handler is called within a Spring transaction of the worker's {@linkplain TaskWorkerBuilder#transactionManager
     * transaction manager}: not part of another one, and ended by the time limit of the task. If it throws, asks
     * for a {@linkplain TaskOutcome#retry retry}, is cancelled or has lost its claim, or if the commit fails, all of that is
     * rolled back; a failure of the commit counts as the handler's unless it is the database's. Any other outcome is committed,
     * also {@link TaskOutcome#fail}.
     *
     * @return true if it is; false unless overridden
     */
    default boolean isTransactional() {
        return false;
    }

    /**
     * A handler from a function, without a time limit and without retries.
     *
     * @param taskId the id of the tasks that it does
     * @param inputType what the input is read as
     * @param function does the task
     * @param <I> the input
     * @return the handler
     * @throws IllegalArgumentException if the id is not valid
     */
    static <I> FunctionHandler<I> of(String taskId, Class<I> inputType, TaskFunction<I> function) {
        return new FunctionHandler<>(
                taskId, inputType, function, Optional.empty(), Optional.empty(), Optional.empty(), false);
    }
}
