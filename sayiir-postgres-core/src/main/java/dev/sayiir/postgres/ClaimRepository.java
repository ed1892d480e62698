package dev.sayiir.postgres;

import dev.sayiir.persistence.BranchStep;
import dev.sayiir.persistence.TaskClaim;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/**
 * Claims, which are columns of their task's row. None of these statements locks anything but task rows, and those in the
 * order of their keys or without waiting; so they cannot deadlock with each other, nor with a checkpoint, which locks its
 * instance's row first and then the tasks of that one instance.
 */
final class ClaimRepository {

    private static final String CLAIMED = """
            RETURNING t.instance_id, t.task_id, t.definition_hash, t.worker_id, t.claim_token, t.attempts, t.failures,
                      t.crashes, t.claimed_at, t.claim_expires_at, t.branch AS claimed_branch, t.after_task_id
            """;

    /**
     * Waits for whoever changes the task, and then looks at it again. Only when it is locked is the clock read, once for all
     * times; so the claim does not begin before the wait, and a due time later than its end means a back-off beyond it.
     */
    private static final String CLAIM_ONE = """
            WITH locked AS MATERIALIZED (
                SELECT t.instance_id, t.task_id
                FROM ${schema}.sayiir_workflow_tasks AS t
                WHERE t.instance_id = :instanceId AND t.task_id = :taskId AND t.ready_at <= clock_timestamp()
                FOR UPDATE
            ), due AS MATERIALIZED (
                SELECT l.instance_id, l.task_id, clock_timestamp() AS now FROM locked AS l
            )
            UPDATE ${schema}.sayiir_workflow_tasks AS t
            SET claim_token = nextval(:sequence::regclass),
                claimed_at = d.now,
                claim_expires_at = d.now + :ttl * interval '1 microsecond',
                ready_at = d.now + :ttl * interval '1 microsecond',
                worker_id = :workerId,
                attempts = t.attempts + 1,
                crashes = t.crashes + CASE WHEN t.claim_token IS NULL THEN 0 ELSE 1 END,
                error = CASE WHEN t.claim_token IS NULL THEN t.error ELSE ${schema}.sayiir_crash_of(t.worker_id) END
            FROM due AS d
            WHERE t.instance_id = d.instance_id AND t.task_id = d.task_id
            """ + CLAIMED;

    /**
     * Locked in the order of the keys, and without waiting: one row that somebody else is changing does not hold up all the
     * others. What was released or taken over has another token, or none.
     */
    static final String HELD = """
            WITH asked AS MATERIALIZED (
                SELECT c.instance_id, c.task_id, c.claim_token
                FROM unnest(:instanceIds::text[], :taskIds::text[], :tokens::bigint[])
                    AS c (instance_id, task_id, claim_token)
            ), held AS MATERIALIZED (
                SELECT t.instance_id, t.task_id
                FROM asked AS c
                JOIN ${schema}.sayiir_workflow_tasks AS t
                    ON t.instance_id = c.instance_id AND t.task_id = c.task_id AND t.claim_token = c.claim_token
                ORDER BY t.instance_id, t.task_id
                FOR UPDATE OF t SKIP LOCKED
            )
            """;

    /**
     * The task of a paused instance has no due time, and gets none by this; a back-off beyond the claim stays. Those that
     * are locked come back as the statement has found them.
     */
    private static final String EXTEND = HELD + """
            , extended AS (
                UPDATE ${schema}.sayiir_workflow_tasks AS t
                SET claim_expires_at = statement_timestamp() + :ttl * interval '1 microsecond',
                    ready_at = CASE WHEN t.ready_at > t.claim_expires_at
                                    THEN GREATEST(t.ready_at, statement_timestamp() + :ttl * interval '1 microsecond')
                                    WHEN t.ready_at IS NOT NULL
                                    THEN statement_timestamp() + :ttl * interval '1 microsecond' END
                FROM held AS h
                WHERE t.instance_id = h.instance_id AND t.task_id = h.task_id
            """ + CLAIMED + """
            )
            SELECT e.instance_id, e.task_id, e.definition_hash, e.worker_id, e.claim_token, e.attempts, e.failures,
                   e.crashes, e.claimed_at, e.claim_expires_at, e.claimed_branch, e.after_task_id
            FROM extended AS e
            UNION ALL
            SELECT t.instance_id, t.task_id, t.definition_hash, t.worker_id, t.claim_token, t.attempts, t.failures,
                   t.crashes, t.claimed_at, t.claim_expires_at, t.branch, t.after_task_id
            FROM asked AS c
            JOIN ${schema}.sayiir_workflow_tasks AS t
                ON t.instance_id = c.instance_id AND t.task_id = c.task_id AND t.claim_token = c.claim_token
            WHERE (c.instance_id, c.task_id) NOT IN (SELECT h.instance_id, h.task_id FROM held AS h)
            """;

    private static final String FREE = """
            UPDATE ${schema}.sayiir_workflow_tasks AS t
            SET claim_token = NULL,
                claimed_at = NULL,
                claim_expires_at = NULL,
                ready_at = CASE WHEN t.ready_at > t.claim_expires_at THEN t.ready_at
                                WHEN t.ready_at IS NOT NULL
                                THEN clock_timestamp() + :delay * interval '1 microsecond' END
            FROM held AS h
            WHERE t.instance_id = h.instance_id AND t.task_id = h.task_id
            """;

