package dev.sayiir.postgres;

import dev.sayiir.persistence.TaskStatus;
import dev.sayiir.persistence.TaskSummary;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/** Lists the tasks of an instance. Their outputs are in the history, which is not read. */
final class TaskRepository {

    /** A range of the primary key. */
    private static final String LIST = """
            SELECT t.instance_id, t.task_id, t.definition_hash, t.status, t.worker_id, t.attempts, t.failures, t.crashes, t.started_at,
                   t.completed_at, t.ready_at, t.completed_version, t.error, t.claim_token, t.claimed_at,
                   t.claim_expires_at, t.branch AS claimed_branch, t.after_task_id
            FROM ${schema}.sayiir_workflow_tasks AS t
            WHERE t.instance_id = :instanceId
            ORDER BY t.started_at, t.task_id
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final String list;

    TaskRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.list = schema.in(LIST);
    }

    List<TaskSummary> list(String instanceId) {
        return jdbc.query(list, Params.of("instanceId", instanceId), TaskRepository::task);
    }

    private static TaskSummary task(ResultSet row, int number) throws SQLException {
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
                        ? Optional.of(ClaimRepository.claim(row, number))
                        : Optional.empty());
    }
}
