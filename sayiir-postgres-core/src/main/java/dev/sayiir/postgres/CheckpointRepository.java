package dev.sayiir.postgres;

import dev.sayiir.persistence.Claims;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/**
 * Writes checkpoints: each is one statement that touches the instance's row, appends to the history and keeps the task
 * rows in step. All of them change or insert the instance's row first, so that whoever comes second waits there.
 */
final class CheckpointRepository {

    /**
     * What follows the change of the instance's row ({@code saved}): it yields no row if that was refused, and then none
     * of this writes anything. The time is the one that the instance's row got, which is taken under its lock; so
     * later versions never look earlier.
     *
     * <p>A task that stays open stays claimed, unless the checkpoint releases it; one that is closed is not. If the claim is
     * carried on, it is a new one, on the task that is open now. A wait is due at once if its event is there already:
     * whoever claims it then finds the event; one that is sent later finds the instance at the wait.
     *
     * <p>When a fork is left, what is still open of its branches is closed. Their rows have been locked before, in order.
     */
    private static final String CHECKPOINT = """
            , due AS (
                SELECT :carryOn::bigint IS NOT NULL AS carried,
                       s.updated_at + :carryOn::bigint * interval '1 microsecond' AS expires_at,
                       CASE WHEN :running THEN COALESCE(
                           s.updated_at + :carryOn::bigint * interval '1 microsecond',
                           CASE WHEN :awaitedEvent::text IS NOT NULL
                                     AND ${schema}.sayiir_has_event(s.instance_id, :awaitedEvent) THEN s.updated_at END,
                           :notBefore::timestamptz,
                           CASE WHEN NOT :waiting THEN s.updated_at END) END AS ready_at
                FROM saved AS s
            ), checkpoint AS (
                INSERT INTO ${schema}.sayiir_workflow_history
                    (instance_id, version, saved_at, baseline, status, current_task_id,
                     completed_task_ids, outputs, withdrawn_task_ids, data, initial_input, write_id)
                SELECT s.instance_id, s.version, s.updated_at, :baseline, :status, :currentTaskId,
                       NULLIF(:completedTaskIds::text[], '{}'), NULLIF(:outputs::bytea[], '{}'),
                       NULLIF(:withdrawnTaskIds::text[], '{}'), :data, :initialInput, :writeId
                FROM saved AS s
            ), put AS (
                INSERT INTO ${schema}.sayiir_workflow_tasks AS t
                    (instance_id, task_id, status, ready_at, completed_version, started_at, completed_at,
                     claim_token, claimed_at, claim_expires_at, worker_id, attempts,
                     task_priority, definition_hash, task_tags, last_failed_worker, error, branch, branches_left)
                SELECT s.instance_id, p.task_id, p.status,
                       CASE WHEN p.branch IS NOT NULL AND :running THEN s.updated_at
                            WHEN p.branch IS NULL AND p.open THEN d.ready_at END,
                       CASE WHEN p.done THEN s.version END,
                       s.updated_at,
                       CASE WHEN NOT p.open THEN s.updated_at END,
                       CASE WHEN p.open AND d.carried THEN nextval(:sequence::regclass) END,
                       CASE WHEN p.open AND d.carried THEN s.updated_at END,
                       CASE WHEN p.open THEN d.expires_at END,
                       CASE WHEN p.open AND d.carried THEN :workerId END,
                       CASE WHEN p.open AND d.carried THEN 1 ELSE 0 END,
                       :taskPriority::smallint, :definitionHash, :taskTags::text[],
                       CASE WHEN p.open THEN :lastFailedWorker END,
                       CASE WHEN p.open THEN :lastError END,
                       p.branch,
                       CASE WHEN p.open AND p.branch IS NULL THEN :branchesLeft::integer END
                FROM saved AS s
                CROSS JOIN unnest(:putTaskIds::text[], :putStatuses::text[], :putDone::boolean[], :putOpen::boolean[],
                                  :putBranches::text[])
                    AS p (task_id, status, done, open, branch)
                CROSS JOIN due AS d
                ON CONFLICT (instance_id, task_id) DO UPDATE SET
                    status = excluded.status,
                    ready_at = CASE WHEN :release THEN excluded.ready_at
                                    WHEN excluded.ready_at IS NOT NULL
                                    THEN GREATEST(excluded.ready_at, t.claim_expires_at) END,
                    completed_version = COALESCE(excluded.completed_version,
                                                 CASE WHEN excluded.branch IS NULL THEN t.completed_version END),
                    started_at = CASE WHEN excluded.completed_at IS NULL AND t.completed_at IS NOT NULL
                                      THEN excluded.started_at ELSE t.started_at END,
                    completed_at = excluded.completed_at,
                    claim_token = CASE WHEN :release OR excluded.completed_at IS NOT NULL
                                       THEN excluded.claim_token ELSE t.claim_token END,
                    claimed_at = CASE WHEN :release OR excluded.completed_at IS NOT NULL
                                      THEN excluded.claimed_at ELSE t.claimed_at END,
                    claim_expires_at = CASE WHEN :release OR excluded.completed_at IS NOT NULL
                                            THEN excluded.claim_expires_at ELSE t.claim_expires_at END,
                    worker_id = COALESCE(excluded.worker_id, t.worker_id),
                    attempts = excluded.attempts + CASE
                        WHEN excluded.completed_at IS NULL
                             AND (t.completed_at IS NOT NULL OR excluded.completed_version IS NOT NULL)
                        THEN 0 ELSE t.attempts END,
                    task_priority = excluded.task_priority,
                    definition_hash = excluded.definition_hash,
                    task_tags = excluded.task_tags,
                    last_failed_worker = excluded.last_failed_worker,
                    error = excluded.error,
                    branch = excluded.branch,
                    after_task_id = NULL,
                    not_before = NULL,
                    branches_left = excluded.branches_left
                RETURNING t.task_id, t.claim_token, t.attempts, t.claimed_at, t.claim_expires_at
            ), changed AS (
                UPDATE ${schema}.sayiir_workflow_tasks AS t
                SET status = c.status,
                    ready_at = CASE WHEN c.open THEN d.ready_at END,
                    claim_token = CASE WHEN c.open AND d.carried THEN nextval(:sequence::regclass) END,
                    claimed_at = CASE WHEN c.open AND d.carried THEN s.updated_at END,
                    claim_expires_at = CASE WHEN c.open THEN d.expires_at END,
                    worker_id = CASE WHEN c.open AND d.carried THEN :workerId ELSE t.worker_id END,
                    attempts = CASE WHEN c.open AND t.completed_at IS NOT NULL THEN 0 ELSE t.attempts END
                               + CASE WHEN c.open AND d.carried THEN 1 ELSE 0 END,
                    task_priority = :taskPriority,
                    definition_hash = :definitionHash,
                    task_tags = :taskTags,
                    last_failed_worker = CASE WHEN c.open THEN :lastFailedWorker END,
                    completed_version = CASE WHEN NOT c.withdrawn THEN t.completed_version END,
                    started_at = CASE WHEN c.open AND t.completed_at IS NOT NULL THEN s.updated_at ELSE t.started_at END,
                    completed_at = CASE WHEN NOT c.open THEN s.updated_at END,
                    error = CASE WHEN c.status = 'failed' THEN :error::text END,
                    branch = NULL,
                    after_task_id = NULL,
                    not_before = NULL,
                    branches_left = CASE WHEN c.open THEN :branchesLeft::integer END
                FROM saved AS s
                CROSS JOIN unnest(:changedTaskIds::text[], :changedStatuses::text[], :changedWithdrawn::boolean[],
                                  :changedOpen::boolean[])
                    AS c (task_id, status, withdrawn, open)
                CROSS JOIN due AS d
                WHERE t.instance_id = :instanceId AND t.task_id = c.task_id
                RETURNING t.task_id, t.claim_token, t.attempts, t.claimed_at, t.claim_expires_at
            ), closed AS (
                UPDATE ${schema}.sayiir_workflow_tasks AS t
                SET status = :closedStatus,
                    ready_at = NULL,
                    claim_token = NULL,
                    claimed_at = NULL,
                    claim_expires_at = NULL,
                    completed_at = s.updated_at,
                    error = :error::text
                FROM saved AS s
                WHERE :forkLeft
                  AND t.instance_id = :instanceId
                  AND t.branch IS NOT NULL
                  AND t.completed_at IS NULL
                  AND t.task_id <> ALL (:putTaskIds::text[])
                  AND t.task_id <> ALL (:changedTaskIds::text[])
            )
            SELECT s.version, n.task_id, n.claim_token, n.attempts, n.claimed_at, n.claim_expires_at,
                   :release AND ${schema}.sayiir_is_signalled(s.instance_id) AS signalled
            FROM saved AS s
            LEFT JOIN (
                SELECT p.task_id, p.claim_token, p.attempts, p.claimed_at, p.claim_expires_at FROM put AS p
                UNION ALL
                SELECT c.task_id, c.claim_token, c.attempts, c.claimed_at, c.claim_expires_at FROM changed AS c
            ) AS n ON n.claim_token IS NOT NULL
            """;