    private static final String RELEASE = HELD + FREE;

    private static final String RELEASE_ALL = """
            WITH held AS MATERIALIZED (
                SELECT t.instance_id, t.task_id
                FROM ${schema}.sayiir_workflow_tasks AS t
                WHERE t.worker_id = :workerId AND t.claim_expires_at IS NOT NULL
                ORDER BY t.instance_id, t.task_id
                FOR UPDATE SKIP LOCKED
            )
            """ + FREE;

    /**
     * The claim that a commit of an earlier one was carried on to, if it is still held: it began with the checkpoint. Another
     * thread of the same worker may have claimed the task since.
     */
    private static final String CARRIED_ON = """
            SELECT t.instance_id, t.task_id, t.definition_hash, t.worker_id, t.claim_token, t.attempts, t.failures,
                   t.crashes, t.claimed_at, t.claim_expires_at, t.branch AS claimed_branch, t.after_task_id
            FROM ${schema}.sayiir_workflow_tasks AS t
            JOIN ${schema}.sayiir_workflow_history AS h
                ON h.instance_id = t.instance_id AND h.version = :version AND h.saved_at = t.claimed_at
            WHERE t.instance_id = :instanceId AND t.task_id = :taskId AND t.worker_id = :workerId
              AND t.claim_token > :claimToken
            """;

    private static final String IS_HELD = """
            SELECT t.claim_token
            FROM ${schema}.sayiir_workflow_tasks AS t
            WHERE t.instance_id = :instanceId AND t.task_id = :taskId AND t.claim_token = :claimToken
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final String sequence;
    private final String carriedOn;
    private final String claimOne;
    private final String extend;
    private final String release;
    private final String releaseAll;
    private final String isHeld;
    private final String keep;

    ClaimRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.sequence = schema.in("${schema}.sayiir_claim_token");
        this.carriedOn = schema.in(CARRIED_ON);
        this.claimOne = schema.in(CLAIM_ONE);
        this.extend = schema.in(EXTEND);
        this.release = schema.in(RELEASE);
        this.releaseAll = schema.in(RELEASE_ALL);
        this.isHeld = schema.in(IS_HELD);
        this.keep = schema.in(IS_HELD + "FOR UPDATE");
    }

    Optional<TaskClaim> claim(String instanceId, String taskId, String workerId, Duration ttl) {
        Params params = Params.of("instanceId", instanceId)
                .text("taskId", taskId)
                .text("workerId", workerId)
                .text("sequence", sequence)
                .number("ttl", micros(ttl));
        return jdbc.query(claimOne, params, ClaimRepository::claim).stream().findFirst();
    }

    /** Those that were still held. */
    List<TaskClaim> extend(Collection<TaskClaim> claims, Duration ttl) {
        return jdbc.query(extend, keys(claims).number("ttl", micros(ttl)), ClaimRepository::claim);
    }

    /** How many were still held, and nobody was changing. */
    int release(Collection<TaskClaim> claims, Duration delay) {
        return jdbc.update(release, keys(claims).number("delay", micros(delay)));
    }

    int releaseAll(String workerId) {
        return jdbc.update(releaseAll, Params.of("workerId", workerId).number("delay", 0));
    }

    Optional<TaskClaim> carriedOn(TaskClaim earlier, String taskId, long version) {
        Params params = key(earlier)
                .text("taskId", taskId)
                .text("workerId", earlier.workerId())
                .number("version", version);
        return jdbc.query(carriedOn, params, ClaimRepository::claim).stream().findFirst();
    }

    boolean isHeld(TaskClaim claim) {
        return !jdbc.queryForList(isHeld, key(claim), Long.class).isEmpty();
    }

    /** Whether it is still held; and if so, it cannot be lost before the transaction ends. */
    boolean keep(TaskClaim claim) {
        return !jdbc.queryForList(keep, key(claim), Long.class).isEmpty();
    }

    static long micros(Duration duration) {
        return Math.addExact(Math.multiplyExact(duration.getSeconds(), 1_000_000L), duration.getNano() / 1_000);
    }

    static Params keys(Collection<TaskClaim> claims) {
        return new Params()
                .texts("instanceIds", claims.stream().map(TaskClaim::instanceId).toList())
                .texts("taskIds", claims.stream().map(TaskClaim::taskId).toList())
                .numbers("tokens", claims.stream().map(TaskClaim::claimToken).toList());
    }

    private static Params key(TaskClaim claim) {
        return Params.of("instanceId", claim.instanceId())
                .text("taskId", claim.taskId())
                .number("claimToken", claim.claimToken());
    }

    static TaskClaim claim(ResultSet row, int number) throws SQLException {
        Optional<String> afterTaskId = Optional.ofNullable(row.getString("after_task_id"));
        return new TaskClaim(
                row.getString("instance_id"),
                row.getString("task_id"),
                row.getString("definition_hash"),
                row.getString("worker_id"),
                row.getLong("claim_token"),
                row.getInt("attempts"),
                row.getLong("failures"),
                row.getInt("crashes"),
                Optional.ofNullable(row.getString("claimed_branch")).map(label -> new BranchStep(label, afterTaskId)),
                Columns.time(row, "claimed_at"),
                Columns.time(row, "claim_expires_at"));
    }
}
