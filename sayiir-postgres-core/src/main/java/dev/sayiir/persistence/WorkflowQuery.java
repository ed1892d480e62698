package dev.sayiir.persistence;

import dev.sayiir.workflow.Identifiers;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Instant;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;

/**
 * What {@link WorkflowQueries#findWorkflows} looks for. All conditions that are present have to hold. Immutable: each
 * method makes a new query.
 *
 * <p>On PostgreSQL a page is found along an index in the order of pages, and costs what is on it, by statuses, a workflow, the
 * failures of a workflow ({@code withStatus(FAILED).ofDefinition(…)}), an awaited event, a fingerprint, and the time of
 * creation. Every other condition, and each that is combined with one of these, is checked row by row, and costs what is passed
 * over until the page is full. There is no index of the latest checkpoint, since every step would have to write it: so give
 * {@code updatedFrom} and {@code updatedBefore} together with what selects little, such as a status that few have. Instances
 * with a prefix and stuck ones are looked up one by one while there are no more than 1,000 of them; of more, pages are found
 * in the order of creation, which costs more the fewer of the newest they are.
 *
 * @param statuses only instances with one of these statuses; empty for all
 * @param instanceIdPrefix only instances whose id begins with this
 * @param definitionHash only instances of this workflow
 * @param currentTaskId only instances with this task open: to be run, running, or waited at
 * @param awaitedEvent only instances in progress whose main line waits for this event
 * @param stuckSince only instances that are stuck since then, see {@link #stuckSince(Instant)}
 * @param errorContaining only failed instances whose error has this text in it, in any case; beyond ASCII, a database
 *     compares cases as far as its locale does
 * @param failure only failed instances whose error has this {@linkplain FailureFingerprint fingerprint}
 * @param createdFrom only instances created then or later
 * @param createdBefore only instances created earlier
 * @param updatedFrom only instances whose latest checkpoint was saved then or later
 * @param updatedBefore only instances whose latest checkpoint was saved earlier
 * @param after the end of the page before
 * @param limit how many instances at most, 1 to {@value #MAX_LIMIT}
 */
