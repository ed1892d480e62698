package dev.sayiir.benchmarks;

/**
 * What has been used between two readings of the meters.
 *
 * @param nanos time that passed
 * @param commits transactions that the server committed
 * @param walBytes write-ahead log that it wrote
 * @param clientCpuNanos CPU time of this process
 * @param serverCpuNanos CPU time of the server's processes; NaN if they cannot be seen from here
 * @param allocatedBytes what the threads allocated that are still there
 * @param buffersHit pages that were in the shared buffers
 * @param buffersRead pages that were not
 */
record Usage(
        double nanos,
        double commits,
        double walBytes,
        double clientCpuNanos,
        double serverCpuNanos,
        double allocatedBytes,
        double buffersHit,
        double buffersRead) {

    /** With what other processes have used for the same work. */
    Usage plus(double cpuNanos, double bytes) {
        return new Usage(
                nanos,
                commits,
                walBytes,
                clientCpuNanos + cpuNanos,
                serverCpuNanos,
                allocatedBytes + bytes,
                buffersHit,
                buffersRead);
    }

    /** Without so many transactions, which were needed to count. */
    Usage withoutCommits(double transactions) {
        return new Usage(
                nanos,
                commits - transactions,
                walBytes,
                clientCpuNanos,
                serverCpuNanos,
                allocatedBytes,
                buffersHit,
                buffersRead);
    }
}
