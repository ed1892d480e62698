package dev.sayiir.postgres;

import dev.sayiir.persistence.HistoryEntry;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/** Lists checkpoints without reading what they hold. */
final class HistoryRepository {

    /** A range of the primary key. The large columns stay where they are: nothing of them is named here. */
    private static final String LIST = """
            SELECT h.version, h.status, h.current_task_id, h.completed_task_ids, h.saved_at
            FROM ${schema}.sayiir_workflow_history AS h
            WHERE h.instance_id = :instanceId AND h.version > :afterVersion
              AND h.version >= (SELECT w.kept_from
                                FROM ${schema}.sayiir_workflows AS w
                                WHERE w.instance_id = :instanceId)
            ORDER BY h.version
            LIMIT :limit
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final String list;

    HistoryRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.list = schema.in(LIST);
    }

    List<HistoryEntry> list(String instanceId, long afterVersion, int limit) {
        return jdbc.query(
                list,
                Params.of("instanceId", instanceId)
                        .number("afterVersion", afterVersion)
                        .number("limit", limit),
                (row, number) -> new HistoryEntry(
                        row.getLong("version"),
                        WorkflowStatus.ofText(row.getString("status")),
                        Optional.ofNullable(row.getString("current_task_id")),
                        Columns.texts(row, "completed_task_ids"),
                        Columns.time(row, "saved_at")));
    }
}
