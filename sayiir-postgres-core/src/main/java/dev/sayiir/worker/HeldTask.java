package dev.sayiir.worker;

import dev.sayiir.persistence.TaskClaim;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A task that the worker has, from the claim to the commit. While a handler is doing it, it can be stopped, once, by an
 * interrupt; and that only then, so that no interrupt ever gets into a commit.
 */
final class HeldTask {

    /** Why a handler is to stop. */
    enum Stop {
        CANCELLED,
        CLAIM_LOST,
        TIMED_OUT,
        WORKER_STOPS
    }

    private final TaskClaim claim;
    private final StoreClock clock;
    private Instant expiresAt;
    private @Nullable Thread handling;
    private @Nullable Stop stop;
    private boolean ended;
    private boolean abandoned;
    private boolean left;
    private boolean toBeGivenBack;
    private boolean reported;

    HeldTask(TaskClaim claim) {
        this.claim = claim;
        this.clock = StoreClock.at(claim);
        this.expiresAt = claim.expiresAt();
    }

    TaskClaim claim() {
        return claim;
    }

    StoreClock clock() {
        return clock;
    }

    /** From now on this thread is interrupted by a stop; at once if there was one. */
    synchronized void begin() {
        handling = Thread.currentThread();
        if (stop != null) {
            handling.interrupt();
        }
    }

    /** The handler is back, or there is none: no interrupt comes any more, and one that came too late is taken back. */
    @SuppressWarnings("ThreadInterrupted")
    synchronized Optional<Stop> end() {
        handling = null;
        ended = true;
        Thread.interrupted();
        return Optional.ofNullable(stop);
    }

    /** Whether it is stopped by this call: not if its handler is back, or it was stopped before. */
    synchronized boolean stop(Stop reason) {
        if (ended || stop != null) {
            return false;
        }
        stop = reason;
        if (handling != null) {
            handling.interrupt();
        }
        return true;
    }

    /** Whether a handler is still doing it, which then has no say any more in what becomes of the task. */
    synchronized boolean abandon() {
        abandoned = handling != null;
        return abandoned;
    }

    synchronized boolean isAbandoned() {
        return abandoned;
    }

    synchronized boolean isHandled() {
        return handling != null && stop == null;
    }

    /** Whether its handler was to stop, and goes on. */
    synchronized boolean isStuck() {
        return handling != null && stop != null;
    }

    synchronized boolean isStopped() {
        return stop != null;
    }

    /** Whether the claim is to be renewed: until it is lost, or the task is left, whatever its handler is doing. */
    synchronized boolean isHeld() {
        return !left && stop != Stop.CLAIM_LOST;
    }

    /** The claim is not renewed any more. */
    synchronized void leave() {
        left = true;
    }

    /** When the worker has stopped, together with all the others. */
    synchronized void giveBackLater() {
        toBeGivenBack = true;
    }

    synchronized boolean isToBeGivenBack() {
        return toBeGivenBack;
    }

    /** Whether the store has renewed the claim; if not, it is held still, and has to be renewed before it ends. */
    synchronized boolean isRenewed(TaskClaim asked) {
        boolean renewed = asked.expiresAt().isAfter(expiresAt);
        expiresAt = renewed ? asked.expiresAt() : expiresAt;
        return renewed;
    }

    /** How long the claim still lasts. */
    synchronized Duration left() {
        return Duration.between(clock.now(), expiresAt);
    }

    /** Whether half of the time for which it was claimed is over, so that nobody may have renewed it. */
    synchronized boolean mayBeLost() {
        Duration ttl = Duration.between(claim.claimedAt(), claim.expiresAt());
        return left().compareTo(ttl.dividedBy(2)) < 0;
    }

    /** Whether a handler goes on in spite of its interrupt; true once, at the second time of asking. */
    synchronized boolean isFoundStuck() {
        if (handling == null || stop == null) {
            return false;
        }
        boolean first = !reported;
        reported = true;
        return first;
    }

    @Override
    public String toString() {
        return "task '" + claim.taskId() + "' of instance '" + claim.instanceId() + "'";
    }
}
