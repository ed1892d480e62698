package dev.sayiir.worker;

import dev.sayiir.persistence.LogLimit;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import org.slf4j.spi.LoggingEventBuilder;

/**
 * Says of each attempt that failed what comes next, in a line, with the stack trace at the first failure of its kind. Of each
 * task by itself, so that one that fails all the time does not hide the others.
 */
final class FailureLog {

    /** Those that come after have no stack trace. */
    private static final int MOST_KINDS = 100;

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final Map<String, OfTask> tasks = new ConcurrentHashMap<>();

    private record OfTask(LogLimit again, LogLimit last, Set<String> kinds) {
        boolean isNew(Throwable failure) {
            return kinds.size() < MOST_KINDS && kinds.add(Causes.kind(failure));
        }
    }

    /**
     * @param attempt which one, as "3 of 8"
     * @param error what went wrong, without what it is an error of
     * @param failure what was thrown, if anything
     */
    void again(HeldTask held, String attempt, Duration wait, String error, Optional<Throwable> failure) {
        OfTask task = of(held);
        task.again()
                .log(more -> write(
                        Level.WARN,
                        task,
                        failure,
                        held + " failed, attempt " + attempt + ", again in "
                                + String.format(Locale.ROOT, "%.1f", wait.toMillis() / 1e3) + " s: " + line(error)
                                + more));
    }

    /** @param next what comes of the task instead of another try */
    void last(HeldTask held, String attempt, String next, String error, Optional<Throwable> failure) {
        OfTask task = of(held);
        task.last()
                .log(more -> write(
                        Level.ERROR,
                        task,
                        failure,
                        held + " failed, attempt " + attempt + ", and " + next + ": " + line(error) + more));
    }

    private OfTask of(HeldTask held) {
        return tasks.computeIfAbsent(
                held.claim().taskId(),
                taskId -> new OfTask(new LogLimit(), new LogLimit(), ConcurrentHashMap.newKeySet()));
    }

    private static void write(Level level, OfTask task, Optional<Throwable> failure, String line) {
        LoggingEventBuilder entry = log.atLevel(level);
        Optional<Throwable> trace = failure.filter(task::isNew).map(ErrorText::loggable);
        (trace.isPresent() ? entry.setCause(trace.get()) : entry).log("{}", line);
    }

    private static String line(String error) {
        return error.replaceAll("\\s*\\R\\s*", " ");
    }
}
