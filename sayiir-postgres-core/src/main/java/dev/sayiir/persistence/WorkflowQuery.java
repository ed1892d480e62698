package dev.sayiir.persistence;

import dev.sayiir.workflow.Identifiers;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Instant;
import java.util.Optional;

/**
 * What {@link WorkflowQueries#findWorkflows} looks for. All conditions that are present have to hold. Immutable: each
 * method makes a new query.
 *
 * @param status only instances with this status
 * @param definitionHash only instances of this workflow
 * @param currentTaskId only instances with this task open: to be run, running, or waited at
 * @param errorContaining only failed instances whose error has this text in it, in any case; beyond ASCII, a database
 *     compares cases as far as its locale does
 * @param createdFrom only instances created then or later
 * @param createdBefore only instances created earlier
 * @param after the end of the page before
 * @param limit how many instances at most, 1 to {@value #MAX_LIMIT}
 */
public record WorkflowQuery(
        Optional<WorkflowStatus> status,
        Optional<String> definitionHash,
        Optional<String> currentTaskId,
        Optional<String> errorContaining,
        Optional<Instant> createdFrom,
        Optional<Instant> createdBefore,
        Optional<Cursor> after,
        int limit) {

    /** The largest page. */
    public static final int MAX_LIMIT = 1000;

    private static final WorkflowQuery ALL = new WorkflowQuery(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            100);

    /**
     * Where a page ended.
     *
     * @param createdAt when its last instance was created
     * @param instanceId the id of its last instance
     */
    public record Cursor(Instant createdAt, String instanceId) {

        /** @throws IllegalArgumentException if the id is not valid */
        public Cursor {
            Identifiers.requireInstanceId(instanceId);
        }
    }

    /** @throws IllegalArgumentException if a text is not valid or the limit out of its range */
    public WorkflowQuery {
        definitionHash.ifPresent(hash -> Identifiers.requireName("definition hash", hash));
        currentTaskId.ifPresent(Identifiers::requireForkId);
        errorContaining.ifPresent(text -> Identifiers.requireText("error text", text));
        if (limit < 1 || limit > MAX_LIMIT) {
            throw new IllegalArgumentException("The page limit is " + limit + "; use 1 to " + MAX_LIMIT);
        }
    }

    /** @return every instance, 100 to a page */
    public static WorkflowQuery all() {
        return ALL;
    }

    /**
     * @param wanted the status that instances must have
     * @return the narrowed query
     */
    public WorkflowQuery withStatus(WorkflowStatus wanted) {
        return new WorkflowQuery(
                Optional.of(wanted),
                definitionHash,
                currentTaskId,
                errorContaining,
                createdFrom,
                createdBefore,
                after,
                limit);
    }

    /**
     * @param hash the workflow that instances must be of
     * @return the narrowed query
     */
    public WorkflowQuery ofDefinition(String hash) {
        return new WorkflowQuery(
                status, Optional.of(hash), currentTaskId, errorContaining, createdFrom, createdBefore, after, limit);
    }

    /**
     * @param taskId the task at which instances must stand
     * @return the narrowed query
     */
    public WorkflowQuery atTask(String taskId) {
        return new WorkflowQuery(
                status, definitionHash, Optional.of(taskId), errorContaining, createdFrom, createdBefore, after, limit);
    }

    /**
     * @param text what the error of a failed instance must contain, in any case
     * @return the narrowed query
     */
    public WorkflowQuery withErrorContaining(String text) {
        return new WorkflowQuery(
                status, definitionHash, currentTaskId, Optional.of(text), createdFrom, createdBefore, after, limit);
    }

    /**
     * @param from the earliest creation time
     * @return the narrowed query
     */
    public WorkflowQuery createdFrom(Instant from) {
        return new WorkflowQuery(
                status, definitionHash, currentTaskId, errorContaining, Optional.of(from), createdBefore, after, limit);
    }

    /**
     * @param before the creation time that instances must lie before
     * @return the narrowed query
     */
    public WorkflowQuery createdBefore(Instant before) {
        return new WorkflowQuery(
                status, definitionHash, currentTaskId, errorContaining, createdFrom, Optional.of(before), after, limit);
    }

    /**
     * @param end where the page before ended
     * @return the query for the page that follows
     */
    public WorkflowQuery after(Cursor end) {
        return new WorkflowQuery(
                status,
                definitionHash,
                currentTaskId,
                errorContaining,
                createdFrom,
                createdBefore,
                Optional.of(end),
                limit);
    }

    /**
     * @param most how many instances a page holds at most, 1 to {@value #MAX_LIMIT}
     * @return the query with that limit
     * @throws IllegalArgumentException if it is out of that range
     */
    public WorkflowQuery limit(int most) {
        return new WorkflowQuery(
                status, definitionHash, currentTaskId, errorContaining, createdFrom, createdBefore, after, most);
    }
}
