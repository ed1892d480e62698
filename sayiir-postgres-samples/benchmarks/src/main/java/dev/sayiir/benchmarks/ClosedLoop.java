package dev.sayiir.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.HdrHistogram.Recorder;

/** Threads that each take the next portion of the work as soon as they are done with one. */
final class ClosedLoop implements Work {

    /** A call that is timed. */
    @FunctionalInterface
    interface Call {
        void run() throws Exception;
    }

    /** Times the calls of a portion. */
    @FunctionalInterface
    interface Timer {
        void time(Call call) throws Exception;
    }

    /** One portion of the work. */
    @FunctionalInterface
    interface Portion {

        /**
         * @param number which one, from 0
         * @param timer to be given every call that counts
         * @return how many operations it was
         */
        int run(int number, Timer timer) throws Exception;
    }

    private final Load load;
    private final int portions;
    private final Portion portion;
    private final ExecutorService threads;

    /**
     * @param load says how many threads
     * @param portions how many there are
     * @param portion does one
     */
    ClosedLoop(Load load, int portions, Portion portion) {
        this.load = load;
        this.portions = portions;
        this.portion = portion;
        this.threads = Executors.newFixedThreadPool(load.concurrency());
    }

    /** One call for each operation. */
    static ClosedLoop ofCalls(Load load, Call call) {
        return new ClosedLoop(load, load.operations(), (number, timer) -> {
            timer.time(call);
            return 1;
        });
    }

    @Override
    public long run(Recorder latencies) throws Exception {
        AtomicInteger next = new AtomicInteger();
        AtomicLong done = new AtomicLong();
        List<Future<?>> running = new ArrayList<>();
        for (int thread = 0; thread < load.concurrency(); thread++) {
            running.add(threads.submit(() -> {
                for (int number = next.getAndIncrement(); number < portions; number = next.getAndIncrement()) {
                    done.addAndGet(portion.run(number, call -> {
                        long begin = System.nanoTime();
                        call.run();
                        latencies.recordValue(System.nanoTime() - begin);
                    }));
                }
                return null;
            }));
        }
        long end = System.nanoTime() + load.limit().toNanos();
        for (Future<?> thread : running) {
            try {
                thread.get(end - System.nanoTime(), TimeUnit.NANOSECONDS);
            } catch (TimeoutException e) {
                throw new IllegalStateException(
                        "Not done within " + load.limit() + ": " + done
                                + " operations so far. Give it more time (--limit)" + " or less to do (--operations)",
                        e);
            } catch (ExecutionException e) {
                throw e.getCause() instanceof Exception cause ? cause : e;
            }
        }
        return done.get();
    }

    /** Runs it untimed, as when many instances are to be made. */
    void runUntimed() throws Exception {
        try (this) {
            run(new Recorder(1));
        }
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
