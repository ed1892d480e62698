package dev.sayiir.workflow;

import java.time.Duration;
import java.util.Optional;

/**
 * How often a failed task is tried again, and how long it waits in between.
 *
 * @param maxRetries tries after the first one, 0 to 4,294,967,295; 0 means none
 * @param initialDelay wait before the first retry, not negative
 * @param backoffMultiplier what each further wait is multiplied by; finite and not negative
 * @param maxDelay the longest wait, not negative; empty for no limit
 */
public record RetryPolicy(
        long maxRetries, Duration initialDelay, float backoffMultiplier, Optional<Duration> maxDelay) {

    /** @throws IllegalArgumentException if a value is out of its range */
    public RetryPolicy {
        Ranges.requireUnsigned32("maxRetries", maxRetries);
        Ranges.requireNotNegative("initialDelay", initialDelay);
        if (!Float.isFinite(backoffMultiplier) || backoffMultiplier < 0) {
            throw new IllegalArgumentException(
                    "backoffMultiplier is " + backoffMultiplier + "; it must be finite and not negative");
        }
        maxDelay.ifPresent(delay -> Ranges.requireNotNegative("maxDelay", delay));
    }
}
