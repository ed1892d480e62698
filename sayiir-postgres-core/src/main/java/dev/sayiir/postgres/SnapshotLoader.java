package dev.sayiir.postgres;

import dev.sayiir.codec.SnapshotCodecs;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.ResultSetExtractor;
import org.springframework.jdbc.core.RowCallbackHandler;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/**
 * Loads snapshots, current and past. Each load is one statement, so that control state and results are of one moment:
 * first a row with the control state, then a row for each result.
 */
final class SnapshotLoader {

    /** The planner puts the function's query into this one, which goes by primary keys only. */
    private static final String CURRENT = """
            SELECT s.version, s.data_version, s.incarnation, s.trace_parent, s.data, s.branch_inputs, s.initial_input,
                   s.completed_version, s.completed_task_id, s.output, s.ended_branch
            FROM ${schema}.sayiir_snapshot(:instanceId) AS s
            ORDER BY s.completed_version NULLS FIRST, s.place
            """;

    /**
     * From the history alone: the last control state at or before the version, and of each task the last result since
     * the baseline, unless it was withdrawn after that. Retention leaves all of these for the versions from {@code kept_from}
     * on; what it has left of earlier ones is not whole.
     */
    private static final String PAST = """
            , control AS (
                SELECT h.version, h.data, h.branch_inputs
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
                SELECT DISTINCT ON (r.task_id) h.version, r.place, r.task_id, r.output, h.branch AS ended_branch,
                       h.next_task_id
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
            SELECT a.version, c.version AS data_version, w.incarnation, w.trace_parent, c.data, c.branch_inputs, b.initial_input,
                   NULL::bigint AS completed_version, NULL::bigint AS place, NULL::text AS completed_task_id,
                   NULL::bytea AS output, NULL::text AS ended_branch, NULL::text AS next_task_id
            FROM asked AS a
            CROSS JOIN control AS c
            CROSS JOIN base AS b
            JOIN ${schema}.sayiir_workflows AS w ON w.instance_id = :instanceId
            UNION ALL
            SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, r.version, r.place, r.task_id, r.output, r.ended_branch,
                   r.next_task_id
            FROM results AS r
            WHERE r.output IS NOT NULL
            ORDER BY completed_version NULLS FIRST, place
            """;

    private static final String AT_VERSION = """
            WITH asked AS (
                SELECT h.version
                FROM ${schema}.sayiir_workflow_history AS h
                WHERE h.instance_id = :instanceId AND h.version = :version
                  AND h.version >= (SELECT k.kept_from
                                    FROM ${schema}.sayiir_workflows AS k
                                    WHERE k.instance_id = :instanceId)
            )
            """ + PAST;

    private static final String AS_OF = """
            WITH asked AS (
                SELECT h.version
                FROM ${schema}.sayiir_workflow_history AS h
                WHERE h.instance_id = :instanceId AND h.saved_at <= :time
                  AND h.version >= (SELECT k.kept_from
                                    FROM ${schema}.sayiir_workflows AS k
                                    WHERE k.instance_id = :instanceId)
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
        return past(instanceId, version).snapshot();
    }

    /**
     * A version, of each of its results the version that has it, and of each task after which a branch went on the task with
     * which it did.
     */
    record Past(WorkflowSnapshot snapshot, Map<String, Long> resultVersions, Map<String, String> nextInBranches) {}

    Past past(String instanceId, long version) {
        Map<String, Long> resultVersions = new HashMap<>();
        Map<String, String> nextInBranches = new HashMap<>();
        Params params = Params.of("instanceId", instanceId).number("version", version);
        ResultSetExtractor<Optional<StoredSnapshot>> extractor = rows -> readPast(rows, resultVersions, nextInBranches);
        return jdbc.query(atVersion, params, extractor)
                .map(stored -> new Past(restore(instanceId, stored), resultVersions, nextInBranches))
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

    WorkflowSnapshot restore(String instanceId, Restorable stored) {
        return stored.restore(instanceId, codecs);
    }

    private static Optional<StoredSnapshot> read(ResultSet rows) throws SQLException {
        return readEach(rows, row -> {});
    }

    private static Optional<StoredSnapshot> readPast(
            ResultSet rows, Map<String, Long> resultVersions, Map<String, String> nextInBranches) throws SQLException {
        return readEach(rows, row -> {
            resultVersions.put(row.getString("completed_task_id"), row.getLong("completed_version"));
            String next = row.getString("next_task_id");
            if (next != null) {
                nextInBranches.put(row.getString("completed_task_id"), next);
            }
        });
    }

    private static Optional<StoredSnapshot> readEach(ResultSet rows, RowCallbackHandler eachResult)
            throws SQLException {
        if (!rows.next()) {
            return Optional.empty();
        }
        StoredSnapshot stored = new StoredSnapshot(rows);
        while (rows.next()) {
            stored.add(rows);
            eachResult.processRow(rows);
        }
        return Optional.of(stored);
    }
}
