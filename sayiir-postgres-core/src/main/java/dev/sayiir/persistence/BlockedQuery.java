package dev.sayiir.persistence;

import dev.sayiir.workflow.Identifiers;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;

/**
 * Which blocked tasks are meant. All conditions that are present have to hold. Immutable: each method makes a new query.
 *
 * @param instanceId only tasks of this instance
 * @param definitions only tasks of instances of these workflows, by definition hash
 * @param taskIds only these tasks
 * @param reason only tasks that are blocked for this reason
 * @param exceptBuild only tasks that were refused last by another build than this one, or by one that did not say what it is
 * @param after the end of the page before
 * @param limit how many tasks at most, 1 to {@value WorkflowQuery#MAX_LIMIT}
 */
public record BlockedQuery(
        Optional<String> instanceId,
        Optional<Set<String>> definitions,
        Optional<Set<String>> taskIds,
        Optional<BlockReason> reason,
        Optional<String> exceptBuild,
        Optional<Cursor> after,
        int limit) {

    private static final BlockedQuery ALL = new BlockedQuery(
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
     * @param blockedAt since when its last task is blocked
     * @param instanceId the instance of that
     * @param branch the branch of that; empty for the main line
     */
    public record Cursor(Instant blockedAt, String instanceId, Optional<String> branch) {

        /** @throws IllegalArgumentException if the id or the label is not valid */
        public Cursor {
            Identifiers.requireInstanceId(instanceId);
            branch.ifPresent(label -> Identifiers.requireText("branch", label));
        }
    }

    /** @throws IllegalArgumentException if a text is not valid or the limit out of its range */
    public BlockedQuery {
        instanceId.ifPresent(Identifiers::requireInstanceId);
        definitions = definitions.map(Set::copyOf);
        taskIds = taskIds.map(Set::copyOf);
        definitions.ifPresent(all -> all.forEach(hash -> Identifiers.requireName("definition hash", hash)));
        taskIds.ifPresent(all -> all.forEach(Identifiers::requireForkId));
        exceptBuild.ifPresent(build -> Identifiers.requireName("build", build));
        if (limit < 1 || limit > WorkflowQuery.MAX_LIMIT) {
            throw new IllegalArgumentException("The page limit is " + limit + "; use 1 to " + WorkflowQuery.MAX_LIMIT);
        }
    }

    /** @return every blocked task, 100 to a page */
    public static BlockedQuery all() {
        return ALL;
    }

    /**
     * @param id the instance
     * @return the narrowed query
     */
    public BlockedQuery ofInstance(String id) {
        return new BlockedQuery(Optional.of(id), definitions, taskIds, reason, exceptBuild, after, limit);
    }

    /**
     * @param hash the workflow
     * @return the narrowed query
     */
    public BlockedQuery ofDefinition(String hash) {
        return ofDefinitions(Set.of(hash));
    }

    /**
     * @param hashes the workflows
     * @return the narrowed query
     */
    public BlockedQuery ofDefinitions(Set<String> hashes) {
        return new BlockedQuery(instanceId, Optional.of(hashes), taskIds, reason, exceptBuild, after, limit);
    }

    /**
     * @param task the task
     * @return the narrowed query
     */
    public BlockedQuery atTask(String task) {
        return atTasks(Set.of(task));
    }

    /**
     * @param tasks the tasks
     * @return the narrowed query
     */
    public BlockedQuery atTasks(Set<String> tasks) {
        return new BlockedQuery(instanceId, definitions, Optional.of(tasks), reason, exceptBuild, after, limit);
    }

    /**
     * @param why the reason
     * @return the narrowed query
     */
    public BlockedQuery because(BlockReason why) {
        return new BlockedQuery(instanceId, definitions, taskIds, Optional.of(why), exceptBuild, after, limit);
    }

    /**
     * @param build a build that has not refused them
     * @return the narrowed query
     */
    public BlockedQuery exceptBuild(String build) {
        return new BlockedQuery(instanceId, definitions, taskIds, reason, Optional.of(build), after, limit);
    }

    /**
     * @param end where the page before ended
     * @return the query for the page that follows
     */
    public BlockedQuery after(Cursor end) {
        return new BlockedQuery(instanceId, definitions, taskIds, reason, exceptBuild, Optional.of(end), limit);
    }

    /**
     * @param most how many tasks at most, 1 to {@value WorkflowQuery#MAX_LIMIT}
     * @return the query with that limit
     * @throws IllegalArgumentException if it is out of that range
     */
    public BlockedQuery limit(int most) {
        return new BlockedQuery(instanceId, definitions, taskIds, reason, exceptBuild, after, most);
    }
}
