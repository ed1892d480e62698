package dev.sayiir.postgres;

import dev.sayiir.persistence.TaskStatus;
import dev.sayiir.persistence.TaskSummary;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/** Lists the tasks of an instance. Their outputs are in the history, which is not read. */
final class TaskRepository {

    /** Ranges of two primary keys. Of a task that is open again after it was done, the open one comes first. */
    private static final String LIST = """
            SELECT c.instance_id, c.task_id, c.definition_hash,
                   CASE WHEN c.blocked_at IS NULL THEN c.status ELSE 'blocked' END AS status, c.worker_id, c.attempts, c.failures, c.crashes,
                   c.started_at, NULL::timestamptz AS completed_at, c.ready_at, NULL::bigint AS completed_version, c.error,
                   c.claim_token, c.claimed_at, c.expires_at, c.branch, c.after_task_id, true AS open
            FROM ${schema}.sayiir_task_claims AS c
            WHERE c.instance_id = :instanceId
            UNION ALL
            SELECT t.instance_id, t.task_id, NULL, t.status, t.worker_id, t.attempts, 0, 0,
                   t.started_at, t.completed_at, NULL, t.completed_version, t.error,
                   NULL, NULL, NULL, '', NULL, false
            FROM ${schema}.sayiir_workflow_tasks AS t
            WHERE t.instance_id = :instanceId
            ORDER BY open DESC
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final String list;

    TaskRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.list = schema.in(LIST);
    }

    /** In the order in which the instance came to them. */
    List<TaskSummary> list(String instanceId) {
        Map<String, TaskSummary> tasks = new LinkedHashMap<>();
        jdbc.query(list, Params.of("instanceId", instanceId), row -> {
            tasks.merge(row.getString("task_id"), task(row), TaskRepository::again);
        });
        return tasks.values().stream()
                .sorted(Comparator.comparing(TaskSummary::startedAt).thenComparing(TaskSummary::taskId))
                .toList();
    }

    /** A task that is open again: of the time before, the result is left, if it counts. */
    private static TaskSummary again(TaskSummary open, TaskSummary finished) {
        return new TaskSummary(
                open.taskId(),
                open.status(),
                open.workerId(),
                open.attempts(),
                open.startedAt(),
                Optional.empty(),
                open.readyAt(),
                finished.completedVersion(),
                open.error(),
                open.claim());
    }

    private static TaskSummary task(ResultSet row) throws SQLException {
        return new TaskSummary(
                row.getString("task_id"),
                TaskStatus.ofText(row.getString("status")),
                Optional.ofNullable(row.getString("worker_id")),
                row.getInt("attempts"),
                Columns.time(row, "started_at"),
                Columns.optionalTime(row, "completed_at"),
                Columns.optionalTime(row, "ready_at"),
                Optional.ofNullable(row.getObject("completed_version", Long.class)),
                Optional.ofNullable(row.getString("error")),
                Columns.optionalTime(row, "claimed_at").isPresent()
                        ? Optional.of(ClaimRepository.claim(row, 0))
                        : Optional.empty());
    }
}
