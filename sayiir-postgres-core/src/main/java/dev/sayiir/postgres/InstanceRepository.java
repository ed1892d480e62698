package dev.sayiir.postgres;

import dev.sayiir.workflow.WorkflowStatus;
import java.time.Instant;
import java.util.List;
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

    /** A range of the primary key: needed only when a snapshot replaces whatever is stored. */
    private static final String COMPLETED = """
            SELECT t.task_id
            FROM ${schema}.sayiir_workflow_tasks AS t
            WHERE t.instance_id = :instanceId AND t.completed_version IS NOT NULL
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
    private final String completed;
    private final String delete;
    private final String ids;

    InstanceRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.find = schema.in(FIND);
        this.lock = schema.in(LOCK.formatted(""));
        this.lockIfFree = schema.in(LOCK.formatted(" SKIP LOCKED"));
        this.isCommitted = schema.in(IS_COMMITTED);
        this.completed = schema.in(COMPLETED);
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

    /** The tasks of an instance that count as done. */
    Set<String> completedTasks(String instanceId) {
        return Set.copyOf(jdbc.queryForList(completed, Params.of("instanceId", instanceId), String.class));
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
