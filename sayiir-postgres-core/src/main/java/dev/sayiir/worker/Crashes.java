package dev.sayiir.worker;

import dev.sayiir.persistence.TaskClaim;
import java.util.Optional;

/**
 * How often a task may come to no end: with the process that was doing it, or with a claim that was lost. It is none of its
 * failures, as nobody was left to say so; but a task that ends its process would do so for ever.
 */
final class Crashes {

    private Crashes() {}

    /**
     * Why the task is not to be done once more; empty if it is.
     *
     * @param limit how often it may
     */
    static Optional<String> tooMany(TaskClaim claim, int limit) {
        return claim.crashes() < limit
                ? Optional.empty()
                : Optional.of("Task '" + claim.taskId() + "' came to no end " + claim.crashes()
                        + " times, which is all it may: each time its process ended, or it lost its claim");
    }
}
