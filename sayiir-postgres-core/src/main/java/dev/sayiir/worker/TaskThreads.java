package dev.sayiir.worker;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Begins what is to be done in the order in which it comes. A thread that makes something to do while it works goes on with
 * that itself, so that an instance alone goes from task to task on one thread.
 */
final class TaskThreads {

    private static final ThreadLocal<@Nullable Turn> TURN = new ThreadLocal<>();

    private final ExecutorService executor;
    private final AtomicInteger toBegin = new AtomicInteger();

    /** @param executor has a thread for all that is under way at once, and begins in order */
    TaskThreads(ExecutorService executor) {
        this.executor = executor;
    }

    /** What a thread does, and goes on with. */
    private static final class Turn {

        private final TaskThreads owner;
        private @Nullable Runnable next;

        Turn(TaskThreads owner) {
            this.owner = owner;
        }
    }

    /** What this thread is doing; null if it is none of these. */
    private @Nullable Turn own() {
        Turn turn = TURN.get();
        return turn != null && turn.owner == this ? turn : null;
    }

    /** Does it as soon as there is a thread. A thread of these that calls this has to be about to end what it does. */
    void begin(Runnable work) {
        toBegin.incrementAndGet();
        Turn own = own();
        if (own != null && own.next == null) {
            own.next = work;
        } else {
            execute(work);
        }
    }

    /**
     * Does it after all that is to be begun now, which a thread of these does not leave undone for it.
     *
     * @return false if the caller, a thread of these, is to do it at once itself, as there is nothing to begin
     */
    boolean later(Runnable work) {
        if (own() != null && toBegin.get() == 0) {
            return false;
        }
        toBegin.incrementAndGet();
        try {
            execute(work);
            return true;
        } catch (RuntimeException | Error e) {
            return false; // no thread to be had, so it is done on this one
        }
    }

    private void execute(Runnable work) {
        try {
            executor.execute(() -> take(work));
        } catch (RuntimeException | Error e) {
            toBegin.decrementAndGet();
            throw e;
        }
    }

    private void take(Runnable first) {
        Turn own = new Turn(this);
        TURN.set(own);
        try {
            Runnable work = first;
            while (work != null) {
                toBegin.decrementAndGet();
                work.run();
                work = own.next;
                own.next = null;
            }
        } finally {
            TURN.remove();
        }
    }

    /** Begins nothing more, and lets what has begun end; it is not interrupted, as it may be using the store. */
    void close() {
        executor.shutdown();
    }
}
