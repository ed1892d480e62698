package dev.sayiir.persistence;

import dev.sayiir.workflow.Identifiers;
import dev.sayiir.workflow.Payload;
import java.time.Duration;
import java.util.Optional;

/** What came out of a task that is part of a branch. */
public sealed interface BranchOutcome {

    /**
     * The branch is done.
     *
     * @param output its result, possibly of no bytes
     */
    record Done(Payload output) implements BranchOutcome {}

    /**
     * The branch goes on with another task.
     *
     * @param output the result of this task, possibly of no bytes; the next one is given it
     * @param nextTaskId the next task
     * @param delay how long to wait before it, up to {@value ClaimQuery#MAX_DAYS} days; empty for not at all
     */
    record Next(Payload output, String nextTaskId, Optional<Duration> delay) implements BranchOutcome {
        /** @throws IllegalArgumentException if the id is not valid or the delay out of its range */
        public Next {
            Identifiers.requireTaskId(nextTaskId);
            delay.ifPresent(length -> ClaimQuery.requireDuration("delay", length));
        }
    }

    /**
     * The task failed and is to be tried again.
     *
     * @param error what went wrong
     * @param backOff how long to wait before that, up to {@value ClaimQuery#MAX_DAYS} days
     */
    record Retry(String error, Duration backOff) implements BranchOutcome {
        /** @throws IllegalArgumentException if the text cannot be stored or the time is out of its range */
        public Retry {
            Identifiers.requireText("error", error);
            ClaimQuery.requireDuration("back-off", backOff);
        }
    }
}
