package dev.sayiir.postgres;

import dev.sayiir.persistence.WorkflowPage;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.WorkflowStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/** Asks the columns of instances. A query is put together from fixed pieces; values are always bound. */
final class QueryRepository {

    private static final String COLUMNS = """
            SELECT w.instance_id, w.definition_hash, w.status, w.position_kind, w.current_task_id,
                   w.completed_task_count, w.error, w.task_priority, w.task_tags, w.version,
                   w.created_at, w.updated_at,
                   CASE WHEN w.status IN ('Completed', 'Failed', 'Cancelled') THEN w.updated_at END AS completed_at
            FROM ${schema}.sayiir_workflows AS w
            WHERE\s""";

    /** The order of three indexes: by itself, behind a status and behind a definition. Read backwards from the cursor. */
    private static final String ORDER = """

            ORDER BY w.created_at DESC, w.instance_id DESC
            LIMIT :limit
            """;

    /**
     * Of the tasks that nobody holds an index knows where they are; those that somebody holds or that are blocked are few, and found by that.
     * One index of both would cost every step.
     */
    private static final String AT_TASK = """
            w.instance_id IN (SELECT c.instance_id
                              FROM ${schema}.sayiir_task_claims AS c
                              WHERE c.idle_task_id = :currentTaskId
                              UNION ALL
                              SELECT c.instance_id
                              FROM ${schema}.sayiir_task_claims AS c
                              WHERE c.expires_at IS NOT NULL AND c.task_id = :currentTaskId
                              UNION ALL
                              SELECT c.instance_id
                              FROM ${schema}.sayiir_task_claims AS c
                              WHERE c.blocked_at IS NOT NULL AND c.task_id = :currentTaskId)""";

    private final NamedParameterJdbcOperations jdbc;
    private final SchemaName schema;
    private final String one;

    QueryRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.schema = schema;
        this.one = schema.in(COLUMNS + "w.instance_id = :instanceId");
    }

    WorkflowPage find(WorkflowQuery query) {
        Params params = new Params().number("limit", query.limit() + 1L);
        String sql = sql(query, params);
        return WorkflowPage.of(query, jdbc.query(sql, params, (row, number) -> summary(row)));
    }

    Optional<WorkflowSummary> findOne(String instanceId) {
        return jdbc.query(
                one,
                Params.of("instanceId", instanceId),
                rows -> rows.next() ? Optional.of(summary(rows)) : Optional.empty());
    }

    String sql(WorkflowQuery query, Params params) {
        List<String> conditions = new ArrayList<>();
        query.status().ifPresent(status -> {
            params.text("status", status.text());
            conditions.add("w.status = :status");
        });
        query.definitionHash().ifPresent(hash -> {
            params.text("definitionHash", hash);
            conditions.add("w.definition_hash = :definitionHash");
        });
        query.currentTaskId().ifPresent(task -> {
            params.text("currentTaskId", task);
            conditions.add(AT_TASK);
        });
        query.errorContaining().ifPresent(text -> {
            params.text("error", text);
            // Only failed instances have an error; to say so lets the index on the status find them.
            conditions.add("w.status = 'Failed' AND strpos(lower(w.error), lower(:error)) > 0");
        });
        query.createdFrom().ifPresent(from -> {
            params.time("createdFrom", Optional.of(Times.roundedUp(from)));
            conditions.add("w.created_at >= :createdFrom");
        });
        query.createdBefore().ifPresent(before -> {
            params.time("createdBefore", Optional.of(Times.roundedUp(before)));
            conditions.add("w.created_at < :createdBefore");
        });
        query.after().ifPresent(cursor -> {
            params.time("afterTime", Optional.of(Times.roundedUp(cursor.createdAt())))
                    .text("afterId", cursor.instanceId());
            conditions.add("(w.created_at, w.instance_id) < (:afterTime, :afterId)");
        });
        String where = conditions.isEmpty() ? "true" : String.join("\n  AND ", conditions);
        return schema.in(COLUMNS + where + ORDER);
    }

    private static WorkflowSummary summary(ResultSet row) throws SQLException {
        return new WorkflowSummary(
                row.getString("instance_id"),
                row.getString("definition_hash"),
                WorkflowStatus.ofText(row.getString("status")),
                Optional.ofNullable(row.getString("position_kind")),
                Optional.ofNullable(row.getString("current_task_id")),
                row.getInt("completed_task_count"),
                Optional.ofNullable(row.getString("error")),
                TaskPriority.ofLevel(row.getInt("task_priority")),
                Columns.texts(row, "task_tags"),
                row.getLong("version"),
                Columns.time(row, "created_at"),
                Columns.time(row, "updated_at"),
                Columns.optionalTime(row, "completed_at"));
    }
}
