package dev.sayiir.workflow;

import java.time.Duration;
import java.time.Instant;

/** What the numbers and times of the snapshot format can hold. */
final class Ranges {

    private static final long MAX_UNSIGNED_32 = 0xFFFF_FFFFL;
    private static final Instant FIRST = Instant.parse("0000-01-01T00:00:00Z");
    private static final Instant LAST = Instant.parse("9999-12-31T23:59:59.999999999Z");

    private Ranges() {}

    static long requireUnsigned32(String what, long value) {
        if (value < 0 || value > MAX_UNSIGNED_32) {
            throw new IllegalArgumentException(what + " is " + value + "; it must be 0 to " + MAX_UNSIGNED_32);
        }
        return value;
    }

    static long requireNotNegative(String what, long value) {
        if (value < 0) {
            throw new IllegalArgumentException(what + " is " + value + "; it must not be negative");
        }
        return value;
    }

    static Duration requireNotNegative(String what, Duration value) {
        if (value.isNegative()) {
            throw new IllegalArgumentException(what + " is " + value + "; it must not be negative");
        }
        return value;
    }

    /** RFC 3339, in which the format writes times, has years of four digits. */
    static Instant requireWritable(String what, Instant value) {
        if (value.isBefore(FIRST) || value.isAfter(LAST)) {
            throw new IllegalArgumentException(what + " is " + value + "; it must lie in the years 0000 to 9999");
        }
        return value;
    }
}
