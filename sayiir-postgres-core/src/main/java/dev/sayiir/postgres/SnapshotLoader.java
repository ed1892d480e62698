package dev.sayiir.postgres;

import dev.sayiir.codec.SnapshotCodecs;
import dev.sayiir.codec.SnapshotSerializationException;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.postgres.ControlState.Parts;
import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/**
 * Loads snapshots, current and past. Each load is one statement, so that control state and results are of one moment:
 * first a row with the control state, then a row for each result.
 */
final class SnapshotLoader {

    /**
     * Through the primary keys only: the instance's row names the checkpoints to read, its task rows name those that
     * hold the results. A result's checkpoint is read once however many results it holds.
     */
    private static final String CURRENT = """
            WITH instance AS (
                SELECT w.version, w.data_version, w.base_version, w.incarnation, w.trace_parent, w.status
                FROM ${schema}.sayiir_workflows AS w
                WHERE w.instance_id = :instanceId
            ), done AS (
                SELECT t.task_id, t.completed_version
                FROM instance AS i
                CROSS JOIN ${schema}.sayiir_workflow_tasks AS t
                WHERE t.instance_id = :instanceId
                  AND t.completed_version IS NOT NULL
                  AND i.status NOT IN ('Completed', 'Failed')
            )
            SELECT i.version, i.data_version, i.incarnation, i.trace_parent, c.data, b.initial_input,
                   NULL::bigint AS completed_version, NULL::bigint AS place, NULL::text AS task_id, NULL::bytea AS output
            FROM instance AS i
            JOIN ${schema}.sayiir_workflow_history AS c ON c.instance_id = :instanceId AND c.version = i.data_version
            JOIN ${schema}.sayiir_workflow_history AS b ON b.instance_id = :instanceId AND b.version = i.base_version
            UNION ALL
            SELECT NULL, NULL, NULL, NULL, NULL, NULL, h.version, r.place, r.task_id, r.output
            FROM (SELECT DISTINCT d.completed_version FROM done AS d) AS v
            JOIN ${schema}.sayiir_workflow_history AS h ON h.instance_id = :instanceId AND h.version = v.completed_version
            CROSS JOIN LATERAL unnest(h.completed_task_ids, h.outputs) WITH ORDINALITY AS r (task_id, output, place)
            JOIN done AS d ON d.task_id = r.task_id AND d.completed_version = h.version
            ORDER BY completed_version NULLS FIRST, place
            """;

    /**
     * From the history alone: the last control state at or before the version, and of each task the last result since
     * the baseline, unless it was withdrawn after that.
     */
    private static final String PAST = """
            , control AS (
                SELECT h.version, h.data
                FROM ${schema}.sayiir_workflow_history AS h
                WHERE h.instance_id = :instanceId AND h.version <= (SELECT a.version FROM asked AS a) AND h.data IS NOT NULL
                ORDER BY h.version DESC
                LIMIT 1
            ), base AS (
                SELECT h.version, h.initial_input
                FROM ${schema}.sayiir_workflow_history AS h
                WHERE h.instance_id = :instanceId AND h.version <= (SELECT a.version FROM asked AS a) AND h.baseline
                ORDER BY h.version DESC
                LIMIT 1
            ), results AS (
                SELECT DISTINCT ON (r.task_id) h.version, r.place, r.task_id, r.output
                FROM ${schema}.sayiir_workflow_history AS h
                CROSS JOIN LATERAL (
                    SELECT c.place, c.task_id, c.output
                    FROM unnest(h.completed_task_ids, h.outputs) WITH ORDINALITY AS c (task_id, output, place)
                    UNION ALL
                    SELECT 0, n.task_id, NULL
                    FROM unnest(h.withdrawn_task_ids) AS n (task_id)
                ) AS r
                WHERE h.instance_id = :instanceId
                  AND h.version BETWEEN (SELECT b.version FROM base AS b) AND (SELECT a.version FROM asked AS a)
                ORDER BY r.task_id, h.version DESC
            )
            SELECT a.version, c.version AS data_version, w.incarnation, w.trace_parent, c.data, b.initial_input,
                   NULL::bigint AS completed_version, NULL::bigint AS place, NULL::text AS task_id, NULL::bytea AS output
            FROM asked AS a
            CROSS JOIN control AS c
            CROSS JOIN base AS b
            JOIN ${schema}.sayiir_workflows AS w ON w.instance_id = :instanceId
            UNION ALL
            SELECT NULL, NULL, NULL, NULL, NULL, NULL, r.version, r.place, r.task_id, r.output
            FROM results AS r
            WHERE r.output IS NOT NULL
            ORDER BY completed_version NULLS FIRST, place
            """;

