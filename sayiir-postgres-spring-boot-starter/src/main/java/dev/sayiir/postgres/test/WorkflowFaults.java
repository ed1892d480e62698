package dev.sayiir.postgres.test;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.TaskWorkerListener;
import dev.sayiir.workflow.Identifiers;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * Lets tasks of a test fail, as they would in production: by what their handler throws, by the end of their process, or by a
 * connection that breaks. Each fault is for one call of one task of one instance, counted from 1, and happens once.
 *
 * <pre>{@code
 * faults.failCall("order-1", "charge", 1, new IOException("the bank does not answer"));
 * faults.dieAfterCall("order-1", "charge", 2);
 * }</pre>
 *
 * <p>Any number of threads may use it.
 */
public final class WorkflowFaults {

    /** What becomes of the result of a call. */
    enum AtCommit {
        NOT_STORED,
        STORED_UNHEARD
    }

    private record Task(String instanceId, String taskId) {}

    private record Call(Task task, int number) {}

    private final Map<Task, Integer> calls = new HashMap<>();
    private final Map<Call, Exception> failures = new HashMap<>();
    private final Map<Call, AtCommit> atCommit = new HashMap<>();

    WorkflowFaults() {}

    /**
     * Has a call fail: the handler is not called, and the worker is given the failure as if the handler had thrown it.
     *
     * @param instanceId the instance, which need not be started yet
     * @param taskId its task
     * @param call which call of that task, 1 for the first
     * @param failure what is thrown
     * @throws IllegalArgumentException if an id is not valid or the number less than 1
     * @throws IllegalStateException if that call is over
     */
    public synchronized void failCall(String instanceId, String taskId, int call, Exception failure) {
        failures.put(upcoming(instanceId, taskId, call), failure);
    }

    /**
     * Has the worker die between the task and its commit: the handler is called, and what it returns or throws is stored
     * nowhere. The task is done again once its claim has ended, so when the clock has moved by {@code
     * sayiir.postgres.claims.ttl}.
     *
     * @param instanceId the instance, which need not be started yet
     * @param taskId its task
     * @param call which call of that task, 1 for the first
     * @throws IllegalArgumentException if an id is not valid or the number less than 1
     * @throws IllegalStateException if that call is over
     */
    public synchronized void dieAfterCall(String instanceId, String taskId, int call) {
        atCommit.put(upcoming(instanceId, taskId, call), AtCommit.NOT_STORED);
    }

    /**
     * Has the connection break while the answer to a commit is under way: what came out of the call is stored, and the worker is
     * told that the connection failed.
     *
     * @param instanceId the instance, which need not be started yet
     * @param taskId its task
     * @param call which call of that task, 1 for the first
     * @throws IllegalArgumentException if an id is not valid or the number less than 1
     * @throws IllegalStateException if that call is over
     */
    public synchronized void loseAnswerAfterCall(String instanceId, String taskId, int call) {
        atCommit.put(upcoming(instanceId, taskId, call), AtCommit.STORED_UNHEARD);
    }

    private Call upcoming(String instanceId, String taskId, int call) {
        Task task = new Task(Identifiers.requireInstanceId(instanceId), Identifiers.requireTaskId(taskId));
        if (call < 1) {
            throw new IllegalArgumentException("Calls are counted from 1; there is no call " + call);
        }
        int made = calls.getOrDefault(task, 0);
        if (call <= made) {
            throw new IllegalStateException("Task '" + taskId + "' of instance '" + instanceId + "' was called " + made
                    + " times; call " + call + " is over, so ask for its fault before it is made");
        }
        return new Call(task, call);
    }

    /** What is to become of the result that is about to be stored. */
    synchronized Optional<AtCommit> atCommit(TaskClaim claim) {
        return Optional.ofNullable(atCommit.get(lastCall(claim)));
    }

    /** That fault has happened. */
    synchronized void happened(TaskClaim claim) {
        atCommit.remove(lastCall(claim));
    }

    private Call lastCall(TaskClaim claim) {
        Task task = new Task(claim.instanceId(), claim.taskId());
        return new Call(task, calls.getOrDefault(task, 0));
    }

    private synchronized Optional<Exception> begin(TaskContext context) {
        Task task = new Task(context.instanceId(), context.taskId());
        int number = calls.merge(task, 1, Integer::sum);
        return Optional.ofNullable(failures.remove(new Call(task, number)));
    }

    /** Counts the calls of handlers, and has them fail. */
    TaskWorkerListener listener() {
        return new TaskWorkerListener() {

            @Override
            public TaskOutcome aroundTask(TaskContext task, Callable<TaskOutcome> handler) throws Exception {
                Optional<Exception> failure = begin(task);
                if (failure.isPresent()) {
                    throw failure.get();
                }
                return handler.call();
            }
        };
    }
}
