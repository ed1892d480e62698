package dev.sayiir.worker;

import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.worker.TaskOutcome.Complete;
import dev.sayiir.worker.TaskOutcome.Delay;
import dev.sayiir.worker.TaskOutcome.DelayUntil;
import dev.sayiir.worker.TaskOutcome.Fail;
import dev.sayiir.worker.TaskOutcome.Next;
import dev.sayiir.worker.TaskOutcome.Retry;
import java.time.Duration;
import java.util.Optional;

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
            return Optional.of(tryAgain(retry));
        } else if (outcome instanceof Fail) {
            return Optional.empty();
        }
        throw new IllegalArgumentException(
                "Task '" + advance.claim().taskId()
                        + "' is part of a branch, which can neither wait for an event nor fork; do that before or after the fork");
    }

    private static Optional<BranchOutcome> next(Advance advance, String taskId, Duration delay) {
        Optional<Duration> wait = Optional.of(delay).filter(time -> time.compareTo(SHORTEST) >= 0);
        return Optional.of(new BranchOutcome.Next(advance.output(), taskId, wait));
    }

    private static BranchOutcome tryAgain(Retry retry) {
        Duration wait = retry.after().orElseThrow();
        return new BranchOutcome.Retry(
                ErrorText.storable(retry.error()), wait.compareTo(SHORTEST) < 0 ? SHORTEST : wait);
    }
}
