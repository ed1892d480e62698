package dev.sayiir.benchmarks;

import java.time.Duration;

/**
 * How much to do.
 *
 * @param concurrency how many threads or tasks at once
 * @param operations how many operations in all; a workload that works in larger portions rounds it up
 * @param processes how many processes the worker's workloads are spread over
 * @param limit how long it may take; work that takes longer fails
 */
record Load(int concurrency, int operations, int processes, Duration limit) {

    /** The same with fewer operations, but enough for every connection to have prepared its statements. */
    Load warmUp() {
        return new Load(concurrency, Math.min(operations, Math.max(operations / 10, 20 * concurrency)), 1, limit);
    }

    /** How many portions of that size make up the operations, at least one. */
    int portions(int size) {
        return Math.max(1, (operations + size - 1) / size);
    }

    /** The same one after the other, and only one in so many operations; at least ten. */
    Load oneByOne(int share) {
        return new Load(1, Math.max(10, portions(share)), 1, limit);
    }
}
