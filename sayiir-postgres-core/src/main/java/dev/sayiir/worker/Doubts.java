package dev.sayiir.worker;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskClaimStore;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out whether a transaction is committed of which that is not known, by the claims: if it is, the claim on its task was
 * given up by it, or went over to the next one. As long as the server is still at it, the claim can be read but not renewed.
 */
final class Doubts {

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final TaskClaimStore claims;
    private final Outage outage;
    private final OneAtATime oneAtATime;
    private final Duration ttl;

    Doubts(TaskClaimStore claims, Outage outage, OneAtATime oneAtATime, Duration ttl) {
        this.claims = claims;
        this.outage = outage;
        this.oneAtATime = oneAtATime;
        this.ttl = ttl;
    }

    /** Waits for the store if it is away. */
    Ending settle(HeldTask held, InDoubt doubt) throws InterruptedException {
        Pause pause = new Pause(Duration.ofMillis(10), Duration.ofSeconds(1));
        while (true) {
            outage.awaitEnd();
            try {
                Optional<Ending> settled = oneAtATime.call(() -> look(held, doubt));
                if (settled.isPresent()) {
                    return settled.get();
                }
            } catch (RuntimeException e) {
                log.debug("It cannot be found out yet whether {} is committed", held, e);
                if (outage.isAway(e)) {
                    continue;
                }
            }
            pause.sleep();
        }
    }

    /** Says for sure what was dropped, now that the transaction is rolled back. Waits for the store if it is away. */
    Ending settle(HeldTask held, Dropped drop) throws InterruptedException {
        if (drop.ifHeld().isEmpty()) {
            return drop;
        }
        outage.awaitEnd();
        try {
            boolean isHeld = oneAtATime.call(() -> claims.isHeld(held.claim()));
            return isHeld ? drop.ifHeld().get().get() : new Dropped(drop.why(), Optional.empty());
        } catch (RuntimeException e) {
            log.debug("It cannot be found out whether {} is held still", held, e);
            return new Undone();
        }
    }

    /** Empty as long as it is under way. */
    private Optional<Ending> look(HeldTask held, InDoubt doubt) {
        Optional<TaskClaim> next = doubt.ifStored().stored().next();
        List<TaskClaim> asked =
                Stream.concat(Stream.of(held.claim()), next.stream()).toList();
        Map<Long, TaskClaim> found = claims.extendTaskClaims(asked, ttl).stream()
                .collect(Collectors.toMap(TaskClaim::claimToken, Function.identity()));
        TaskClaim own = found.get(held.claim().claimToken());
        if (own != null) {
            return held.isRenewed(own) ? Optional.of(doubt.ifNot().get()) : Optional.empty();
        }
        boolean isCommitted = next.isEmpty() || found.containsKey(next.get().claimToken());
        return Optional.of(
                isCommitted
                        ? doubt.ifStored()
                        : new Dropped(
                                "The " + held + " was lost while it was not known whether it was committed",
                                Optional.empty()));
    }
}
