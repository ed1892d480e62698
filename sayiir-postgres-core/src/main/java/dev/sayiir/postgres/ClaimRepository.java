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
 * Claims. None of these statements locks anything but their rows, and those in the order of their keys or without waiting; so they cannot deadlock with each other, nor with a checkpoint, which locks its
 * instance's row first and then the claims of that one instance.
 */
final class ClaimRepository {

    private static final String CLAIMED = """
            RETURNING c.instance_id, c.task_id, c.definition_hash, c.worker_id, c.claim_token, c.attempts, c.failures,
                      c.crashes, c.claimed_at, c.expires_at, c.branch, c.after_task_id
            """;

    /**
     * Waits for whoever changes the task, and then looks at it again. Only when it is locked is the clock read, once for all
     * times; so the claim does not begin before the wait, and a due time later than its end means a back-off beyond it.
     */
    private static final String CLAIM_ONE = """
            WITH locked AS MATERIALIZED (
                SELECT c.instance_id, c.branch
                FROM ${schema}.sayiir_task_claims AS c
                WHERE c.instance_id = :instanceId AND c.task_id = :taskId AND c.ready_at <= clock_timestamp()
                FOR UPDATE
            ), due AS MATERIALIZED (
                SELECT l.instance_id, l.branch, clock_timestamp() AS now FROM locked AS l
            )
            UPDATE ${schema}.sayiir_task_claims AS c
            SET claim_token = nextval(:sequence::regclass),
                claimed_at = d.now,
                expires_at = d.now + :ttl * interval '1 microsecond',
                ready_at = d.now + :ttl * interval '1 microsecond',
                worker_id = :workerId,
                attempts = c.attempts + 1,
                crashes = c.crashes + CASE WHEN c.claim_token IS NULL THEN 0 ELSE 1 END,
                error = CASE WHEN c.claim_token IS NULL THEN c.error ELSE ${schema}.sayiir_crash_of(c.worker_id) END
            FROM due AS d
            WHERE c.instance_id = d.instance_id AND c.branch = d.branch
            """ + CLAIMED;

    /**
     * Locked in the order of the keys, and without waiting: one row that somebody else is changing does not hold up all the
     * others. What was released or taken over has another token, or none.
     */
    static final String HELD = """
            WITH asked AS MATERIALIZED (
                SELECT a.instance_id, a.branch, a.claim_token
                FROM unnest(:instanceIds::text[], :branches::text[], :tokens::bigint[])
                    AS a (instance_id, branch, claim_token)
            ), held AS MATERIALIZED (
                SELECT c.instance_id, c.branch, c.refused_at
                FROM asked AS a
                JOIN ${schema}.sayiir_task_claims AS c
                    ON c.instance_id = a.instance_id AND c.branch = a.branch AND c.claim_token = a.claim_token
                ORDER BY c.instance_id, c.branch
                FOR UPDATE OF c SKIP LOCKED
            )
            """;

    /**
     * The task of a paused instance has no due time, and gets none by this; a back-off beyond the claim stays. Those that
     * are locked come back as the statement has found them.
     */
    private static final String EXTEND = HELD + """
            , extended AS (
                UPDATE ${schema}.sayiir_task_claims AS c
                SET expires_at = statement_timestamp() + :ttl * interval '1 microsecond',
                    ready_at = CASE WHEN c.ready_at > c.expires_at
                                    THEN GREATEST(c.ready_at, statement_timestamp() + :ttl * interval '1 microsecond')
                                    WHEN c.ready_at IS NOT NULL
                                    THEN statement_timestamp() + :ttl * interval '1 microsecond' END
                FROM held AS h
                WHERE c.instance_id = h.instance_id AND c.branch = h.branch
            """ + CLAIMED + """
            )
            SELECT e.instance_id, e.task_id, e.definition_hash, e.worker_id, e.claim_token, e.attempts, e.failures,
                   e.crashes, e.claimed_at, e.expires_at, e.branch, e.after_task_id
            FROM extended AS e
            UNION ALL
            SELECT c.instance_id, c.task_id, c.definition_hash, c.worker_id, c.claim_token, c.attempts, c.failures,
                   c.crashes, c.claimed_at, c.expires_at, c.branch, c.after_task_id
            FROM asked AS a
            JOIN ${schema}.sayiir_task_claims AS c
                ON c.instance_id = a.instance_id AND c.branch = a.branch AND c.claim_token = a.claim_token
            WHERE (a.instance_id, a.branch) NOT IN (SELECT h.instance_id, h.branch FROM held AS h)
            """;

    private static final String FREE = """
            UPDATE ${schema}.sayiir_task_claims AS c
            SET claim_token = NULL,
                claimed_at = NULL,
                expires_at = NULL,
                ready_at = CASE WHEN c.ready_at > c.expires_at THEN c.ready_at
                                WHEN c.ready_at IS NOT NULL
                                THEN clock_timestamp() + :delay * interval '1 microsecond' END
            FROM held AS h
            WHERE c.instance_id = h.instance_id AND c.branch = h.branch
            """;

    private static final String RELEASE = HELD + FREE;

    private static final String RELEASE_ALL = """
            WITH held AS MATERIALIZED (
                SELECT c.instance_id, c.branch
                FROM ${schema}.sayiir_task_claims AS c
                WHERE c.worker_id = :workerId AND c.expires_at IS NOT NULL
                ORDER BY c.instance_id, c.branch
                FOR UPDATE SKIP LOCKED
            )
            """ + FREE;

    /**
     * The claim that a commit of an earlier one was carried on to, if it is still held: it began with the checkpoint. Another
     * thread of the same worker may have claimed the task since.
     */
    private static final String CARRIED_ON = """
            SELECT c.instance_id, c.task_id, c.definition_hash, c.worker_id, c.claim_token, c.attempts, c.failures,
                   c.crashes, c.claimed_at, c.expires_at, c.branch, c.after_task_id
            FROM ${schema}.sayiir_task_claims AS c
            JOIN ${schema}.sayiir_workflow_history AS h
                ON h.instance_id = c.instance_id AND h.version = :version AND h.saved_at = c.claimed_at
            WHERE c.instance_id = :instanceId AND c.branch = :branch AND c.task_id = :taskId AND c.worker_id = :workerId
              AND c.claim_token > :claimToken
            """;

    private static final String IS_HELD = """
            SELECT c.claim_token
            FROM ${schema}.sayiir_task_claims AS c
            WHERE c.instance_id = :instanceId AND c.branch = :branch AND c.claim_token = :claimToken
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
                .texts("branches", claims.stream().map(ClaimRepository::branch).toList())
                .numbers("tokens", claims.stream().map(TaskClaim::claimToken).toList());
    }

    /** In which branch it is; empty for the main line. */
    static String branch(TaskClaim claim) {
        return claim.branch().map(BranchStep::label).orElse("");
    }

    private static Params key(TaskClaim claim) {
        return Params.of("instanceId", claim.instanceId())
                .text("branch", branch(claim))
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
                Optional.of(row.getString("branch"))
                        .filter(label -> !label.isEmpty())
                        .map(label -> new BranchStep(label, afterTaskId)),
                Columns.time(row, "claimed_at"),
                Columns.time(row, "expires_at"));
    }
}
