package dev.sayiir.postgres;

import dev.sayiir.postgres.TaskRows.Change;
import dev.sayiir.postgres.TaskRows.Put;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.OpenTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import dev.sayiir.workflow.WorkflowStatus;
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
     * What follows the change of the instance's row ({@code saved}): it yields no row if that was refused, and then none
     * of this writes anything. The time is the one that the instance's row got, which is taken under its lock; so
     * later versions never look earlier.
     */
    private static final String CHECKPOINT = """
            , checkpoint AS (
                INSERT INTO ${schema}.sayiir_workflow_history
                    (instance_id, version, saved_at, baseline, status, current_task_id,
                     completed_task_ids, outputs, withdrawn_task_ids, data, initial_input)
                SELECT s.instance_id, s.version, s.updated_at, :baseline, :status, :currentTaskId,
                       NULLIF(:completedTaskIds::text[], '{}'), NULLIF(:outputs::bytea[], '{}'),
                       NULLIF(:withdrawnTaskIds::text[], '{}'), :data, :initialInput
                FROM saved AS s
            ), put AS (
                INSERT INTO ${schema}.sayiir_workflow_tasks AS t
                    (instance_id, task_id, status, ready_at, completed_version, started_at, completed_at, task_priority)
                SELECT s.instance_id, p.task_id, p.status,
                       CASE WHEN p.open AND :running
                            THEN COALESCE(:notBefore::timestamptz, CASE WHEN NOT :waiting THEN s.updated_at END) END,
                       CASE WHEN p.done THEN s.version END,
                       s.updated_at,
                       CASE WHEN NOT p.open THEN s.updated_at END,
                       :taskPriority::smallint
                FROM saved AS s
                CROSS JOIN unnest(:putTaskIds::text[], :putStatuses::text[], :putDone::boolean[], :putOpen::boolean[])
                    AS p (task_id, status, done, open)
                ON CONFLICT (instance_id, task_id) DO UPDATE SET
                    status = excluded.status,
                    ready_at = excluded.ready_at,
                    completed_version = COALESCE(excluded.completed_version, t.completed_version),
                    started_at = CASE WHEN excluded.completed_at IS NULL AND t.completed_at IS NOT NULL
                                      THEN excluded.started_at ELSE t.started_at END,
                    completed_at = excluded.completed_at,
                    task_priority = excluded.task_priority,
                    error = NULL
            ), changed AS (
                UPDATE ${schema}.sayiir_workflow_tasks AS t
                SET status = c.status,
                    ready_at = CASE WHEN c.open AND :running
                                    THEN COALESCE(:notBefore::timestamptz, CASE WHEN NOT :waiting THEN s.updated_at END) END,
                    completed_version = CASE WHEN NOT c.withdrawn THEN t.completed_version END,
                    started_at = CASE WHEN c.open AND t.completed_at IS NOT NULL THEN s.updated_at ELSE t.started_at END,
                    completed_at = CASE WHEN NOT c.open THEN s.updated_at END,
                    error = CASE WHEN c.status = 'failed' THEN :error::text END
                FROM saved AS s
                CROSS JOIN unnest(:changedTaskIds::text[], :changedStatuses::text[], :changedWithdrawn::boolean[],
                                  :changedOpen::boolean[])
                    AS c (task_id, status, withdrawn, open)
                WHERE t.instance_id = :instanceId AND t.task_id = c.task_id
            )
            SELECT s.version FROM saved AS s
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
            WITH saved AS (
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

    /**
     * Writes only what is new since a version, and only if that is still the stored one: then the statement's snapshot
     * shows all that belongs to it, whatever was waited for. The incarnation tells apart an instance that was deleted and
     * made anew under the same id.
     */
    private static final String UPDATE = SET + """
                WHERE w.instance_id = :instanceId
                  AND w.version = :basedOn
                  AND w.incarnation = :incarnation
                  AND w.status IN ('InProgress', 'Paused')
                RETURNING w.instance_id, w.version, w.updated_at
            )
            """ + CHECKPOINT;

    /** Replaces everything by a new baseline. For a caller who holds the lock and has seen the version under it. */
    private static final String REPLACE = SET + """
                  , base_version = w.version + 1,
                    definition_hash = :definitionHash,
                    created_at = :createdAt
                WHERE w.instance_id = :instanceId
                  AND w.version = :basedOn
                  AND w.status IN ('InProgress', 'Paused')
                RETURNING w.instance_id, w.version, w.updated_at
            )
            """ + CHECKPOINT;

    /**
     * Adds one result and leaves the control state alone. The count goes up only for a task that was not done before;
     * whether it was is read from the statement's snapshot, which is right only if nobody changed the instance
     * meanwhile: hence the comparison of the version, and another try under the lock if that fails.
     */
    private static final String RESULT = """
            WITH saved AS (
                UPDATE ${schema}.sayiir_workflows AS w
                SET version = w.version + 1,
                    updated_at = clock_timestamp(),
                    completed_task_count = w.completed_task_count + CASE WHEN seen.done THEN 0 ELSE 1 END
                FROM (
                    SELECT v.version,
                           EXISTS (SELECT FROM ${schema}.sayiir_workflow_tasks AS t
                                   WHERE t.instance_id = v.instance_id AND t.task_id = :taskId
                                     AND t.completed_version IS NOT NULL) AS done
                    FROM ${schema}.sayiir_workflows AS v
                    WHERE v.instance_id = :instanceId
                ) AS seen
                WHERE w.instance_id = :instanceId
                  AND w.version = seen.version
                  AND w.status IN ('InProgress', 'Paused')
                RETURNING w.instance_id, w.version, w.updated_at, w.status, w.current_task_id, w.task_priority
            ), checkpoint AS (
                INSERT INTO ${schema}.sayiir_workflow_history
                    (instance_id, version, saved_at, baseline, status, current_task_id, completed_task_ids, outputs)
                SELECT s.instance_id, s.version, s.updated_at, false, s.status, s.current_task_id,
                       ARRAY[:taskId::text], ARRAY[:output::bytea]
                FROM saved AS s
            ), put AS (
                INSERT INTO ${schema}.sayiir_workflow_tasks AS t
                    (instance_id, task_id, status, completed_version, started_at, completed_at, task_priority)
                SELECT s.instance_id, :taskId, 'completed', s.version, s.updated_at, s.updated_at, s.task_priority
                FROM saved AS s
                ON CONFLICT (instance_id, task_id) DO UPDATE SET
                    status = excluded.status,
                    ready_at = NULL,
                    completed_version = excluded.completed_version,
                    completed_at = excluded.completed_at,
                    error = NULL
            )
            SELECT s.version FROM saved AS s
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final String insert;
    private final String update;
    private final String replace;
    private final String result;

    CheckpointRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.insert = schema.in(INSERT);
        this.update = schema.in(UPDATE);
        this.replace = schema.in(REPLACE);
        this.result = schema.in(RESULT);
    }

    /** The first checkpoint of an instance; false if the id is taken. */
    boolean insert(Checkpoint checkpoint, long incarnation) {
        return version(insert, baseline(checkpoint).number("incarnation", incarnation))
                .isPresent();
    }

    /** The checkpoint after {@code basedOn}; empty if another version is stored, or it is finished or gone. */
    OptionalLong update(Checkpoint checkpoint, long basedOn) {
        Params params = params(checkpoint).flag("baseline", false).bytes("initialInput", null);
        return version(
                update,
                params.number("basedOn", basedOn)
                        .number("incarnation", checkpoint.snapshot().incarnation()));
    }

    /** The same, as a new baseline. */
    OptionalLong replace(Checkpoint checkpoint, long basedOn) {
        return version(replace, baseline(checkpoint).number("basedOn", basedOn));
    }

    /** Adds a result; empty if the instance changed meanwhile, or is finished or gone. */
    OptionalLong addResult(String instanceId, String taskId, Payload output) {
        return version(
                result,
                Params.of("instanceId", instanceId).text("taskId", taskId).bytes("output", output.bytes()));
    }

    private OptionalLong version(String sql, Params params) {
        return jdbc.query(sql, params, rows -> rows.next() ? OptionalLong.of(rows.getLong(1)) : OptionalLong.empty());
    }

    private static Params baseline(Checkpoint checkpoint) {
        return params(checkpoint)
                .flag("baseline", true)
                .text("definitionHash", checkpoint.snapshot().definitionHash())
                .bytes(
                        "initialInput",
                        checkpoint.snapshot().initialInput().map(Payload::bytes).orElse(null));
    }

    private static Params params(Checkpoint checkpoint) {
        WorkflowSnapshot snapshot = checkpoint.snapshot();
        Optional<OpenTask> open = snapshot.openTask();
        Optional<ExecutionPosition> position = snapshot.position();
        Params params = Params.of("instanceId", snapshot.instanceId())
                .time("createdAt", Optional.of(snapshot.createdAt()))
                .flag("running", snapshot.status() == WorkflowStatus.IN_PROGRESS)
                .text("status", snapshot.status().text())
                .text("positionKind", position.map(at -> at.kind().text()))
                .text("currentTaskId", position.flatMap(ExecutionPosition::nodeId))
                .number("completedTaskCount", snapshot.completedTaskCount())
                .number("taskPriority", snapshot.taskPriority().level())
                .texts("taskTags", snapshot.taskTags())
                .text("traceParent", snapshot.traceParent())
                .text("error", snapshot.state() instanceof WorkflowState.Failed failed ? failed.error() : null)
                .text("statusReason", reason(snapshot.state()))
                .text("statusRequestedBy", requester(snapshot.state()))
                .bytes("data", checkpoint.data())
                .flag("waiting", open.filter(OpenTask::waiting).isPresent())
                .time("notBefore", open.flatMap(OpenTask::notBefore));
        TaskChanges changes = checkpoint.changes();
        params.texts("completedTaskIds", changes.completed().keySet())
                .payloads("outputs", changes.completed().values())
                .texts("withdrawnTaskIds", changes.withdrawn());
        TaskRows rows = TaskRows.of(snapshot, changes);
        List<Put> put = rows.put();
        List<Change> changed = rows.changed();
        return params.texts("putTaskIds", put.stream().map(Put::taskId).toList())
                .texts("putStatuses", put.stream().map(Put::status).toList())
                .flags("putDone", put.stream().map(Put::done).toList())
                .flags("putOpen", put.stream().map(Put::open).toList())
                .texts("changedTaskIds", changed.stream().map(Change::taskId).toList())
                .texts("changedStatuses", changed.stream().map(Change::status).toList())
                .flags(
                        "changedWithdrawn",
                        changed.stream().map(Change::withdrawn).toList())
                .flags("changedOpen", changed.stream().map(Change::open).toList());
    }

    private static Optional<String> reason(WorkflowState state) {
        if (state instanceof WorkflowState.Paused paused) {
            return paused.reason();
        }
        return state instanceof WorkflowState.Cancelled cancelled ? cancelled.reason() : Optional.empty();
    }

    private static Optional<String> requester(WorkflowState state) {
        if (state instanceof WorkflowState.Paused paused) {
            return paused.pausedBy();
        }
        return state instanceof WorkflowState.Cancelled cancelled ? cancelled.cancelledBy() : Optional.empty();
    }
}
