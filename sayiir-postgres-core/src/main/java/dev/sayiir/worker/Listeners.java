package dev.sayiir.worker;

import dev.sayiir.persistence.TaskClaim;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells all listeners, in their order, and keeps what one throws away from the others and from the work. */
record Listeners(List<TaskWorkerListener> all) implements TaskWorkerListener {

    private static final Logger log = LoggerFactory.getLogger(TaskWorkerListener.class);

    Listeners {
        all = List.copyOf(all);
    }

    @Override
    public void polled(int claimed) {
        tell(listener -> listener.polled(claimed));
    }

    /** The first one wraps what the others wrap. */
    @Override
    public TaskOutcome aroundTask(TaskContext task, Callable<TaskOutcome> handler) throws Exception {
        Callable<TaskOutcome> wrapped = handler;
        for (int i = all.size() - 1; i >= 0; i--) {
            TaskWorkerListener listener = all.get(i);
            Callable<TaskOutcome> inner = wrapped;
            wrapped = () -> listener.aroundTask(task, inner);
        }
        return wrapped.call();
    }

    @Override
    public void progress(TaskContext task, String progress) {
        tell(listener -> listener.progress(task, progress));
    }

    @Override
    public void taskEnded(TaskClaim claim, End end) {
        tell(listener -> listener.taskEnded(claim, end));
    }

    private void tell(Consumer<TaskWorkerListener> call) {
        for (TaskWorkerListener listener : all) {
            try {
                call.accept(listener);
            } catch (RuntimeException e) {
                log.warn("A listener of the worker failed; the work goes on", e);
            }
        }
    }
}
