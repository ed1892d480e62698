package dev.sayiir.worker;

import dev.sayiir.persistence.TaskClaim;
import java.time.Instant;

/**
 * The store's clock, as far as a worker can tell: the time of the claim, and what has passed since by the machine's
 * steady clock. So it does not matter what the machine takes the time of day to be.
 *
 * @param claimedAt the time of the claim, by the store's clock
 * @param nanoTime when the claim arrived, as {@link System#nanoTime()}
 */
record StoreClock(Instant claimedAt, long nanoTime) {

    static StoreClock at(TaskClaim claim) {
        return new StoreClock(claim.claimedAt(), System.nanoTime());
    }

    Instant now() {
        return claimedAt.plusNanos(System.nanoTime() - nanoTime);
    }
}
