package dev.sayiir.persistence;

import java.time.Duration;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Keeps one kind of line from filling the log when there is a reason for it at every row, poll or task: {@value #LINES} of
 * them in a minute are written, and the first one after that says how many were left out. One for each statement that logs
 * what others may cause, not one for each instance.
 *
 * <pre>{@code
 * private final LogLimit undecodable = new LogLimit();
 *
 * undecodable.log(more -> log.warn("Task '{}' cannot be decoded{}", taskId, more));
 * }</pre>
 *
 * <p>Several threads may use it at once.
 */
public final class LogLimit {

    /** How many lines are written within {@link #INTERVAL}. */
    public static final int LINES = 10;

    /** How long it takes until lines are written again: a minute from the first of those that were. */
    public static final Duration INTERVAL = Duration.ofMinutes(1);

    private final LongSupplier nanoTime;
    private long since;
    private int written;
    private long leftOut;

    /** By the clock of this process. */
    public LogLimit() {
        this(System::nanoTime);
    }

    /** @param nanoTime the clock, in nanoseconds from any point in time on */
    public LogLimit(LongSupplier nanoTime) {
        this.nanoTime = nanoTime;
    }

    /**
     * Writes a line, or leaves it out.
     *
     * @param line writes it, if it is to be written; is given what to put at its end: how many lines were left out before
     *     it, or nothing if there were none
     */
    public void log(Consumer<String> line) {
        long before;
        synchronized (this) {
            long now = nanoTime.getAsLong();
            if (written > 0 && now - since >= INTERVAL.toNanos()) {
                written = 0;
            }
            if (written == LINES) {
                leftOut++;
                return;
            }
            if (written++ == 0) {
                since = now;
            }
            before = leftOut;
            leftOut = 0;
        }
        line.accept(before == 0 ? "" : " (" + before + " lines like this one were left out before it)");
    }
}
