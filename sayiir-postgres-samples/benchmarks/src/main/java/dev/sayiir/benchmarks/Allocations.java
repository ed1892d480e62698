package dev.sayiir.benchmarks;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.HashMap;
import java.util.Map;

/** What each thread of this process that is still there has allocated, in bytes. */
final class Allocations {

    private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

    private final Map<Long, Long> byThread;

    private Allocations(Map<Long, Long> byThread) {
        this.byThread = byThread;
    }

    static Allocations now() {
        long[] ids = THREADS.getAllThreadIds();
        long[] bytes = THREADS.getThreadAllocatedBytes(ids);
        Map<Long, Long> byThread = new HashMap<>();
        for (int i = 0; i < ids.length; i++) {
            // Negative for one that has ended meanwhile.
            if (bytes[i] >= 0) {
                byThread.put(ids[i], bytes[i]);
            }
        }
        return new Allocations(byThread);
    }

    /** What has been allocated since, by the threads that are there now. */
    double since(Allocations before) {
        return byThread.entrySet().stream()
                .mapToDouble(thread -> thread.getValue() - before.byThread.getOrDefault(thread.getKey(), 0L))
                .sum();
    }
}
