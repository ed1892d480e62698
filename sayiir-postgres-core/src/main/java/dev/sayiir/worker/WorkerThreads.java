package dev.sayiir.worker;

import java.lang.reflect.Method;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/** Virtual threads where there are such (Java 21 and later), else threads of the platform. */
final class WorkerThreads {

    private WorkerThreads() {}

    /**
     * For work that comes all the time.
     *
     * @param most how much of it is under way at once, at most
     */
    static ExecutorService busy(String name, int most) {
        return virtualOr(name, platform -> Executors.newFixedThreadPool(most, platform));
    }

    /** For work that comes now and then, and that may take long. */
    static ExecutorService spare(String name) {
        return virtualOr(name, Executors::newCachedThreadPool);
    }

    private static ExecutorService virtualOr(String name, Function<ThreadFactory, ExecutorService> otherwise) {
        try {
            Object builder = Thread.class.getMethod("ofVirtual").invoke(null);
            Class<?> type = Class.forName("java.lang.Thread$Builder");
            type.getMethod("name", String.class, long.class).invoke(builder, name, 1L);
            ThreadFactory threads = (ThreadFactory) type.getMethod("factory").invoke(builder);
            Method perTask = Executors.class.getMethod("newThreadPerTaskExecutor", ThreadFactory.class);
            return (ExecutorService) perTask.invoke(null, threads);
        } catch (ReflectiveOperationException e) {
            return otherwise.apply(platform(name)); // Java 17 to 20
        }
    }

    /** Daemons: a handler that never ends does not keep the process alive. */
    static ThreadFactory platform(String name) {
        AtomicInteger number = new AtomicInteger();
        return work -> {
            Thread thread = new Thread(work, name + number.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }
}
