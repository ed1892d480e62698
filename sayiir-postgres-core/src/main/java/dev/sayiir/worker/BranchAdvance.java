package dev.sayiir.worker;

import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.worker.TaskOutcome.Complete;
import dev.sayiir.worker.TaskOutcome.Delay;
import dev.sayiir.worker.TaskOutcome.DelayUntil;
import dev.sayiir.worker.TaskOutcome.Fail;
import dev.sayiir.worker.TaskOutcome.Next;
import dev.sayiir.worker.TaskOutcome.Retry;
import dev.sayiir.workflow.RetryPolicy;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** What an outcome does to a branch. Others may have changed the instance meanwhile; only its failure concerns them. */
final class BranchAdvance {

    private static final Duration SHORTEST = Duration.ofMillis(1);

    private BranchAdvance() {}

    /** Empty if the workflow fails with it. */
    static Optional<BranchOutcome> of(Advance advance) {
        TaskOutcome outcome = advance.outcome();
        if (outcome instanceof Complete) {
            return Optional.of(new BranchOutcome.Done(advance.output()));
        } else if (outcome instanceof Next next) {
            return next(advance, advance.requireOther(next.taskId()), Duration.ZERO);
        } else if (outcome instanceof Delay delay) {
            return next(advance, delay.taskId(), delay.time());
        } else if (outcome instanceof DelayUntil delay) {
            return next(advance, delay.taskId(), Duration.between(advance.now(), delay.until()));
        } else if (outcome instanceof Retry retry) {
            return isExhausted(advance) ? Optional.empty() : Optional.of(tryAgain(advance, retry));
        } else if (outcome instanceof Fail) {
            return Optional.empty();
        }
        throw new IllegalArgumentException(
                "Task '" + advance.claim().taskId()
                        + "' is part of a branch, which can neither wait for an event nor fork; do that before or after the fork");
    }

    static String failure(Advance advance) {
        if (advance.outcome() instanceof Retry retry) {
            String error = ErrorText.storable(retry.error());
            return Advance.exhausted(advance.claim(), advance.claim().failures() + 1, error);
        }
        return advance.outcome() instanceof Fail failed
                ? ErrorText.storable(failed.error())
                : "Task '" + advance.claim().taskId() + "' of a branch could not be stored";
    }

    private static Optional<BranchOutcome> next(Advance advance, String taskId, Duration delay) {
        Optional<Duration> wait = Optional.of(delay).filter(time -> time.compareTo(SHORTEST) >= 0);
        return Optional.of(new BranchOutcome.Next(advance.output(), taskId, wait));
    }

    /** Of a branch, the failed attempts are not in the snapshot, which the branches share: those in the claim do. */
    private static boolean isExhausted(Advance advance) {
        return advance.claim().failures() + 1 + advance.claim().crashes()
                > policy(advance).maxRetries();
    }

    private static BranchOutcome tryAgain(Advance advance, Retry retry) {
        Duration wait = retry.after()
                .orElseGet(() ->
                        Backoff.before(advance.claim().failures() + 1, policy(advance), ThreadLocalRandom.current()));
        return new BranchOutcome.Retry(
                ErrorText.storable(retry.error()), wait.compareTo(SHORTEST) < 0 ? SHORTEST : wait);
    }

    private static RetryPolicy policy(Advance advance) {
        return advance.policy().orElse(Backoff.AS_OFTEN_AS_ASKED);
    }
}