    /** Whoever inserts second waits until the first one has committed, and then gets no row. */
    private static final String INSERT = """
            WITH saved AS (
                INSERT INTO ${schema}.sayiir_workflows
                    (instance_id, version, data_version, base_version, incarnation, created_at, updated_at,
                     completed_task_count, task_priority, status, definition_hash, position_kind, current_task_id,
                     task_tags, trace_parent, error, status_reason, status_requested_by)
                VALUES (:instanceId, 1, 1, 1, :incarnation, :createdAt, clock_timestamp(),
                        :completedTaskCount, :taskPriority, :status, :definitionHash, :positionKind, :currentTaskId,
                        :taskTags, :traceParent, :error, :statusReason, :statusRequestedBy)
                ON CONFLICT (instance_id) DO NOTHING
                RETURNING instance_id, version, updated_at
            )
            """ + CHECKPOINT;

    /** What every later checkpoint changes of the instance's row: no column that is in an index, until the end. */
    private static final String SET = """
            saved AS (
                UPDATE ${schema}.sayiir_workflows AS w
                SET version = w.version + 1,
                    data_version = w.version + 1,
                    updated_at = clock_timestamp(),
                    completed_task_count = :completedTaskCount,
                    task_priority = :taskPriority,
                    status = :status,
                    position_kind = :positionKind,
                    current_task_id = :currentTaskId,
                    task_tags = :taskTags,
                    trace_parent = :traceParent,
                    error = :error,
                    status_reason = :statusReason,
                    status_requested_by = :statusRequestedBy
            """;

