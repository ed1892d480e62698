package dev.sayiir.postgres;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.postgres.InstanceRepository.Stored;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
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
                :waits, :claimedTaskId, :claimToken, :claimedDone, :workerId, :carryOn,
                :openTaskId, :openDone, :openWithdrawn, :waiting, :notBefore,
                :awaitedEvent, :branchesLeft::integer, :lastFailedWorker, :lastError, :failures,
                :putTaskIds, :putDone, :putBranches, :putInputStarts, :putInputBytes, :branchesAfter, :branchInputs,
                :closedTaskIds, :closedStatuses, :closedWithdrawn,
                :forkLeft, :leftStatus) AS c
            """;

    /** The same for steps that are nothing but steps, with the place of each that was stored. */
    private static final String STEPS = """
            SELECT c.place, c.checkpoint_version, c.checkpoint_at, c.next_claim_token, c.next_attempts, c.next_expires_at, c.signalled
            FROM ${schema}.sayiir_commit_steps(
                p_waits => :waits,
                p_instance_ids => :instanceIds,
                p_based_on => :basedOn,
                p_incarnations => :incarnations,
                p_write_ids => :writeIds,
                p_completed_task_counts => :completedTaskCounts::integer[],
                p_task_priorities => :taskPriorities::smallint[],
                p_task_tags => :taskTags,
                p_trace_parents => :traceParents,
                p_data => :data,
                p_task_ids => :taskIds,
                p_claim_tokens => :claimTokens,
                p_outputs => :outputs,
                p_next_task_ids => :nextTaskIds,
                p_carry_on => :carryOn) AS c
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

    private final NamedParameterJdbcOperations jdbc;
    private final String checkpoint;
    private final String steps;
    private final String result;
    private final String written;

    CheckpointRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.checkpoint = schema.in(CHECKPOINT);
        this.steps = schema.in(STEPS);
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
     * The same as {@link #update} for a task that is held; empty as well if it is not held any more, or, unless it waits, if
     * somebody else has locked the instance or the task.
     */
    Optional<Committed> commit(Commit commit, boolean waits) {
        if (commit.isStep()) {
            return commitSteps(List.of(commit), waits).get(0);
        }
        WorkflowSnapshot snapshot = commit.snapshot();
        Params params = CheckpointParams.committing(commit, waits)
                .number("basedOn", snapshot.version())
                .number("incarnation", snapshot.incarnation());
        return write(params).map(row -> row.committed(commit));
    }

    /** Commits steps of different instances together; at the place of each what was stored, or that nothing was. */
    List<Optional<Committed>> commitSteps(List<Commit> commits, boolean waits) {
        List<Optional<Committed>> committed = new ArrayList<>(Collections.nCopies(commits.size(), Optional.empty()));
        jdbc.query(steps, StepParams.of(commits).flag("waits", waits), rows -> {
            int place = rows.getInt("place") - 1;
            committed.set(place, Optional.of(Row.of(rows).committed(commits.get(place))));
        });
        return committed;
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

        Committed committed(Commit commit) {
            return new Committed(
                    version, expiresAt.map(end -> next(commit.snapshot(), commit.claim(), end)), signalled);
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
        return jdbc.query(
                checkpoint,
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
