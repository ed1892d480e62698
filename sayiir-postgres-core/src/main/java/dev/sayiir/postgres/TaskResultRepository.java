package dev.sayiir.postgres;

import dev.sayiir.workflow.Payload;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/** Reads results by themselves. The outer joins tell an instance without that result from one that is not there. */
final class TaskResultRepository {

    /**
     * Three look-ups by primary key; of a checkpoint with many results only the one asked for leaves the server. The last one is
     * no join, which the planner may take to be cheaper over all checkpoints of the instance.
     */
    private static final String ONE = """
            SELECT t.completed_version IS NOT NULL AS completed,
                   (SELECT h.outputs[array_position(h.completed_task_ids, :taskId::text)]
                    FROM ${schema}.sayiir_workflow_history AS h
                    WHERE h.instance_id = :instanceId AND h.version = t.completed_version) AS output
            FROM ${schema}.sayiir_workflows AS w
            LEFT JOIN ${schema}.sayiir_workflow_tasks AS t
                ON t.instance_id = :instanceId AND t.task_id = :taskId
            WHERE w.instance_id = :instanceId
            """;

    /** As {@code sayiir_snapshot} does it, which {@code v1/reading.sql} explains, but of finished instances too. */
    private static final String ALL = """
            SELECT r.task_id, r.output
            FROM ${schema}.sayiir_workflows AS w
            LEFT JOIN (
                SELECT h.version, c.place, c.task_id, c.output
                FROM (SELECT DISTINCT t.completed_version
                      FROM ${schema}.sayiir_workflow_tasks AS t
                      WHERE t.instance_id = :instanceId AND t.completed_version IS NOT NULL
                     ) AS v
                CROSS JOIN LATERAL (SELECT o.version, o.completed_task_ids, o.outputs
                                    FROM ${schema}.sayiir_workflow_history AS o
                                    WHERE o.instance_id = :instanceId AND o.version = v.completed_version
                                    OFFSET 0) AS h
                CROSS JOIN LATERAL unnest(h.completed_task_ids, h.outputs) WITH ORDINALITY AS c (task_id, output, place)
                CROSS JOIN LATERAL (SELECT
                                    FROM ${schema}.sayiir_workflow_tasks AS d
                                    WHERE d.instance_id = :instanceId AND d.task_id = c.task_id
                                      AND d.completed_version = h.version
                                    OFFSET 0) AS counts
            ) AS r ON true
            WHERE w.instance_id = :instanceId
            ORDER BY r.version, r.place
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final String one;
    private final String all;

    TaskResultRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.one = schema.in(ONE);
        this.all = schema.in(ALL);
    }

    /** The result, or an empty one if the task is not done; nothing at all if there is no such instance. */
    Optional<Optional<Payload>> find(String instanceId, String taskId) {
        return jdbc.query(
                one,
                Params.of("instanceId", instanceId).text("taskId", taskId),
                rows -> rows.next()
                        ? Optional.of(
                                rows.getBoolean("completed")
                                        ? Optional.of(Payload.of(rows.getBytes("output")))
                                        : Optional.<Payload>empty())
                        : Optional.empty());
    }

    /** All results in the order in which they came; nothing at all if there is no such instance. */
    Optional<Map<String, Payload>> findAll(String instanceId) {
        return jdbc.query(all, Params.of("instanceId", instanceId), rows -> {
            if (!rows.next()) {
                return Optional.empty();
            }
            Map<String, Payload> results = new LinkedHashMap<>();
            do {
                String taskId = rows.getString("task_id");
                if (taskId != null) {
                    results.put(taskId, Payload.of(rows.getBytes("output")));
                }
            } while (rows.next());
            return Optional.of(results);
        });
    }
}