    /** The incarnation tells apart an instance that was deleted and made anew under the same id. */
    private static final String IF_UNCHANGED = """
                WHERE w.instance_id = :instanceId
                  AND w.version = :basedOn
                  AND w.incarnation = :incarnation
                  AND w.status IN ('InProgress', 'Paused')
                RETURNING w.instance_id, w.version, w.updated_at
            )
            """ + CHECKPOINT;

    /**
     * Writes only what is new since a version, and only if that is still the stored one: then the statement's snapshot
     * shows all that belongs to it, whatever was waited for.
     */
    private static final String UPDATE = "WITH " + SET + IF_UNCHANGED;

    /**
     * The same for a task that is held. Locks the instance first, as everything does, and then the task; that lock sees the
     * task as it is after the wait, so a claim that was lost meanwhile is found lost. Counting the first lock makes it come
     * first. If a fork is left, its branches are locked in between, in the order of their keys, as those do who extend or
     * release several claims.
     */
    private static final String COMMIT = """
            WITH instance AS (
                SELECT w.instance_id
                FROM ${schema}.sayiir_workflows AS w
                WHERE w.instance_id = :instanceId
                FOR NO KEY UPDATE
            ), branches AS (
                SELECT t.task_id
                FROM ${schema}.sayiir_workflow_tasks AS t
                WHERE :forkLeft
                  AND t.instance_id = :instanceId
                  AND t.branch IS NOT NULL
                  AND t.completed_at IS NULL
                  AND (SELECT count(*) FROM instance AS i) = 1
                ORDER BY t.task_id
                FOR UPDATE
            ), held AS (
                SELECT t.task_id
                FROM ${schema}.sayiir_workflow_tasks AS t
                WHERE t.instance_id = :instanceId
                  AND t.task_id = :claimedTaskId
                  AND t.claim_token = :claimToken
                  AND (SELECT count(*) FROM instance AS i) = 1
                  AND (SELECT count(*) FROM branches AS b) >= 0
                FOR UPDATE
            ),
            """ + SET + """
                FROM held AS h
            """ + IF_UNCHANGED;

