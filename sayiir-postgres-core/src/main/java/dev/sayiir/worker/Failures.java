package dev.sayiir.worker;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.worker.FailurePolicy.OnExhausted;
import dev.sayiir.worker.TaskOutcome.Fail;
import dev.sayiir.worker.TaskOutcome.Next;
import dev.sayiir.worker.TaskOutcome.Retry;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.TaskRetry;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeoutException;

/** What becomes of a task that has failed, by its policies: another try, another task, the end of its workflow, or a block. */
final class Failures {

    private final Handlers handlers;
    private final JsonPayloads payloads;
    private final FailureLog log = new FailureLog();

    Failures(Handlers handlers, JsonPayloads payloads) {
        this.handlers = handlers;
        this.payloads = payloads;
    }

    /**
     * A failed attempt.
     *
     * @param error what is stored of it
     * @param shown what is logged of it
     * @param thrown by the handler, if it was
     * @param retries how often it is tried again, if at all
     * @param after how long it waits for that; empty for what the policy says
     */
    private record Attempt(
            ClaimedTask task,
            TaskHandler<?> handler,
            HeldTask held,
            String error,
            String shown,
            Optional<Throwable> thrown,
            Optional<RetryPolicy> retries,
            Optional<Duration> after) {

        /** How often it has failed by now. Of a branch the snapshot does not say, as the branches share it. */
        long number() {
            TaskRetry before = task.snapshot().taskRetries().get(task.claim().taskId());
            boolean inBranch = task.claim().branch().isPresent();
            return 1 + (inBranch ? task.claim().failures() : before == null ? 0 : before.attempts());
        }

        String numberOfAll() {
            return number()
                    + handler.retryPolicy()
                            .map(it -> " of " + (it.maxRetries() + 1))
                            .orElse("");
        }
    }

    /** The handler threw that. */
    Ending thrown(ClaimedTask task, TaskHandler<?> handler, HeldTask held, Throwable failure) {
        String shown = ErrorText.of(failure);
        String error = "Task '" + task.claim().taskId() + "' failed: " + shown;
        return next(new Attempt(
                task,
                handler,
                held,
                ErrorText.storable(error),
                shown,
                Optional.of(failure),
                handler.retryPolicy(),
                Optional.empty()));
    }

    /** The time of the task is up. */
    Ending timedOut(ClaimedTask task, TaskHandler<?> handler, HeldTask held) {
        String shown = "took longer than " + handler.timeout().orElseThrow();
        String error = "Task '" + task.claim().taskId() + "' " + shown;
        Throwable failure = new TimeoutException(error);
        return next(new Attempt(
                task,
                handler,
                held,
                error,
                "it " + shown,
                Optional.of(failure),
                handler.retryPolicy(),
                Optional.empty()));
    }

    /** The handler asks for it. */
    Ending retry(ClaimedTask task, TaskHandler<?> handler, HeldTask held, Retry asked) {
        String error = ErrorText.storable(asked.error());
        RetryPolicy retries = handler.retryPolicy().orElse(Backoff.AS_OFTEN_AS_ASKED);
        return next(
                new Attempt(task, handler, held, error, error, Optional.empty(), Optional.of(retries), asked.after()));
    }

    private Ending next(Attempt attempt) {
        FailurePolicy policy = handlers.failurePolicy(attempt.handler());
        boolean isRetried = attempt.thrown().map(policy::isRetried).orElse(true);
        return attempt.retries()
                .filter(it -> isRetried && attempt.number() <= it.maxRetries())
                .<Ending>map(it -> again(attempt, it))
                .orElseGet(() -> last(attempt, policy, isRetried));
    }

    private Advance again(Attempt attempt, RetryPolicy retries) {
        Duration wait =
                attempt.after().orElseGet(() -> Backoff.before(attempt.number(), retries, ThreadLocalRandom.current()));
        log.again(attempt.held(), attempt.numberOfAll(), wait, attempt.shown(), attempt.thrown());
        return advance(attempt, TaskOutcome.retry(attempt.error(), wait), Payload.empty());
    }

    private Ending last(Attempt attempt, FailurePolicy policy, boolean isRetried) {
        String error = isRetried && attempt.retries().isPresent() ? exhausted(attempt) : attempt.error();
        if (policy.orElse().isPresent()) {
            String follows = policy.orElse().get();
            log.last(
                    attempt.held(),
                    attempt.numberOfAll(),
                    "task '" + follows + "' follows",
                    attempt.shown(),
                    attempt.thrown());
            Payload input = Inputs.of(attempt.task(), payloads);
            return advance(attempt, new Next(follows, input), input);
        }
        if (policy.onExhausted() == OnExhausted.BLOCK) {
            log.last(attempt.held(), attempt.numberOfAll(), "is to be blocked", attempt.shown(), attempt.thrown());
            return Refusal.ofAll(BlockReason.FAILURES, error);
        }
        log.last(attempt.held(), attempt.numberOfAll(), "its workflow fails", attempt.shown(), attempt.thrown());
        return advance(attempt, new Fail(error), Payload.empty());
    }

    private static String exhausted(Attempt attempt) {
        return ErrorText.storable("Task '" + attempt.task().claim().taskId() + "' failed " + attempt.number()
                + " times, which is all it may; the last time: " + attempt.error());
    }

    private static Advance advance(Attempt attempt, TaskOutcome outcome, Payload output) {
        return new Advance(
                attempt.task().claim(),
                outcome,
                output,
                Map.of(),
                attempt.retries(),
                attempt.held().clock().now());
    }
}
