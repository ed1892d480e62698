package dev.sayiir.persistence;

import dev.sayiir.workflow.Identifiers;
import java.time.Duration;
import java.util.Optional;

/**
 * A claimed task that its worker cannot do. It is left for other workers first, as there may be newer ones among them, and
 * blocked if for a while nobody can.
 *
 * @param claim the claim on the task
 * @param reason why it cannot be done
 * @param error what went wrong, for a person to read
 * @param patience for how long after the first refusal others are waited for, 0 to {@value ClaimQuery#MAX_DAYS} days; zero to
 *     block it at once
 * @param again while it is left, how long nobody is to have it, 0 to {@value ClaimQuery#MAX_DAYS} days
 * @param build what the worker is a build of, if it says so
 */
public record TaskRefusal(
        TaskClaim claim, BlockReason reason, String error, Duration patience, Duration again, Optional<String> build) {

    /** What became of a task that was refused. */
    public enum Outcome {
        /** Somebody else can have it, this worker last. */
        LEFT,
        /** Nobody has it until it is unblocked. */
        BLOCKED,
        /** The claim is held, but somebody else is changing the task at this moment: nothing was changed, try again soon. */
        LOCKED,
        /** The claim is not held any more: nothing was changed. */
        LOST
    }

    /** @throws IllegalArgumentException if a text cannot be stored or a duration is out of its range */
    public TaskRefusal {
        Identifiers.requireText("error", error);
        ClaimQuery.requireDelay("patience", patience);
        ClaimQuery.requireDelay("delay", again);
        build.ifPresent(id -> Identifiers.requireName("build", id));
    }
}
