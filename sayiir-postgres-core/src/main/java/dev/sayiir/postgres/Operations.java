package dev.sayiir.postgres;

import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.StoreOperation;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.function.Supplier;

/** What every operation of the backend goes through: it is observed as a whole, and tried again if it failed in passing. */
final class Operations {

    private final StoreObserver observer;
    private final TransientFailures failures;

    Operations(StoreObserver observer, TransientFailures failures) {
        this.observer = observer;
        this.failures = failures;
    }

    <T> T run(StoreOperation operation, Supplier<T> work) {
        return write(operation, write -> work.get());
    }

    void run(StoreOperation operation, Runnable work) {
        run(operation, () -> {
            work.run();
            return true;
        });
    }

    /** For what must not be done twice: each attempt is told which write it is part of, and whether it is the first. */
    <T> T write(StoreOperation operation, Function<Write, T> work) {
        AtomicReference<Write> next = new AtomicReference<>(Write.first());
        return observer.observe(
                operation,
                () -> failures.retry(() -> {
                    Write write = next.getAndUpdate(Write::again);
                    if (write.repeated()) {
                        observer.retried(operation);
                    }
                    return work.apply(write);
                }));
    }
}