    private static final String AT_VERSION = """
            WITH asked AS (
                SELECT h.version
                FROM ${schema}.sayiir_workflow_history AS h
                WHERE h.instance_id = :instanceId AND h.version = :version
            )
            """ + PAST;

    private static final String AS_OF = """
            WITH asked AS (
                SELECT h.version
                FROM ${schema}.sayiir_workflow_history AS h
                WHERE h.instance_id = :instanceId AND h.saved_at <= :time
                ORDER BY h.version DESC
                LIMIT 1
            )
            """ + PAST;

    private final NamedParameterJdbcOperations jdbc;
    private final SnapshotCodecs codecs;
    private final String current;
    private final String atVersion;
    private final String asOf;

    SnapshotLoader(NamedParameterJdbcOperations jdbc, SchemaName schema, SnapshotCodecs codecs) {
        this.jdbc = jdbc;
        this.codecs = codecs;
        this.current = schema.in(CURRENT);
        this.atVersion = schema.in(AT_VERSION);
        this.asOf = schema.in(AS_OF);
    }

    Optional<WorkflowSnapshot> current(String instanceId) {
        return load(current, instanceId, Params.of("instanceId", instanceId));
    }

    WorkflowSnapshot atVersion(String instanceId, long version) {
        return load(atVersion, instanceId, Params.of("instanceId", instanceId).number("version", version))
                .orElseThrow(() -> new SnapshotNotFoundException(
                        instanceId,
                        "Instance '" + instanceId + "' has no version " + version
                                + "; list its versions to see which there are"));
    }

    WorkflowSnapshot asOf(String instanceId, Instant time) {
        return load(
                        asOf,
                        instanceId,
                        Params.of("instanceId", instanceId).time("time", Optional.of(Times.roundedDown(time))))
                .orElseThrow(() -> new SnapshotNotFoundException(
                        instanceId,
                        "Instance '" + instanceId + "' had no checkpoint at " + time
                                + "; list its versions to see when they were saved"));
    }

    private Optional<WorkflowSnapshot> load(String sql, String instanceId, Params params) {
        return jdbc.query(sql, params, SnapshotLoader::read).map(stored -> restore(instanceId, stored));
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Stored(byte[] data, Parts parts) {}

    private static Optional<Stored> read(ResultSet rows) throws SQLException {
        if (!rows.next()) {
            return Optional.empty();
        }
        long version = rows.getLong("version");
        long incarnation = rows.getLong("incarnation");
        long dataVersion = rows.getLong("data_version");
        byte[] data = rows.getBytes("data");
        Optional<Payload> initialInput =
                Optional.ofNullable(rows.getBytes("initial_input")).map(Payload::of);
        Optional<String> traceParent = Optional.ofNullable(rows.getString("trace_parent"));
        Map<String, Payload> results = new LinkedHashMap<>();
        Optional<String> lastSinceData = Optional.empty();
        while (rows.next()) {
            String taskId = rows.getString("task_id");
            results.put(taskId, Payload.of(rows.getBytes("output")));
            if (rows.getLong("completed_version") > dataVersion) {
                lastSinceData = Optional.of(taskId);
            }
        }
        Parts parts =
                new Parts(version, incarnation, initialInput, traceParent, CompletedTasks.of(results), lastSinceData);
        return Optional.of(new Stored(data, parts));
    }

    private WorkflowSnapshot restore(String instanceId, Stored stored) {
        try {
            return ControlState.restore(codecs.decode(stored.data()), stored.parts());
        } catch (SnapshotSerializationException e) {
            throw e.of(instanceId, stored.parts().version());
        }
    }
}
