package dev.sayiir.samples.orders.demonstration;

import java.time.Duration;
import java.util.function.BooleanSupplier;

/** Something that is to be done at intervals. */
final class Pace {

    private final long interval;
    private long next;

    /** Due for the first time after one interval. */
    Pace(Duration interval) {
        this.interval = interval.toNanos();
        this.next = System.nanoTime() + this.interval;
    }

    /** Does it if it is due. If that fails it stays due, else not until an interval has passed. */
    void ifDue(BooleanSupplier work) {
        if (System.nanoTime() - next >= 0 && work.getAsBoolean()) {
            next = System.nanoTime() + interval;
        }
    }
}
