package dev.sayiir.persistence;

import dev.sayiir.workflow.Identifiers;
import dev.sayiir.workflow.Payload;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * From where an instance goes on, and what is changed there. Immutable.
 *
 * <pre>{@code
 * RedriveRequest.fromFailure()
 * RedriveRequest.fromTask("charge").withResult("price", Payload.utf8("42"))
 * }</pre>
 *
 * @param taskId the task from which it goes on; empty if a version or its failure says that
 * @param version the version from which it goes on; empty if a task or its failure says that
 * @param completedAllowed whether one that completed goes on as well
 * @param input what the task is given with which it goes on; empty for what it was given
 * @param results new results of tasks that are done, or at which branches stand, by task
 */
public record RedriveRequest(
        Optional<String> taskId,
        OptionalLong version,
        boolean completedAllowed,
        Optional<Payload> input,
        Map<String, Payload> results) {

    /** @throws IllegalArgumentException if a task id is not valid, the version is below 1, or there are both */
    public RedriveRequest {
        taskId.ifPresent(Identifiers::requireForkId);
        version.ifPresent(Arguments::requireVersion);
        if (taskId.isPresent() && version.isPresent()) {
            throw new IllegalArgumentException("An instance goes on from a task or from a version, not from both");
        }
        results.keySet().forEach(Identifiers::requireTaskId);
        results = Collections.unmodifiableMap(new LinkedHashMap<>(results));
    }

    /** @return from the last version in which it had not ended, be it by a failure or a cancel */
    public static RedriveRequest fromFailure() {
        return new RedriveRequest(Optional.empty(), OptionalLong.empty(), false, Optional.empty(), Map.of());
    }

    /**
     * The last version in which the main line stood at a task. Of the task that joins branches that is the one with most
     * branches done.
     *
     * @param taskId the task, delay, wait or join; not a task of a branch
     * @return from there
     * @throws IllegalArgumentException if the id is not valid
     */
    public static RedriveRequest fromTask(String taskId) {
        return new RedriveRequest(Optional.of(taskId), OptionalLong.empty(), false, Optional.empty(), Map.of());
    }

    /**
     * @param version a version in which it had not ended
     * @return from there
     * @throws IllegalArgumentException if the version is below 1
     */
    public static RedriveRequest fromVersion(long version) {
        return new RedriveRequest(Optional.empty(), OptionalLong.of(version), false, Optional.empty(), Map.of());
    }

    /** @return the same, also for an instance that completed */
    public RedriveRequest evenIfCompleted() {
        return new RedriveRequest(taskId, version, true, input, results);
    }

    /**
     * Gives the task with which it goes on another input. What a task is given is not kept for itself: this replaces the
     * result of the task that was done last, or if there is none the input of the workflow. At a fork each branch is given
     * something of its own, so there it is refused; replace the results that they are made of.
     *
     * @param input the input
     * @return the same with that
     */
    public RedriveRequest withInput(Payload input) {
        return new RedriveRequest(taskId, version, completedAllowed, Optional.of(input), results);
    }

    /**
     * Replaces the result of a task that is done. If a branch stands at the task, it ends with the result.
     *
     * @param taskId the task
     * @param result its result
     * @return the same with that
     * @throws IllegalArgumentException if the id is not valid
     */
    public RedriveRequest withResult(String taskId, Payload result) {
        Map<String, Payload> all = new LinkedHashMap<>(results);
        all.put(taskId, result);
        return new RedriveRequest(this.taskId, version, completedAllowed, input, all);
    }
}
