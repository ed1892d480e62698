package dev.sayiir.persistence;

import java.util.function.Consumer;

/**
 * Tells workers that a task may have become due, so that they need not wait for their next poll. Only a hint: polling is
 * the truth.
 *
 * <pre>{@code
 * try (WakeUps.Subscription subscription = wakeUps.onWakeUp(source -> worker.pollSoon())) {
 *     worker.run();
 * }
 * }</pre>
 */
public interface WakeUps {

    /**
     * Calls the listener whenever there may be something to claim; possibly for nothing. When it is called, what it is
     * told of is committed.
     *
     * <p>It is called from a thread of the store, by one thread at a time. It has to return at once, as others wait to be
     * told; what it throws is logged and goes no further.
     *
     * @param listener what to call
     * @return the subscription; close it to end the calls
     */
    Subscription onWakeUp(Consumer<WakeUpSource> listener);

    /** Ends the calls when it is closed; one that is under way may still come to its end. */
    interface Subscription extends AutoCloseable {

        /** Ends the calls. To close it again does nothing. */
        @Override
        void close();
    }
}