    /** Replaces everything by a new baseline. For a caller who holds the lock and has seen the version under it. */
    private static final String REPLACE = "WITH " + SET + """
                  , base_version = w.version + 1,
                    definition_hash = :definitionHash,
                    created_at = :createdAt
                WHERE w.instance_id = :instanceId
                  AND w.version = :basedOn
                  AND w.status IN ('InProgress', 'Paused')
                RETURNING w.instance_id, w.version, w.updated_at
            )
            """ + CHECKPOINT;

    /** What follows the end of a branch: the task that joins counts down, and is due when none is left. */
    static final String JOINING = """
            , joining AS (
                UPDATE ${schema}.sayiir_workflow_tasks AS t
                SET branches_left = t.branches_left - 1,
                    status = CASE WHEN t.branches_left = 1 THEN 'active' ELSE t.status END,
                    ready_at = CASE WHEN t.branches_left = 1 AND s.status = 'InProgress' THEN s.updated_at END
                FROM saved AS s
                WHERE s.branch IS NOT NULL AND t.instance_id = :instanceId AND t.task_id = s.current_task_id
            )
            """;

    /**
     * Adds one result and leaves the control state alone. The count goes up only for a task that was not done before;
     * whether it was is read from the statement's snapshot, which is right only if nobody changed the instance
     * meanwhile: hence the comparison of the version, and another try under the lock if that fails. If a branch stands at the
     * task, it ends with the result.
     */
    private static final String RESULT = """
            WITH saved AS (
                UPDATE ${schema}.sayiir_workflows AS w
                SET version = w.version + 1,
                    updated_at = clock_timestamp(),
                    completed_task_count = w.completed_task_count + CASE WHEN seen.done THEN 0 ELSE 1 END
                FROM (
                    SELECT v.version, t.completed_version IS NOT NULL AS done,
                           CASE WHEN t.completed_at IS NULL THEN t.branch END AS branch
                    FROM ${schema}.sayiir_workflows AS v
                    LEFT JOIN ${schema}.sayiir_workflow_tasks AS t
                        ON t.instance_id = v.instance_id AND t.task_id = :taskId
                    WHERE v.instance_id = :instanceId
                ) AS seen
                WHERE w.instance_id = :instanceId
                  AND w.version = seen.version
                  AND w.status IN ('InProgress', 'Paused')
                RETURNING w.instance_id, w.version, w.updated_at, w.status, w.current_task_id, w.task_priority,
                          w.definition_hash, w.task_tags, seen.branch
            ), checkpoint AS (
                INSERT INTO ${schema}.sayiir_workflow_history
                    (instance_id, version, saved_at, baseline, status, current_task_id, completed_task_ids, outputs,
                     branch, write_id)
                SELECT s.instance_id, s.version, s.updated_at, false, s.status, s.current_task_id,
                       ARRAY[:taskId::text], ARRAY[:output::bytea], s.branch, :writeId
                FROM saved AS s
            ), put AS (
                INSERT INTO ${schema}.sayiir_workflow_tasks AS t
                    (instance_id, task_id, status, completed_version, started_at, completed_at, task_priority,
                     definition_hash, task_tags)
                SELECT s.instance_id, :taskId, 'completed', s.version, s.updated_at, s.updated_at, s.task_priority,
                       s.definition_hash, s.task_tags
                FROM saved AS s
                ON CONFLICT (instance_id, task_id) DO UPDATE SET
                    status = excluded.status,
                    ready_at = NULL,
                    completed_version = excluded.completed_version,
                    completed_at = excluded.completed_at,
                    claim_token = NULL,
                    claimed_at = NULL,
                    claim_expires_at = NULL,
                    error = NULL
            )
            """ + JOINING + """
            SELECT s.version FROM saved AS s
            """;

