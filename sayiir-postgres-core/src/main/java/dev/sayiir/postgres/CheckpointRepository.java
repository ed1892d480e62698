package dev.sayiir.postgres;

import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.Claims;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.postgres.InstanceRepository.Stored;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/**
 * Writes checkpoints: each is one statement that touches the instance's row, appends to the history and keeps the task
 * rows in step. All of them change or insert the instance's row first, so that whoever comes second waits there.
 */
final class CheckpointRepository {

    /**
     * All that a checkpoint writes is written by a function of the schema, which {@code V1__workflows.sql} explains. The
     * casts are where the driver would send a type that the function is not looked up by.
     */
    private static final String CHECKPOINT = """
            SELECT c.checkpoint_version, c.checkpoint_at, c.next_claim_token, c.next_attempts, c.next_expires_at, c.signalled
            FROM ${schema}.sayiir_checkpoint(
                :instanceId, :basedOn, :incarnation, :writeId,
                :baseline, :createdAt, :definitionHash, :initialInput,
                :status, :positionKind, :currentTaskId, :completedTaskCount::integer, :taskPriority::smallint,
                :taskTags, :traceParent, :error, :statusReason, :statusRequestedBy,
                :data, :completedTaskIds, :outputs, :withdrawnTaskIds,
                :claimedTaskId, :claimToken, :claimedDone, :transactionSpared, :workerId, :carryOn,
                :openTaskId, :openDone, :openWithdrawn, :waiting, :notBefore,
                :awaitedEvent, :branchesLeft::integer, :lastFailedWorker, :lastError, :failures,
                :putTaskIds, :putDone, :putBranches,
                :closedTaskIds, :closedStatuses, :closedWithdrawn,
                :forkLeft, :leftStatus) AS c
            """;

    /** Returns the same, for a step that is nothing but a step. */
    private static final String STEP = """
            SELECT c.checkpoint_version, c.checkpoint_at, c.next_claim_token, c.next_attempts, c.next_expires_at, c.signalled
            FROM ${schema}.sayiir_step(
                :instanceId, :basedOn, :incarnation, :writeId,
                :completedTaskCount::integer, :taskPriority::smallint, :taskTags, :traceParent, :data,
                :taskId, :claimToken, :output,
                :nextTaskId, :workerId, :carryOn) AS c
            """;

    /**
     * Adds one result and leaves the control state alone. The count goes up only for a task that was not done before;
     * whether it was is read from the statement's snapshot, which is right only if nobody changed the instance
     * meanwhile: hence the comparison of the version, and another try under the lock if that fails. If a branch stands at the
     * task, it ends with the result, and the task that joins counts down.
     *
     * <p>IS TRUE, here and wherever a condition on the status goes with the key, keeps the planner from the index by status.
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
                  AND (w.status IN ('InProgress', 'Paused')) IS TRUE
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
            ), joining AS (
                UPDATE ${schema}.sayiir_workflow_tasks AS t
                SET branches_left = t.branches_left - 1,
                    status = CASE WHEN t.branches_left = 1 THEN 'active' ELSE t.status END,
                    ready_at = CASE WHEN t.branches_left = 1 AND s.status = 'InProgress' THEN s.updated_at END
                FROM saved AS s
                WHERE s.branch IS NOT NULL AND t.instance_id = :instanceId AND t.task_id = s.current_task_id
            )
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

    private static final String CLAIM_LOST = "SY001";

    private final NamedParameterJdbcOperations jdbc;
    private final String checkpoint;
    private final String step;
    private final String result;
    private final String written;

    CheckpointRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.checkpoint = schema.in(CHECKPOINT);
        this.step = schema.in(STEP);
        this.result = schema.in(RESULT);
        this.written = schema.in(WRITTEN);
    }

    /** The first checkpoint of an instance; false if the id is taken. */
    boolean insert(Checkpoint first) {
        Params params = CheckpointParams.baseline(first)
                .number("basedOn", OptionalLong.empty())
                .number("incarnation", first.writeId());
        return write(params).isPresent();
    }