public record WorkflowQuery(
        Set<WorkflowStatus> statuses,
        Optional<String> instanceIdPrefix,
        Optional<String> definitionHash,
        Optional<String> currentTaskId,
        Optional<String> awaitedEvent,
        Optional<Instant> stuckSince,
        Optional<String> errorContaining,
        Optional<String> failure,
        Optional<Instant> createdFrom,
        Optional<Instant> createdBefore,
        Optional<Instant> updatedFrom,
        Optional<Instant> updatedBefore,
        Optional<Cursor> after,
        int limit) {

    /** The largest page. */
    public static final int MAX_LIMIT = 1000;

    private static final WorkflowQuery ALL = new Draft().build();

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
        statuses = Set.copyOf(statuses);
        instanceIdPrefix.ifPresent(Identifiers::requireInstanceId);
        definitionHash.ifPresent(hash -> Identifiers.requireName("definition hash", hash));
        currentTaskId.ifPresent(Identifiers::requireForkId);
        awaitedEvent.ifPresent(Arguments::requireEventName);
        errorContaining.ifPresent(text -> Identifiers.requireText("error text", text));
        failure.ifPresent(WorkflowQuery::requireFingerprint);
        if (limit < 1 || limit > MAX_LIMIT) {
            throw new IllegalArgumentException("The page limit is " + limit + "; use 1 to " + MAX_LIMIT);
        }
    }

    private static void requireFingerprint(String fingerprint) {
        Identifiers.requireText("fingerprint", fingerprint);
        if (fingerprint.codePointCount(0, fingerprint.length()) > FailureFingerprint.MAX_LENGTH) {
            throw new IllegalArgumentException("The fingerprint is longer than " + FailureFingerprint.MAX_LENGTH
                    + " characters; take it from failuresByFingerprint or FailureFingerprint.of");
        }
    }

    /** @return every instance, 100 to a page */
    public static WorkflowQuery all() {
        return ALL;
    }

    /**
     * @param first a status that instances may have
     * @param others others that they may have instead
     * @return the narrowed query
     */
    public WorkflowQuery withStatus(WorkflowStatus first, WorkflowStatus... others) {
        Draft draft = new Draft(this);
        draft.statuses = EnumSet.of(first, others);
        return draft.build();
    }

    /**
     * @param prefix what the ids of instances must begin with, 1 to {@value Identifiers#MAX_BYTES} bytes
     * @return the narrowed query
     */
    public WorkflowQuery withIdPrefix(String prefix) {
        Draft draft = new Draft(this);
        draft.instanceIdPrefix = Optional.of(prefix);
        return draft.build();
    }

    /**
     * @param hash the workflow that instances must be of
     * @return the narrowed query
     */
    public WorkflowQuery ofDefinition(String hash) {
        Draft draft = new Draft(this);
        draft.definitionHash = Optional.of(hash);
        return draft.build();
    }

    /**
     * @param taskId the task at which instances must stand
     * @return the narrowed query
     */
    public WorkflowQuery atTask(String taskId) {
        Draft draft = new Draft(this);
        draft.currentTaskId = Optional.of(taskId);
        return draft.build();
    }

    /**
     * Instances in progress whose main line stands at a wait for this event, also if the wait has a time limit. One that is
     * paused meanwhile waits for nothing, and is found again when it is resumed. Branches do not wait for events.
     *
     * @param eventName the event
     * @return the narrowed query
     */
    public WorkflowQuery waitingFor(String eventName) {
        Draft draft = new Draft(this);
        draft.awaitedEvent = Optional.of(eventName);
        return draft.build();
    }

    /**
     * Instances that should have gone on, and have not. Such a one is in progress, its latest checkpoint is from before the
     * given time, and of its tasks, on the main line or in a branch, at least one
     *
     * <ul>
     *   <li>could have been claimed since before that time, and nobody has: no worker is there, or none that may have it; or
     *   <li>is held by a claim from before that time, and nothing has come of it: it runs for long, or its worker is gone.
     * </ul>
     *
     * What waits by its own wish is not stuck: for an event, the end of a delay or of a back-off, or branches; nor is what is
     * paused or finished. A task that is blocked is not meant either: {@link WorkflowQueries#findBlockedTasks} says why it is.
     *
     * @param time since when at the latest, by the database's clock; how long ago depends on how long tasks take
     * @return the narrowed query
     */
    public WorkflowQuery stuckSince(Instant time) {
        Draft draft = new Draft(this);
        draft.stuckSince = Optional.of(time);
        return draft.build();
    }

    /**
     * @param text what the error of a failed instance must contain, in any case
     * @return the narrowed query
     */
    public WorkflowQuery withErrorContaining(String text) {
        Draft draft = new Draft(this);
        draft.errorContaining = Optional.of(text);
        return draft.build();
    }

    /**
     * @param fingerprint the fingerprint of the error of a failed instance, see {@link FailureFingerprint}
     * @return the narrowed query
     */
    public WorkflowQuery withFailure(String fingerprint) {
        Draft draft = new Draft(this);
        draft.failure = Optional.of(fingerprint);
        return draft.build();
    }

    /**
     * @param from the earliest creation time
     * @return the narrowed query
     */
    public WorkflowQuery createdFrom(Instant from) {
        Draft draft = new Draft(this);
        draft.createdFrom = Optional.of(from);
        return draft.build();
    }

    /**
     * @param before the creation time that instances must lie before
     * @return the narrowed query
     */
    public WorkflowQuery createdBefore(Instant before) {
        Draft draft = new Draft(this);
        draft.createdBefore = Optional.of(before);
        return draft.build();
    }

    /**
     * @param from the earliest time of the latest checkpoint
     * @return the narrowed query
     */
    public WorkflowQuery updatedFrom(Instant from) {
        Draft draft = new Draft(this);
        draft.updatedFrom = Optional.of(from);
        return draft.build();
    }

    /**
     * @param before the time that the latest checkpoint must lie before
     * @return the narrowed query
     */
    public WorkflowQuery updatedBefore(Instant before) {
        Draft draft = new Draft(this);
        draft.updatedBefore = Optional.of(before);
        return draft.build();
    }

    /**
     * @param end where the page before ended
     * @return the query for the page that follows
     */
    public WorkflowQuery after(Cursor end) {
        Draft draft = new Draft(this);
        draft.after = Optional.of(end);
        return draft.build();
    }

    /**
     * @param most how many instances a page holds at most, 1 to {@value #MAX_LIMIT}
     * @return the query with that limit
     * @throws IllegalArgumentException if it is out of that range
     */
    public WorkflowQuery limit(int most) {
        Draft draft = new Draft(this);
        draft.limit = most;
        return draft.build();
    }

    /** A query in the making. */
    private static final class Draft {

        private Set<WorkflowStatus> statuses = Set.of();
        private Optional<String> instanceIdPrefix = Optional.empty();
        private Optional<String> definitionHash = Optional.empty();
        private Optional<String> currentTaskId = Optional.empty();
        private Optional<String> awaitedEvent = Optional.empty();
        private Optional<Instant> stuckSince = Optional.empty();
        private Optional<String> errorContaining = Optional.empty();
        private Optional<String> failure = Optional.empty();
        private Optional<Instant> createdFrom = Optional.empty();
        private Optional<Instant> createdBefore = Optional.empty();
        private Optional<Instant> updatedFrom = Optional.empty();
        private Optional<Instant> updatedBefore = Optional.empty();
        private Optional<Cursor> after = Optional.empty();
        private int limit = 100;

        Draft() {}

        Draft(WorkflowQuery query) {
            statuses = query.statuses;
            instanceIdPrefix = query.instanceIdPrefix;
            definitionHash = query.definitionHash;
            currentTaskId = query.currentTaskId;
            awaitedEvent = query.awaitedEvent;
            stuckSince = query.stuckSince;
            errorContaining = query.errorContaining;
            failure = query.failure;
            createdFrom = query.createdFrom;
            createdBefore = query.createdBefore;
            updatedFrom = query.updatedFrom;
            updatedBefore = query.updatedBefore;
            after = query.after;
            limit = query.limit;
        }

        WorkflowQuery build() {
            return new WorkflowQuery(
                    statuses,
                    instanceIdPrefix,
                    definitionHash,
                    currentTaskId,
                    awaitedEvent,
                    stuckSince,
                    errorContaining,
                    failure,
                    createdFrom,
                    createdBefore,
                    updatedFrom,
                    updatedBefore,
                    after,
                    limit);
        }
    }
}
