package dev.sayiir.worker;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.workflow.RetryPolicy;
import java.time.Duration;
import java.util.Optional;
import java.util.random.RandomGenerator;

/** How long a failed task waits before it is tried again. */
final class Backoff {

    /** For a handler that asks for a retry without having a policy. */
    static final RetryPolicy AS_OFTEN_AS_ASKED =
            new RetryPolicy(0xFFFF_FFFFL, Duration.ofSeconds(1), 2, Optional.of(Duration.ofMinutes(5)));

    private static final Duration LONGEST = Duration.ofDays(ClaimQuery.MAX_DAYS);

    private Backoff() {}

    /**
     * The wait of the policy, made shorter by up to a half at random: tasks that failed together are not all tried again
     * together, and the longest wait is still the longest.
     *
     * @param attempts failed attempts so far, at least 1
     */
    static Duration before(long attempts, RetryPolicy policy, RandomGenerator random) {
        Duration longest =
                policy.maxDelay().filter(it -> it.compareTo(LONGEST) < 0).orElse(LONGEST);
        double factor = Math.pow(policy.backoffMultiplier(), attempts - 1.0);
        double millis = Math.min(millis(policy.initialDelay()) * factor, millis(longest));
        return Duration.ofMillis((long) (millis * (1 - random.nextDouble() / 2)));
    }

    private static double millis(Duration duration) {
        return duration.toSeconds() * 1e3 + duration.toNanosPart() / 1e6;
    }
}
