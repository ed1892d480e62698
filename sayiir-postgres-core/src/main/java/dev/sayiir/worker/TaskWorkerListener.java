package dev.sayiir.worker;

import dev.sayiir.persistence.TaskClaim;
import java.util.concurrent.Callable;

/**
 * Is told what a worker does, for metrics and traces. All methods do nothing unless overridden; several threads call them
 * at once, and they have to return soon. What they throw is logged, except in {@link #aroundTask}.
 */
public interface TaskWorkerListener {

    /** How it ended that a worker had a task. */
    enum End {
        /** What came out of it is stored: its outcome, a retry or a failure. */
        COMMITTED,
        /** Its instance was cancelled while the task was under way. */
        CANCELLED,
        /** Somebody else has the task, or its instance is finished or deleted; the result was dropped. */
        LOST,
        /**
         * It was given back, since the worker stops or it is left for a worker that can do it; or it is left until the claim
         * ends, since its result cannot be stored.
         */
        RELEASED,
        /** It cannot be done, and is not tried until somebody unblocks it. */
        BLOCKED
    }

    /**
     * The worker has asked the store for tasks.
     *
     * @param claimed how many it got
     */
    default void polled(int claimed) {}

    /**
     * Wraps a call of a handler, on the thread of the handler. The transaction of a {@linkplain TaskHandler#isTransactional()
     * transactional} task begins and ends within it; once that is committed, what is returned or thrown here does not matter.
     *
     * @param task the task
     * @param handler calls the handler; to be called exactly once
     * @return what the handler returned
     * @throws Exception what the handler threw; counts as a failure of the task
     */
    default TaskOutcome aroundTask(TaskContext task, Callable<TaskOutcome> handler) throws Exception {
        return handler.call();
    }

    /**
     * A handler says how far it is.
     *
     * @param task the task
     * @param progress what it says
     */
    default void progress(TaskContext task, String progress) {}

    /**
     * The worker no longer has a task, be it one that a handler did, or a delay or a wait whose time was up. The thread may be
     * another one than that of the handler.
     *
     * @param claim the claim that it had
     * @param end how that ended
     */
    default void taskEnded(TaskClaim claim, End end) {}
}
