package dev.sayiir.postgres;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * Bounds of a search as PostgreSQL can compare them, which knows microseconds and fewer years than Java. Rounded so that
 * nothing is found that lies outside the exact bound, and nothing missed that lies inside.
 */
final class Times {

    private static final Instant FIRST = Instant.parse("0001-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999Z");

    private Times() {}

    /** For "at or after" and "before". */
    static Instant roundedUp(Instant bound) {
        Instant down = roundedDown(bound);
        return down.isBefore(bound) && down.isBefore(LAST) ? down.plus(Duration.of(1, ChronoUnit.MICROS)) : down;
    }

    /** For "at or before". */
    static Instant roundedDown(Instant bound) {
        if (bound.isBefore(FIRST)) {
            return FIRST;
        }
        return bound.isAfter(LAST) ? LAST : bound.truncatedTo(ChronoUnit.MICROS);
    }
}
