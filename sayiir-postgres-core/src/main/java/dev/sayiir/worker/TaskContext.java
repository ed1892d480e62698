package dev.sayiir.worker;

import java.time.Instant;
import java.util.Optional;

/** What a handler may know about the task that it is doing, and how it is told to stop. */
public interface TaskContext {

    /** @return the instance */
    String instanceId();

    /** @return the name of the workflow that it is an instance of */
    String workflow();

    /** @return the task */
    String taskId();

    /**
     * The number of the claim under which the task is done: each claim of a task has a greater one than those before.
     * Give it to a resource that takes the greatest only, and a worker that lost the task cannot write there any more.
     *
     * @return the claim token
     */
    long claimToken();

    /**
     * The how-many-th time this is that a worker has the task, 1 for the first. Counts tries that failed, and those that
     * ended with their process.
     *
     * @return the attempt, at least 1
     */
    int attempt();

    /** @return when the try times out, by the store's clock; empty for never */
    Optional<Instant> deadline();

    /** @return the W3C {@code traceparent} under which the instance runs, if traced */
    Optional<String> traceParent();

    /**
     * The output of a task that is done. In a branch this asks the store, unless it is the output that the task is given; of
     * another branch it is there if its task is done by now, which cannot be relied on.
     *
     * @param taskId the task
     * @param type what to read it as; {@link dev.sayiir.workflow.Payload} for the bytes
     * @param <T> what to read it as
     * @return its output; empty if it is not done
     * @throws IllegalArgumentException if the output cannot be read as that
     * @throws RuntimeException if the store fails, in a branch
     */
    <T> Optional<T> result(String taskId, Class<T> type);

    /**
     * The result of a branch, for the task that joins them.
     *
     * @param label the label of the branch
     * @param type what to read it as; {@link dev.sayiir.workflow.Payload} for the bytes
     * @param <T> what to read it as
     * @return its result; empty if there is no such branch, or it is not done
     * @throws IllegalArgumentException if the result cannot be read as that
     */
    <T> Optional<T> branchResult(String label, Class<T> type);

    /**
     * What the instance was started with.
     *
     * @param type what to read it as; {@link dev.sayiir.workflow.Payload} for the bytes
     * @param <T> what to read it as
     * @return the input of the workflow
     * @throws IllegalArgumentException if it cannot be read as that
     */
    <T> T workflowInput(Class<T> type);

    /**
     * Reports progress to the worker's listener, and finds out whether to go on. The claim is renewed with or without it.
     * For handlers that work for long without calling anything that can be interrupted; it costs no statement.
     *
     * @param progress how far it is, in a few words; not stored
     * @throws InterruptedException if the task is to stop: its time is up, it was cancelled, its claim is lost, or the
     *     worker stops
     */
    void heartbeat(String progress) throws InterruptedException;
}
