package dev.sayiir.persistence;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;

/** Lets real threads loose on a store, all at the same moment. */
final class Together {

    private Together() {}

    /**
     * Runs every action in a thread of its own, started together, and waits for all.
     *
     * @return how each ended, in the order of the actions
     */
    static <T> List<Outcome<T>> run(List<? extends Callable<? extends T>> actions) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(actions.size());
        try {
            CyclicBarrier start = new CyclicBarrier(actions.size());
            List<Future<Outcome<T>>> running = new ArrayList<>();
            for (Callable<? extends T> action : actions) {
                running.add(threads.submit(() -> {
                    start.await(30, TimeUnit.SECONDS);
                    return Outcome.of(action);
                }));
            }
            List<Outcome<T>> outcomes = new ArrayList<>();
            for (Future<Outcome<T>> outcome : running) {
                outcomes.add(outcome.get(60, TimeUnit.SECONDS));
            }
            return outcomes;
        } finally {
            threads.shutdownNow();
        }
    }

    /** The same with one action for each number from 0. */
    static <T> List<Outcome<T>> run(int count, IntFunction<T> action) throws Exception {
        List<Callable<T>> actions = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            int number = i;
            actions.add(() -> action.apply(number));
        }
        return run(actions);
    }

    static <T> List<T> values(List<Outcome<T>> outcomes) {
        return outcomes.stream().flatMap(outcome -> outcome.value().stream()).toList();
    }

    static List<Exception> failures(List<? extends Outcome<?>> outcomes) {
        List<Exception> failures = new ArrayList<>();
        outcomes.forEach(outcome -> outcome.failure().ifPresent(failures::add));
        return Collections.unmodifiableList(failures);
    }

    /** What an action gave back, or how it failed. */
    record Outcome<T>(Optional<T> value, Optional<Exception> failure) {

        private static <T> Outcome<T> of(Callable<? extends T> action) {
            try {
                return new Outcome<>(Optional.of(action.call()), Optional.empty());
            } catch (Exception e) {
                return new Outcome<>(Optional.empty(), Optional.of(e));
            }
        }
    }
}
