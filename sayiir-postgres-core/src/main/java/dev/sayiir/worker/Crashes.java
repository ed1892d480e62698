package dev.sayiir.worker;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.RetryPolicy;
import java.util.Optional;

/**
 * How often a task may come to no end: with the process that was doing it, or with a claim that was lost. That counts like
 * a failure, though nobody was left to say so; else a task that ends its process would do so for ever.
 */
final class Crashes {

    /** For a handler that has no policy, as {@link RetryPolicy#maxRetries()}. */
    static final long MOST_WITHOUT_POLICY = 5;

    private Crashes() {}

    /** Why the task is not to be done once more; empty if it is. */
    static Optional<String> tooMany(TaskClaim claim, Optional<RetryPolicy> policy) {
        long most = policy.map(RetryPolicy::maxRetries).orElse(MOST_WITHOUT_POLICY);
        long failures = policy.isPresent() ? claim.failures() : 0;
        if (claim.crashes() == 0 || failures + claim.crashes() <= most) {
            return Optional.empty();
        }
        return Optional.of("Task '" + claim.taskId() + "' came to no end " + claim.crashes() + " times"
                + (failures == 0 ? "" : " and failed " + failures + " times")
                + ", which is all it may: each time its process ended, or it lost its claim");
    }

    static String besides(TaskClaim claim) {
        return claim.crashes() == 0 ? "" : " and came to no end " + claim.crashes() + " times";
    }
}
