package dev.sayiir.worker;

import dev.sayiir.persistence.TaskClaim;
import java.time.Duration;

/**
 * What is to be thought of a task that came to no end: with the process that was doing it, or with a claim that was lost. It is
 * none of its failures, as nobody was left to say so. But a task that ends its process would do so for ever; and those that
 * were under way beside it are counted with it, though they are innocent.
 */
final class Crashes {

    /** Seconds, as a power of two. */
    private static final int LONGEST = 6;

    private final Handlers handlers;

    Crashes(Handlers handlers) {
        this.handlers = handlers;
    }

    /** Whether the task is not to be done once more. */
    boolean areTooMany(TaskClaim claim) {
        return handlers.find(claim.taskId())
                .filter(handler ->
                        claim.crashes() >= handlers.failurePolicy(handler).crashLimit())
                .isPresent();
    }

    /** Whether the task is done once more, and may end its process: then as few others as possible are to be there. */
    boolean makeSuspect(TaskClaim claim) {
        return claim.crashes() > 0 && handlers.find(claim.taskId()).isPresent() && !areTooMany(claim);
    }

    /** How long others are to keep out of the way of a suspect: the longer the more often it came to no end. */
    static Duration patience(TaskClaim suspect) {
        return Duration.ofSeconds(1L << Math.min(suspect.crashes(), LONGEST));
    }

    static String describe(TaskClaim claim) {
        return "Task '" + claim.taskId() + "' came to no end " + claim.crashes()
                + " times, which is all it may: each time its process ended, or it lost its claim";
    }
}
