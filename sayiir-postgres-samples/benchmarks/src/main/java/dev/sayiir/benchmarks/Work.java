package dev.sayiir.benchmarks;

import org.HdrHistogram.Recorder;

/** The measured part of a workload, to be done once. */
interface Work extends AutoCloseable {

    /**
     * Does it.
     *
     * @param latencies takes how long each call took, in nanoseconds
     * @return how many operations were done
     * @throws Exception if one fails, or the time limit has passed
     */
    long run(Recorder latencies) throws Exception;

    /** Adds what other processes have used for the work, if it was spread over some. */
    default Usage withOtherProcesses(Usage used) {
        return used;
    }

    /** Frees what it holds; only after it has been measured, as threads that are gone cannot be asked what they allocated. */
    @Override
    default void close() {}
}
