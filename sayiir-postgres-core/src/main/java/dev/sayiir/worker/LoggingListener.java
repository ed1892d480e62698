package dev.sayiir.worker;

import dev.sayiir.persistence.TaskClaim;
import java.util.concurrent.Callable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Keeps what a listener throws away from the work. */
record LoggingListener(TaskWorkerListener target) implements TaskWorkerListener {

    private static final Logger log = LoggerFactory.getLogger(TaskWorkerListener.class);

    @Override
    public void polled(int claimed) {
        tell(() -> target.polled(claimed));
    }

    @Override
    public TaskOutcome aroundTask(TaskContext task, Callable<TaskOutcome> handler) throws Exception {
        return target.aroundTask(task, handler);
    }

    @Override
    public void progress(TaskContext task, String progress) {
        tell(() -> target.progress(task, progress));
    }

    @Override
    public void taskEnded(TaskClaim claim, End end) {
        tell(() -> target.taskEnded(claim, end));
    }

    private static void tell(Runnable call) {
        try {
            call.run();
        } catch (RuntimeException e) {
            log.warn("A listener of the worker failed; the work goes on", e);
        }
    }
}
