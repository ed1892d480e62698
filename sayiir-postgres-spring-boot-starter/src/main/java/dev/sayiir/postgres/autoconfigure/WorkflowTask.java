package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.worker.FailurePolicy;
import dev.sayiir.worker.FailurePolicy.OnExhausted;
import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Makes a method of a bean the handler of a task.
 *
 * <p>The method returns a {@link dev.sayiir.worker.TaskOutcome}. It takes the input of the task, read from JSON as the type
 * of the parameter, or a {@link dev.sayiir.workflow.Payload} for the bytes; and, if it likes, a {@link
 * dev.sayiir.worker.TaskContext}, in any order. Durations are written as {@code 10s} or {@code PT10S}.
 *
 * <pre>{@code
 * @WorkflowTask(value = "charge-card", timeout = "10s", maxRetries = 5)
 * TaskOutcome charge(Reservation reservation, TaskContext task) {
 *     return TaskOutcome.next("ship", payments.charge(reservation, task.claimToken()));
 * }
 * }</pre>
 */
@Documented
@Target(ElementType.METHOD)
@Retention(RetentionPolicy.RUNTIME)
public @interface WorkflowTask {

    /** @return the id of the tasks that the method does */
    String value();

    /**
     * @return whether the method is called in a transaction of the workflows' database that commits the task as well: what it
     *     writes there is written once for each task that is done; see {@link dev.sayiir.worker.TaskHandler#isTransactional()}
     */
    boolean transactional() default false;

    /** @return for how long one try may run; empty for as long as it takes */
    String timeout() default "";

    /** @return tries after the first one; 0 for none */
    long maxRetries() default 0;

    /** @return the wait before the first retry */
    String retryDelay() default "1s";

    /** @return what each further wait is multiplied by */
    float backoffMultiplier() default 2;

    /** @return the longest wait before a retry */
    String maxRetryDelay() default "5m";

    /**
     * @return the exceptions after which the task is tried again, be it that the method throws them or that they are a cause
     *     of what it throws; none for what the {@link FailurePolicy} bean says, and without one, for all
     */
    Class<? extends Throwable>[] retryFor() default {};

    /** @return the exceptions after which it is not tried again; none for what the {@link FailurePolicy} bean says */
    Class<? extends Throwable>[] noRetryFor() default {};

    /**
     * @return what becomes of the task when it is not tried any more, one at most: its workflow fails, or it is blocked; none
     *     for what the {@link FailurePolicy} bean says, and without one, for its workflow failing
     */
    OnExhausted[] onExhausted() default {};

    /**
     * @return the task that follows, with the same input, when this one is not tried any more; empty for what the {@link
     *     FailurePolicy} bean says, and without one, for none
     */
    String orElse() default "";

    /**
     * @return how often the task may end its process or lose its claim; 0 for what the {@link FailurePolicy} bean says, and
     *     without one, for 5
     */
    int crashLimit() default 0;
}
