package dev.sayiir.postgres;

import dev.sayiir.workflow.WorkflowStatus;
import java.time.Instant;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/** The rows of instances as such: whether they are there, their locks, and their end. */
final class InstanceRepository {

    private static final String FIND = """
            SELECT w.version, w.status, w.incarnation, w.position_kind, clock_timestamp() AS now,
                   NULL::text AS transaction_id
            FROM ${schema}.sayiir_workflows AS w
            WHERE w.instance_id = :instanceId
            """;

    /**
     * No other table in it: after a wait, PostgreSQL checks only the locked row again and would lose a joined one. The clock
     * is read outside of it, and so after the wait. By the id of the transaction the server can be asked later whether it was
     * committed.
     */
    private static final String LOCK = """
            SELECT l.version, l.status, l.incarnation, l.position_kind, clock_timestamp() AS now,
                   pg_current_xact_id()::text AS transaction_id
            FROM (SELECT w.version, w.status, w.incarnation, w.position_kind
                  FROM ${schema}.sayiir_workflows AS w
                  WHERE w.instance_id = :instanceId
                  FOR NO KEY UPDATE%s) AS l
            """;

    private static final String IS_COMMITTED = "SELECT pg_xact_status(:transactionId::text::xid8) = 'committed'";

    /**
     * All rows of the instance, through the primary key: needed only when a snapshot replaces whatever is stored, or leaves
     * a fork. What is open is locked, in the order in which others lock several claims at once.
     */
    private static final String TASKS = """
            WITH locked AS (
                SELECT o.task_id
                FROM ${schema}.sayiir_workflow_tasks AS o
                WHERE o.instance_id = :instanceId AND o.completed_at IS NULL
                ORDER BY o.task_id
                FOR UPDATE
            )
            SELECT t.task_id, t.completed_version IS NOT NULL AS completed, t.status
            FROM ${schema}.sayiir_workflow_tasks AS t
            WHERE t.instance_id = :instanceId AND (SELECT count(*) FROM locked AS l) >= 0
            """;

    /** A trigger deletes the rest, in the same statement, and sees what was written while this waited for the lock. */
    private static final String DELETE = """
            DELETE FROM ${schema}.sayiir_workflows AS w
            WHERE w.instance_id = :instanceId
            """;

    private static final String IDS = """
            SELECT w.instance_id
            FROM ${schema}.sayiir_workflows AS w
            ORDER BY w.instance_id
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final String find;
    private final String lock;
    private final String lockIfFree;
    private final String isCommitted;
    private final String tasks;
    private final String delete;
    private final String ids;

    InstanceRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.find = schema.in(FIND);
        this.lock = schema.in(LOCK.formatted(""));
        this.lockIfFree = schema.in(LOCK.formatted(" SKIP LOCKED"));
        this.isCommitted = schema.in(IS_COMMITTED);
        this.tasks = schema.in(TASKS);
        this.delete = schema.in(DELETE);
        this.ids = schema.in(IDS);
    }

    /** What is stored of an instance, when that was read by the database's clock, and the transaction that locked it. */
    record Stored(
            long version,
            WorkflowStatus status,
            long incarnation,
            Optional<String> positionKind,
            Instant now,
            Optional<String> transactionId) {

        /** The same instance, after a checkpoint under the same lock. */
        Stored at(long laterVersion) {
            return new Stored(laterVersion, status, incarnation, positionKind, now, transactionId);
        }
    }

    /** The tasks of an instance that count as done, and the open ones with whether they wait. */
    record StoredTasks(Set<String> completed, Map<String, Boolean> open) {}

    Optional<Stored> find(String instanceId) {
        return stored(find, instanceId);
    }

    /** The same, locked until the transaction ends. */
    Optional<Stored> lock(String instanceId) {
        return stored(lock, instanceId);
    }

    /** The same without waiting: empty as well if somebody else has locked it. */
    Optional<Stored> lockIfFree(String instanceId) {
        return stored(lockIfFree, instanceId);
    }

    boolean isCommitted(String transactionId) {
        return Boolean.TRUE.equals(
                jdbc.queryForObject(isCommitted, Params.of("transactionId", transactionId), Boolean.class));
    }

    /** For a caller who holds the lock of the instance; what is open is locked as well. */
    StoredTasks lockTasks(String instanceId) {
        Set<String> completed = new HashSet<>();
        Map<String, Boolean> open = new HashMap<>();
        jdbc.query(tasks, Params.of("instanceId", instanceId), row -> {
            String taskId = row.getString("task_id");
            if (row.getBoolean("completed")) {
                completed.add(taskId);
            }
            switch (row.getString("status")) {
                case "active" -> open.put(taskId, false);
                case "waiting" -> open.put(taskId, true);
                default -> {} // closed already
            }
        });
        return new StoredTasks(completed, open);
    }

    /** Whether there was such an instance. */
    boolean delete(String instanceId) {
        return jdbc.update(delete, Params.of("instanceId", instanceId)) == 1;
    }

    List<String> ids() {
        return jdbc.getJdbcOperations().queryForList(ids, String.class);
    }

    private Optional<Stored> stored(String sql, String instanceId) {
        return jdbc.query(
                sql,
                Params.of("instanceId", instanceId),
                rows -> rows.next()
                        ? Optional.of(new Stored(
                                rows.getLong("version"),
                                WorkflowStatus.ofText(rows.getString("status")),
                                rows.getLong("incarnation"),
                                Optional.ofNullable(rows.getString("position_kind")),
                                Columns.time(rows, "now"),
                                Optional.ofNullable(rows.getString("transaction_id"))))
                        : Optional.empty());
    }
}
