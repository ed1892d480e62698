package dev.sayiir.worker;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;

/**
 * Lets one thread at a time ask the store for what may take long, or for what handlers' threads ask: so that however many
 * want to, they never take the connections of the poll, the heartbeat and the commits.
 */
final class OneAtATime {

    private final ReentrantLock lock = new ReentrantLock(true);

    <T> T call(Supplier<T> work) throws InterruptedException {
        lock.lockInterruptibly();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }
}
