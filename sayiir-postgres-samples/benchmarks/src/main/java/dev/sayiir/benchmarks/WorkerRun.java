package dev.sayiir.benchmarks;

import org.HdrHistogram.Recorder;

/** Workers that do all tasks of some instances. A call is a task, from its handler to its commit. */
interface WorkerRun extends Work {

    /**
     * Lets the workers begin.
     *
     * @param latencies takes how long each task took
     */
    void begin(Recorder latencies) throws Exception;

    /**
     * Waits until all is done.
     *
     * @return how many tasks it was
     */
    long await() throws Exception;

    @Override
    default long run(Recorder latencies) throws Exception {
        begin(latencies);
        return await();
    }
}
