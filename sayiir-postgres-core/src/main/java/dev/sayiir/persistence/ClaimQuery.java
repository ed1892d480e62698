package dev.sayiir.persistence;

import dev.sayiir.workflow.Identifiers;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Which tasks a worker wants, and for how long.
 *
 * @param workerId the worker, 1 to 256 bytes of UTF-8
 * @param limit how many tasks at most, at least 1
 * @param ttl how long it may have them, 1 ms to {@value ClaimQuery#MAX_DAYS} days
 * @param definitions the workflows that it knows, by definition hash; empty for all
 * @param taskIds the tasks that it can do; empty for all. Delays and waits whose time is up are for any worker that knows their
 *     workflow
 * @param tags what it offers: it is given tasks that have none but these tags; empty for all tasks
 * @param ageingInterval how long a task has to have been due to count as one priority level more urgent, 1 ms to {@value
 *     ClaimQuery#MAX_DAYS} days
 * @param blockAfter for how long an instance that cannot be decoded is left for others before its task is blocked, 0 to {@value
 *     ClaimQuery#MAX_DAYS} days
 * @param build what the worker is a build of, 1 to 256 bytes of UTF-8, if it says so
 */
public record ClaimQuery(
        String workerId,
        int limit,
        Duration ttl,
        Optional<Set<String>> definitions,
        Optional<Set<String>> taskIds,
        Optional<Set<String>> tags,
        Duration ageingInterval,
        Duration blockAfter,
        Optional<String> build) {

    /** The longest claim, in days. */
    public static final int MAX_DAYS = 36_500;

    /** For how long a task that cannot be done is left for others, if nothing else is said. */
    public static final Duration BLOCK_AFTER = Duration.ofMinutes(1);

    /** @throws IllegalArgumentException if a value is out of its range */
    public ClaimQuery {
        Identifiers.requireName("worker id", workerId);
        Arguments.requireLimit(limit);
        requireDuration("ttl", ttl);
        requireDuration("ageing interval", ageingInterval);
        requireDelay("time after which a task is blocked", blockAfter);
        build.ifPresent(id -> Identifiers.requireName("build", id));
        definitions = definitions.map(Set::copyOf);
        taskIds = taskIds.map(Set::copyOf);
        tags = tags.map(Set::copyOf);
        definitions.ifPresent(all -> all.forEach(hash -> Identifiers.requireName("definition hash", hash)));
        taskIds.ifPresent(all -> all.forEach(Identifiers::requireForkId));
        tags.ifPresent(all -> all.forEach(tag -> Identifiers.requireName("tag", tag)));
    }

    /**
     * All tasks of all workflows, with all tags; each 5 minutes of being due count as one priority level, and what cannot be
     * decoded is blocked after a minute.
     *
     * @param workerId the worker
     * @param limit how many tasks at most
     * @param ttl how long it may have them
     * @return the query
     * @throws IllegalArgumentException if a value is out of its range
     */
    public static ClaimQuery of(String workerId, int limit, Duration ttl) {
        return new ClaimQuery(
                workerId,
                limit,
                ttl,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Duration.ofMinutes(5),
                BLOCK_AFTER,
                Optional.empty());
    }

    /**
     * @param most how many tasks at most
     * @return the same query with that limit
     * @throws IllegalArgumentException if it is less than 1
     */
    public ClaimQuery limit(int most) {
        return new ClaimQuery(workerId, most, ttl, definitions, taskIds, tags, ageingInterval, blockAfter, build);
    }

    /**
     * @param hashes the workflows that the worker knows
     * @return the same query for tasks of these workflows only
     */
    public ClaimQuery definitions(Set<String> hashes) {
        return new ClaimQuery(
                workerId, limit, ttl, Optional.of(hashes), taskIds, tags, ageingInterval, blockAfter, build);
    }

    /**
     * @param ids the tasks that the worker can do
     * @return the same query for these tasks, and for delays and waits whose time is up
     */
    public ClaimQuery taskIds(Set<String> ids) {
        return new ClaimQuery(
                workerId, limit, ttl, definitions, Optional.of(ids), tags, ageingInterval, blockAfter, build);
    }

    /**
     * @param offered what the worker offers
     * @return the same query for tasks that have none but these tags
     */
    public ClaimQuery tags(Set<String> offered) {
        return new ClaimQuery(
                workerId, limit, ttl, definitions, taskIds, Optional.of(offered), ageingInterval, blockAfter, build);
    }

    /**
     * @param perLevel how long a task has to have been due to count as one priority level more urgent
     * @return the same query with that ageing interval
     * @throws IllegalArgumentException if it is out of its range
     */
    public ClaimQuery ageingInterval(Duration perLevel) {
        return new ClaimQuery(workerId, limit, ttl, definitions, taskIds, tags, perLevel, blockAfter, build);
    }

    /**
     * @param patience for how long an instance that cannot be decoded is left for others before its task is blocked
     * @return the same query with that time
     * @throws IllegalArgumentException if it is out of its range
     */
    public ClaimQuery blockAfter(Duration patience) {
        return new ClaimQuery(workerId, limit, ttl, definitions, taskIds, tags, ageingInterval, patience, build);
    }

    /**
     * @param id what the worker is a build of
     * @return the same query of that build
     */
    public ClaimQuery build(String id) {
        return new ClaimQuery(
                workerId, limit, ttl, definitions, taskIds, tags, ageingInterval, blockAfter, Optional.of(id));
    }

    /** @return how long nobody has a task that is left for others: there is time for some of them before it is blocked */
    public Duration again() {
        Duration quarter = blockAfter.dividedBy(4);
        return quarter.compareTo(ttl) < 0 ? quarter : ttl;
    }

    /**
     * For stores: refuses a query by which no task is unhandled.
     *
     * @return the same query
     * @throws IllegalArgumentException if it is of all workflows or all tasks
     */
    public ClaimQuery requireOwnTasks() {
        if (definitions.isEmpty() || taskIds.isEmpty()) {
            throw new IllegalArgumentException(
                    "Worker '" + workerId + "' asks for tasks of all workflows, or for all tasks;"
                            + " say which it knows, so that others can be told from them");
        }
        return this;
    }

    /**
     * For stores: refuses what cannot be how long something is to wait.
     *
     * @param what how to call it in the error message
     * @param delay how long
     * @return the same delay
     * @throws IllegalArgumentException if it is negative or longer than {@value #MAX_DAYS} days
     */
    public static Duration requireDelay(String what, Duration delay) {
        if (delay.isNegative() || delay.compareTo(Duration.ofDays(MAX_DAYS)) > 0) {
            throw new IllegalArgumentException(
                    "The " + what + " is " + delay + "; it must be 0 to " + MAX_DAYS + " days");
        }
        return delay;
    }

    /**
     * For stores: refuses what cannot be the length of a claim.
     *
     * @param what how to call it in the error message
     * @param duration the length
     * @return the same length
     * @throws IllegalArgumentException if it is shorter than 1 ms or longer than {@value #MAX_DAYS} days
     */
    public static Duration requireDuration(String what, Duration duration) {
        if (duration.compareTo(Duration.ofMillis(1)) < 0 || duration.compareTo(Duration.ofDays(MAX_DAYS)) > 0) {
            throw new IllegalArgumentException(
                    "The " + what + " is " + duration + "; it must be 1 ms to " + MAX_DAYS + " days");
        }
        return duration;
    }
}
