package dev.sayiir.postgres.test;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.function.Consumer;

/**
 * The clock of a test. It goes as the real one does, until the test moves it: then delays, back-offs, time limits of waits and
 * claims that end by the new time are due at once, in the stores of this test only.
 *
 * <pre>{@code
 * clock.advance(Duration.ofDays(2));
 * driver.runUntilIdle();
 * }</pre>
 *
 * <p>It only goes forward, and does not go back after a test: contexts are shared by tests, and what they have stored stays.
 * The time limit of a handler ({@code timeout}) is measured by the machine and is not moved. On PostgreSQL, see {@code
 * docs/testing-workflows.md} for what else of a session sees the moved time.
 *
 * <p>It is a {@link Clock}, for application code that asks one: a test that has a Clock bean of its own keeps that, too.
 */
public final class WorkflowClock extends Clock {

    private static final Duration FARTHEST = Duration.ofDays(36_500);

    private final Clock real = Clock.systemUTC();
    private final Consumer<Duration> stores;
    private Duration ahead = Duration.ZERO;
    private boolean driverRuns;

    /** @param stores is told how far ahead the clock is, whenever that changes */
    WorkflowClock(Consumer<Duration> stores) {
        this.stores = stores;
    }

    /**
     * Lets time pass.
     *
     * @param time how much
     * @throws IllegalArgumentException if it is negative, or the clock would be more than 36,500 days ahead
     * @throws IllegalStateException if the driver runs, as when a handler calls this, since the claims of the worker would have
     *     ended; or if the role may not set up in the test's database what moves its clock
     */
    public synchronized void advance(Duration time) {
        if (time.isNegative()) {
            throw new IllegalArgumentException("The clock cannot go back; " + time + " is negative");
        }
        if (driverRuns) {
            throw new IllegalStateException(
                    "The clock was to be moved while the driver runs, and the worker would lose what"
                            + " it has; move it between two runs");
        }
        Duration farther = ahead.plus(time);
        if (farther.compareTo(FARTHEST) > 0) {
            throw new IllegalArgumentException(
                    "The clock would be " + farther + " ahead; at most it can be " + FARTHEST);
        }
        stores.accept(farther);
        ahead = farther;
    }

    synchronized void driverRuns(boolean now) {
        driverRuns = now;
    }

    @Override
    public synchronized Instant instant() {
        return real.instant().plus(ahead);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        return new InZone(this, zone);
    }

    private static final class InZone extends Clock {

        private final Clock clock;
        private final ZoneId zone;

        InZone(Clock clock, ZoneId zone) {
            this.clock = clock;
            this.zone = zone;
        }

        @Override
        public Instant instant() {
            return clock.instant();
        }

        @Override
        public ZoneId getZone() {
            return zone;
        }

        @Override
        public Clock withZone(ZoneId other) {
            return new InZone(clock, other);
        }
    }
}