    /** Reads the checkpoints of the instance, latest first: good enough for what is only asked when an answer got lost. */
    private static final String WRITTEN = """
            SELECT h.version
            FROM ${schema}.sayiir_workflow_history AS h
            WHERE h.instance_id = :instanceId AND h.write_id = :writeId
            ORDER BY h.version DESC
            LIMIT 1
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final String insert;
    private final CheckpointParams common;
    private final String update;
    private final String commit;
    private final String replace;
    private final String result;
    private final String written;

    CheckpointRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.insert = schema.in(INSERT);
        this.common = new CheckpointParams(schema);
        this.update = schema.in(UPDATE);
        this.commit = schema.in(COMMIT);
        this.replace = schema.in(REPLACE);
        this.result = schema.in(RESULT);
        this.written = schema.in(WRITTEN);
    }

    /** The first checkpoint of an instance; false if the id is taken. */
    boolean insert(Checkpoint checkpoint) {
        return version(insert, common.baseline(checkpoint).number("incarnation", checkpoint.writeId()))
                .isPresent();
    }

    /** The checkpoint after {@code basedOn}; empty if another version is stored, or it is finished or gone. */
    OptionalLong update(Checkpoint checkpoint, long basedOn) {
        Params params = common.of(checkpoint).flag("baseline", false).bytes("initialInput", null);
        return version(
                update,
                params.number("basedOn", basedOn)
                        .number("incarnation", checkpoint.snapshot().incarnation()));
    }

    /** What a commit has stored, the claim that it carried on, and whether a cancel or a pause is pending. */
    record Committed(long version, Optional<TaskClaim> next, boolean signalled) {}

    /** The same for a task that is held; empty also if it is not any more. */
    Optional<Committed> commit(Checkpoint checkpoint, TaskClaim claim, Optional<Duration> carryOn) {
        WorkflowSnapshot snapshot = checkpoint.snapshot();
        OptionalLong micros = carryOn.filter(ttl -> Claims.canCarryOn(snapshot)).stream()
                .mapToLong(ClaimRepository::micros)
                .findFirst();
        Params params = common.of(checkpoint)
                .flag("baseline", false)
                .bytes("initialInput", null)
                .number("basedOn", snapshot.version())
                .number("incarnation", snapshot.incarnation())
                .text("claimedTaskId", claim.taskId())
                .number("claimToken", claim.claimToken())
                .flag("release", true)
                .number("carryOn", micros)
                .text("workerId", claim.workerId());
        return jdbc.query(
                commit,
                params,
                rows -> rows.next()
                        ? Optional.of(new Committed(
                                rows.getLong("version"),
                                micros.isPresent() ? Optional.of(next(rows, claim)) : Optional.empty(),
                                rows.getBoolean("signalled")))
                        : Optional.empty());
    }

    private static TaskClaim next(ResultSet row, TaskClaim claim) throws SQLException {
        return new TaskClaim(
                claim.instanceId(),
                row.getString("task_id"),
                claim.definitionHash(),
                claim.workerId(),
                row.getLong("claim_token"),
                row.getInt("attempts"),
                Optional.empty(),
                Columns.time(row, "claimed_at"),
                Columns.time(row, "claim_expires_at"));
    }

    /** The same, as a new baseline. */
    OptionalLong replace(Checkpoint checkpoint, long basedOn) {
        return version(replace, common.baseline(checkpoint).number("basedOn", basedOn));
    }

    /** Adds a result; empty if the instance changed meanwhile, or is finished or gone. */
    OptionalLong addResult(String instanceId, String taskId, Payload output, Write write) {
        Params params = Params.of("instanceId", instanceId)
                .text("taskId", taskId)
                .bytes("output", output.bytes())
                .number("writeId", write.id());
        return version(result, params);
    }

    /** The version that a write has stored; empty if it has not. */
    OptionalLong findWritten(String instanceId, Write write) {
        return version(written, Params.of("instanceId", instanceId).number("writeId", write.id()));
    }

    private OptionalLong version(String sql, Params params) {
        return jdbc.query(sql, params, rows -> rows.next() ? OptionalLong.of(rows.getLong(1)) : OptionalLong.empty());
    }
}
