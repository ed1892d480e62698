package dev.sayiir.workflow;

import java.time.Instant;
import java.util.Optional;

/**
 * Where a failing task stands with its retries.
 *
 * @param attempts failed attempts so far, 0 to 4,294,967,295
 * @param policy the policy in force when it failed
 * @param lastError the message of the last failure
 * @param lastFailedWorker the worker on which it failed last, if known
 * @param nextRetryAt when it may be tried again
 */
public record TaskRetry(
        long attempts, RetryPolicy policy, String lastError, Optional<String> lastFailedWorker, Instant nextRetryAt) {

    /** @throws IllegalArgumentException if a value is out of its range */
    public TaskRetry {
        Ranges.requireUnsigned32("attempts", attempts);
        Identifiers.requireText("last error", lastError);
        lastFailedWorker.ifPresent(worker -> Identifiers.requireText("last failed worker", worker));
        Ranges.requireWritable("nextRetryAt", nextRetryAt);
    }
}
