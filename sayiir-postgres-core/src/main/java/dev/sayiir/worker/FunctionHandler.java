package dev.sayiir.worker;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.workflow.RetryPolicy;
import java.lang.reflect.Type;
import java.time.Duration;
import java.util.Optional;

/**
 * A handler made from a function. Immutable: a change makes a new one.
 *
 * <pre>{@code
 * TaskHandler.of("charge", Reservation.class, payments::charge)
 *         .timeout(Duration.ofSeconds(10))
 *         .retries(new RetryPolicy(5, Duration.ofSeconds(1), 2, Optional.of(Duration.ofMinutes(1))));
 * }</pre>
 *
 * @param <I> the input
 */
public final class FunctionHandler<I> implements TaskHandler<I> {

    private final String taskId;
    private final Type inputType;
    private final TaskFunction<I> function;
    private final Optional<Duration> timeout;
    private final Optional<RetryPolicy> retryPolicy;
    private final Optional<FailurePolicy> failurePolicy;
    private final boolean transactional;

    FunctionHandler(
            String taskId,
            Type inputType,
            TaskFunction<I> function,
            Optional<Duration> timeout,
            Optional<RetryPolicy> retryPolicy,
            Optional<FailurePolicy> failurePolicy,
            boolean transactional) {
        this.taskId = Waits.requireOwnTaskId(taskId);
        this.inputType = inputType;
        this.function = function;
        this.timeout = timeout;
        this.retryPolicy = retryPolicy;
        this.failurePolicy = failurePolicy;
        this.transactional = transactional;
    }

    /**
     * @param limit for how long one try may run, 1 ms to 36,500 days
     * @return the same handler with that limit
     * @throws IllegalArgumentException if it is out of its range
     */
    public FunctionHandler<I> timeout(Duration limit) {
        Duration valid = ClaimQuery.requireDuration("timeout of task '" + taskId + "'", limit);
        return new FunctionHandler<>(
                taskId, inputType, function, Optional.of(valid), retryPolicy, failurePolicy, transactional);
    }

    /**
     * @param policy how often a failed task is tried again, and how long it waits before
     * @return the same handler with that policy
     */
    public FunctionHandler<I> retries(RetryPolicy policy) {
        return new FunctionHandler<>(
                taskId, inputType, function, timeout, Optional.of(policy), failurePolicy, transactional);
    }

    /**
     * @param policy which failures are tried again, and what follows when none is
     * @return the same handler with that policy
     */
    public FunctionHandler<I> failures(FailurePolicy policy) {
        return new FunctionHandler<>(
                taskId, inputType, function, timeout, retryPolicy, Optional.of(policy), transactional);
    }

    /** @return the same handler, called in a transaction that stores its outcome as well: {@link #isTransactional()} */
    public FunctionHandler<I> transactional() {
        return new FunctionHandler<>(taskId, inputType, function, timeout, retryPolicy, failurePolicy, true);
    }

    @Override
    public boolean isTransactional() {
        return transactional;
    }

    @Override
    public String taskId() {
        return taskId;
    }

    @Override
    public TaskOutcome handle(I input, TaskContext task) throws Exception {
        return function.handle(input, task);
    }

    @Override
    public Type inputType() {
        return inputType;
    }

    @Override
    public Optional<Duration> timeout() {
        return timeout;
    }

    @Override
    public Optional<RetryPolicy> retryPolicy() {
        return retryPolicy;
    }

    @Override
    public Optional<FailurePolicy> failurePolicy() {
        return failurePolicy;
    }
}
