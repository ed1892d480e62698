package dev.sayiir.worker;

import java.util.Optional;
import java.util.Set;

/**
 * Which failures of a task are tried again, as often as its {@link TaskHandler#retryPolicy()} says, and what becomes of the
 * task when it is not tried any more. What a handler returns is no failure in this sense: {@link TaskOutcome#fail} ends the
 * workflow whatever the policy says.
 *
 * <pre>{@code
 * FailurePolicy policy = FailurePolicy.DEFAULT.noRetryFor(Set.of(CardDeclined.class)).orElse("refund");
 * }</pre>
 *
 * @param retryFor the exceptions after which the task is tried again; none for all. A failure is of a type if it, or
 *     something that caused it, is. One that takes too long fails with a {@link java.util.concurrent.TimeoutException}
 * @param noRetryFor the exceptions after which it is not tried again, whatever else they are
 * @param onExhausted what becomes of a task that is not tried any more, if no other task follows
 * @param orElse the task that follows one that is not tried any more, with the same input; empty for none. The
 *     task that failed counts as done then, and its input as its output
 * @param crashLimit how often it may end its process, or lose its claim, at least 1
 */
public record FailurePolicy(
        Set<Class<? extends Throwable>> retryFor,
        Set<Class<? extends Throwable>> noRetryFor,
        OnExhausted onExhausted,
        Optional<String> orElse,
        int crashLimit) {

    /** All failures are tried again, then the workflow fails; a task may end its process five times. */
    public static final FailurePolicy DEFAULT =
            new FailurePolicy(Set.of(), Set.of(), OnExhausted.FAIL, Optional.empty(), 5);

    /** What becomes of a task that is not tried any more. */
    public enum OnExhausted {
        /** Its workflow fails. */
        FAIL,
        /** It is blocked: its workflow stays as it is, and the task is tried again when somebody unblocks it. */
        BLOCK
    }

    /**
     * @throws IllegalArgumentException if the id of a task is not valid, or the limit less than 1, or a task is both blocked and
     *     followed by another
     */
    public FailurePolicy {
        retryFor = Set.copyOf(retryFor);
        noRetryFor = Set.copyOf(noRetryFor);
        orElse.ifPresent(Waits::requireOwnTaskId);
        if (onExhausted == OnExhausted.BLOCK && orElse.isPresent()) {
            throw new IllegalArgumentException("A task cannot be blocked and followed by task '" + orElse.get()
                    + "' when it has failed; choose one of both");
        }
        if (crashLimit < 1) {
            throw new IllegalArgumentException("The crash limit is " + crashLimit + "; it must be at least 1");
        }
    }

    /**
     * @param types the exceptions after which a task is tried again; none for all
     * @return the same policy for these
     */
    public FailurePolicy retryFor(Set<Class<? extends Throwable>> types) {
        return new FailurePolicy(types, noRetryFor, onExhausted, orElse, crashLimit);
    }

    /**
     * @param types the exceptions after which a task is not tried again
     * @return the same policy without these
     */
    public FailurePolicy noRetryFor(Set<Class<? extends Throwable>> types) {
        return new FailurePolicy(retryFor, types, onExhausted, orElse, crashLimit);
    }

    /**
     * @param what what becomes of a task that is not tried any more
     * @return the same policy with that, and no other task that follows
     */
    public FailurePolicy onExhausted(OnExhausted what) {
        return new FailurePolicy(retryFor, noRetryFor, what, Optional.empty(), crashLimit);
    }

    /**
     * @param taskId the task that follows one that is not tried any more
     * @return the same policy with that task instead of an end or a block
     * @throws IllegalArgumentException if the id is not valid
     */
    public FailurePolicy orElse(String taskId) {
        return new FailurePolicy(retryFor, noRetryFor, OnExhausted.FAIL, Optional.of(taskId), crashLimit);
    }

    /**
     * @param times how often a task may end its process, or lose its claim, at least 1
     * @return the same policy with that limit
     * @throws IllegalArgumentException if it is less than 1
     */
    public FailurePolicy crashLimit(int times) {
        return new FailurePolicy(retryFor, noRetryFor, onExhausted, orElse, times);
    }

    /**
     * @param failure what a handler threw
     * @return whether the task is to be tried again after it, as far as its retries go
     */
    public boolean isRetried(Throwable failure) {
        return (retryFor.isEmpty() || Causes.areOf(failure, retryFor)) && !Causes.areOf(failure, noRetryFor);
    }
}
