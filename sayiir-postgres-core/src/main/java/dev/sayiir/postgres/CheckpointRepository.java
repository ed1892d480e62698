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
     * All that a checkpoint writes is written by a function of the schema, which {@code v1/saving.sql} explains. The
     * casts are where the driver would send a type that the function is not looked up by.
     */
    private static final String CHECKPOINT = """
            SELECT c.checkpoint_version, c.checkpoint_at, c.next_claim_token, c.next_attempts, c.next_expires_at, c.signalled
            FROM ${schema}.sayiir_checkpoint(
                p_instance_id => :instanceId,
                p_based_on => :basedOn,
                p_incarnation => :incarnation,
                p_write_id => :writeId,
                p_baseline => :baseline,
                p_created_at => :createdAt,
                p_definition_hash => :definitionHash,
                p_initial_input => :initialInput,
                p_status => :status,
                p_position_kind => :positionKind,
                p_current_task_id => :currentTaskId,
                p_completed_task_count => :completedTaskCount::integer,
                p_task_priority => :taskPriority::smallint,
                p_task_tags => :taskTags,
                p_trace_parent => :traceParent,
                p_error => :error,
                p_status_reason => :statusReason,
                p_status_requested_by => :statusRequestedBy,
                p_data => :data,
                p_completed_task_ids => :completedTaskIds,
                p_outputs => :outputs,
                p_withdrawn_task_ids => :withdrawnTaskIds,
                p_claimed_branch => :claimedBranch,
                p_claim_token => :claimToken,
                p_carry_on => :carryOn,
                p_open_task_id => :openTaskId,
                p_waiting => :waiting,
                p_not_before => :notBefore,
                p_awaited_event => :awaitedEvent,
                p_branches_left => :branchesLeft::integer,
                p_last_failed_worker => :lastFailedWorker,
                p_last_error => :lastError,
                p_failures => :failures,
                p_fork_left => :forkLeft,
                p_branches => :branches,
                p_branch_task_ids => :branchTaskIds,
                p_branch_input_starts => :branchInputStarts,
                p_branch_input_bytes => :branchInputBytes,
                p_branches_after => :branchesAfter,
                p_branch_inputs => :branchInputs,
                p_redrive => :redrive) AS c
            """;

    /** The same for what most commits are, many at once, with the index of each that was stored. */
    private static final String COMMITS = """
            SELECT c.ordinal, c.checkpoint_version, c.checkpoint_at, c.next_claim_token, c.next_attempts, c.next_expires_at,
                   c.signalled
            FROM ${schema}.sayiir_commit_tasks(
                p_instance_ids => :instanceIds,
                p_branches => :branches,
                p_based_on => :basedOn,
                p_incarnations => :incarnations,
                p_write_ids => :writeIds,
                p_claim_tokens => :claimTokens,
                p_statuses => :statuses,
                p_position_kinds => :positionKinds,
                p_current_task_ids => :currentTaskIds,
                p_completed_task_counts => :completedTaskCounts::integer[],
                p_task_priorities => :taskPriorities::smallint[],
                p_task_tags => :taskTags,
                p_trace_parents => :traceParents,
                p_errors => :errors,
                p_data => :data,
                p_task_ids => :taskIds,
                p_outputs => :outputs,
                p_open_task_ids => :openTaskIds,
                p_waiting => :waiting,
                p_not_before => :notBefore,
                p_awaited_events => :awaitedEvents,
                p_last_failed_workers => :lastFailedWorkers,
                p_last_errors => :lastErrors,
                p_failures => :failures,
                p_carry_on => :carryOn) AS c
            """;

    /**
     * Adds one result and leaves the control state alone. The count goes up only for a task that was not done before;
     * whether it was is read from the statement's snapshot, which is right only if nobody changed the instance
     * meanwhile: hence the comparison of the version, and another try under the lock if that fails. If the main line or a
     * branch stands at the task, that place is gone with it; a branch ends with the result, and the main line counts down.
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
                    SELECT v.version, t.completed_version IS NOT NULL AS done, c.branch, c.started_at, c.attempts, c.worker_id
                    FROM ${schema}.sayiir_workflows AS v
                    LEFT JOIN ${schema}.sayiir_workflow_tasks AS t
                        ON t.instance_id = v.instance_id AND t.task_id = :taskId
                    LEFT JOIN ${schema}.sayiir_task_claims AS c
                        ON c.instance_id = v.instance_id AND c.task_id = :taskId
                    WHERE v.instance_id = :instanceId
                ) AS seen
                WHERE w.instance_id = :instanceId
                  AND w.version = seen.version
                  AND (w.status IN ('InProgress', 'Paused')) IS TRUE
                RETURNING w.instance_id, w.version, w.updated_at, w.status, w.current_task_id,
                          seen.branch, seen.started_at, seen.attempts, seen.worker_id
            ), checkpoint AS (
                INSERT INTO ${schema}.sayiir_workflow_history
                    (instance_id, version, saved_at, baseline, status, current_task_id, completed_task_ids, outputs,
                     branch, write_id)
                SELECT s.instance_id, s.version, s.updated_at, false, s.status, s.current_task_id,
                       ARRAY[:taskId::text], ARRAY[:output::bytea], NULLIF(s.branch, ''), :writeId
                FROM saved AS s
            ), done AS (
                INSERT INTO ${schema}.sayiir_workflow_tasks AS t
                    (instance_id, task_id, status, completed_version, started_at, completed_at, attempts, worker_id)
                SELECT s.instance_id, :taskId, 'completed', s.version, COALESCE(s.started_at, s.updated_at), s.updated_at,
                       COALESCE(s.attempts, 0), s.worker_id
                FROM saved AS s
                ON CONFLICT (instance_id, task_id) DO UPDATE SET
                    status = excluded.status,
                    completed_version = excluded.completed_version,
                    started_at = (SELECT COALESCE(s.started_at, t.started_at) FROM saved AS s),
                    completed_at = excluded.completed_at,
                    attempts = (SELECT COALESCE(s.attempts, t.attempts) FROM saved AS s),
                    worker_id = (SELECT CASE WHEN s.attempts IS NULL THEN t.worker_id ELSE s.worker_id END FROM saved AS s),
                    error = NULL
            ), gone AS (
                DELETE FROM ${schema}.sayiir_task_claims AS c
                USING saved AS s
                WHERE c.instance_id = :instanceId AND c.branch = s.branch
            ), joining AS (
                UPDATE ${schema}.sayiir_task_claims AS c
                SET branches_left = c.branches_left - 1,
                    status = CASE WHEN c.branches_left = 1 THEN 'active' ELSE c.status END,
                    ready_at = CASE WHEN c.branches_left = 1 AND s.status = 'InProgress' AND c.blocked_at IS NULL
                                    THEN s.updated_at END
                FROM saved AS s
                WHERE s.branch <> '' AND c.instance_id = :instanceId AND c.branch = ''
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
    private final String commits;
    private final String result;
    private final String written;

    CheckpointRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.checkpoint = schema.in(CHECKPOINT);
        this.commits = schema.in(COMMITS);
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
        return version(write(replacing(next, stored)));
    }

    /** The same, also if the instance is finished. For a caller who has left its places. */
    OptionalLong redriveAll(Checkpoint next, Stored stored) {
        return version(write(replacing(next, stored).flag("redrive", true)));
    }

    /** The same, adding to what is stored. */
    OptionalLong redrive(Checkpoint next, Stored stored) {
        return version(write(CheckpointParams.following(next)
                .number("basedOn", stored.version())
                .number("incarnation", stored.incarnation())
                .flag("redrive", true)));
    }

    private static Params replacing(Checkpoint next, Stored stored) {
        return CheckpointParams.baseline(next)
                .number("basedOn", stored.version())
                .number("incarnation", stored.incarnation());
    }

    /** What a commit has stored, the claim that it carried on, and whether a cancel or a pause is pending. */
    record Committed(long version, Optional<TaskClaim> next, boolean signalled) {}

    /**
     * The same as {@link #update} for a task that is held; empty as well if it is not held any more, or if somebody else has
     * locked the instance or the task.
     */
    Optional<Committed> commit(Commit commit) {
        if (commit.isPlain()) {
            return commit(List.of(commit)).get(0);
        }
        WorkflowSnapshot snapshot = commit.snapshot();
        Params params = CheckpointParams.committing(commit)
                .number("basedOn", snapshot.version())
                .number("incarnation", snapshot.incarnation());
        return write(params).map(row -> row.committed(commit));
    }

    /**
     * Commits tasks of different instances together.
     *
     * @param commits which are {@linkplain Commit#isPlain() plain}
     * @return at the place of each what was stored, or that nothing was
     */
    List<Optional<Committed>> commit(List<Commit> commits) {
        List<Optional<Committed>> committed = new ArrayList<>(Collections.nCopies(commits.size(), Optional.empty()));
        jdbc.query(this.commits, CommitParams.of(commits), rows -> {
            int index = rows.getInt("ordinal") - 1;
            committed.set(index, Optional.of(Row.of(rows).committed(commits.get(index))));
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
                    version,
                    commit.carryOn().isPresent()
                            ? expiresAt.map(end -> next(commit.snapshot(), commit.claim(), end))
                            : Optional.empty(),
                    signalled);
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