    /** The checkpoint after {@code basedOn}; empty if another version is stored, or it is finished or gone. */
    OptionalLong update(Checkpoint next, long basedOn) {
        Params params = CheckpointParams.following(next)
                .number("basedOn", basedOn)
                .number("incarnation", next.snapshot().incarnation());
        return version(write(params));
    }

    /** The same, as a new baseline. For a caller who holds the lock and has seen what is stored under it. */
    OptionalLong replace(Checkpoint next, Stored stored) {
        Params params = CheckpointParams.baseline(next)
                .number("basedOn", stored.version())
                .number("incarnation", stored.incarnation());
        return version(write(params));
    }

    /** What a commit has stored, the claim that it carried on, and whether a cancel or a pause is pending. */
    record Committed(long version, Optional<TaskClaim> next, boolean signalled) {}

    /**
     * The same as {@link #update} for a task that is held.
     *
     * @throws ClaimLostException if it is not any more, after which the transaction can only be rolled back; if it is to be
     *     spared, there is none, and it is empty then, too
     */
    Optional<Committed> commit(
            Checkpoint next, TaskClaim claim, Optional<Duration> carryOn, boolean transactionSpared) {
        WorkflowSnapshot snapshot = next.snapshot();
        OptionalLong micros = carryOn.filter(ttl -> Claims.canCarryOn(snapshot)).stream()
                .mapToLong(ClaimRepository::micros)
                .findFirst();
        try {
            Optional<Row> written = !transactionSpared && StepParams.suffice(next, claim)
                    ? write(step, StepParams.of(next, claim, micros))
                    : write(CheckpointParams.committing(next, claim, micros, transactionSpared)
                            .number("basedOn", snapshot.version())
                            .number("incarnation", snapshot.incarnation()));
            return written.map(row -> row.committed(snapshot, claim));
        } catch (DataAccessException e) {
            if (e.getRootCause() instanceof SQLException cause && CLAIM_LOST.equals(cause.getSQLState())) {
                throw new ClaimLostException(claim);
            }
            throw e;
        }
    }

    /** The row that the function returns. */
    private record Row(
            long version,
            Instant savedAt,
            long claimToken,
            int attempts,
            Optional<Instant> expiresAt,
            boolean signalled) {

        static Row of(ResultSet row) throws SQLException {
            return new Row(
                    row.getLong("checkpoint_version"),
                    Columns.time(row, "checkpoint_at"),
                    row.getLong("next_claim_token"),
                    row.getInt("next_attempts"),
                    Columns.optionalTime(row, "next_expires_at"),
                    row.getBoolean("signalled"));
        }

        Committed committed(WorkflowSnapshot snapshot, TaskClaim claim) {
            return new Committed(version, expiresAt.map(end -> next(snapshot, claim, end)), signalled);
        }

        private TaskClaim next(WorkflowSnapshot snapshot, TaskClaim claim, Instant end) {
            return new TaskClaim(
                    claim.instanceId(),
                    snapshot.openTask().orElseThrow().taskId(),
                    claim.definitionHash(),
                    claim.workerId(),
                    claimToken,
                    attempts,
                    0,
                    0,
                    Optional.empty(),
                    savedAt,
                    end);
        }
    }

    /** Empty if nothing was written. */
    private Optional<Row> write(Params params) {
        return write(checkpoint, params);
    }

    private Optional<Row> write(String sql, Params params) {
        return jdbc.query(
                sql,
                params,
                rows -> rows.next() && rows.getObject("checkpoint_version") != null
                        ? Optional.of(Row.of(rows))
                        : Optional.empty());
    }

    private static OptionalLong version(Optional<Row> written) {
        return written.stream().mapToLong(Row::version).findFirst();
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
