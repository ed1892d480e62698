package dev.sayiir.postgres;

import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.StoreOperation;
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
        return observer.observe(operation, () -> failures.retry(operation, work));
    }

    void run(StoreOperation operation, Runnable work) {
        run(operation, () -> {
            work.run();
            return true;
        });
    }

    /** For an operation on an instance that must not be done twice. */
    <T> T write(StoreOperation operation, Function<Write, T> work) {
        String instanceId = operation.instanceId().orElseThrow();
        return observer.observe(operation, () -> failures.retryWrite(operation, instanceId, work));
    }

    /** For an operation that tries its steps again by themselves. */
    <T> T inSteps(StoreOperation operation, Function<StoreOperation, T> work) {
        return observer.observe(operation, () -> work.apply(operation));
    }
}
