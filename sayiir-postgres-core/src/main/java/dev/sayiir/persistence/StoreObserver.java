package dev.sayiir.persistence;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Is told what a store does, so that it can be measured and traced. Every method has a default that does nothing. They are
 * called on the thread that does the work and outside of its transaction's statements; they must be quick, may be called
 * by several threads at once, and must not throw on their own account.
 */
public interface StoreObserver {

    /** Observes nothing. */
    StoreObserver NONE = new StoreObserver() {};

    /**
     * Wraps an operation of a store, with all its tries.
     *
     * @param operation what is done
     * @param work does it; to be called exactly once, and what it returns or throws is to be passed on
     * @param <T> what it returns
     * @return what it returned
     */
    default <T extends @Nullable Object> T observe(StoreOperation operation, Supplier<T> work) {
        return work.get();
    }

    /**
     * A snapshot has been encoded to be saved.
     *
     * @param bytes its size, without inputs and outputs
     */
    default void snapshotEncoded(int bytes) {}

    /**
     * An operation is tried again after a transient failure of the database.
     *
     * @param operation what is done
     */
    default void retried(StoreOperation operation) {}

    /**
     * Workers are told that a task may be due.
     *
     * @param source where that is known from
     */
    default void wokenUp(WakeUpSource source) {}

    /**
     * Claims turned out to be lost to somebody else, at a commit or when they were to be extended.
     *
     * @param claims how many
     */
    default void claimsLost(int claims) {}

    /**
     * Retention has deleted something.
     *
     * @param kind what
     * @param rows how much of it, at least 1
     */
    default void purged(PurgedKind kind, long rows) {}

    /**
     * A run of retention is over that could not delete something. The next one tries again, and tells it again.
     *
     * @param kind what
     * @param rows how much of it, at least 1
     */
    default void passedOver(PurgedKind kind, long rows) {}
}
