package dev.sayiir.postgres;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/** What there is to repair an instance with. For callers who hold its lock. */
final class RepairRepository {

    /**
     * Backwards along the primary key. What retention has left of versions before {@code kept_from} is not whole. A version that
     * has done the task itself stands there no more.
     */
    private static final String LAST_UNFINISHED = """
            SELECT h.version, h.saved_at
            FROM ${schema}.sayiir_workflow_history AS h
            WHERE h.instance_id = :instanceId
              AND h.version <= :latest
              AND h.version >= (SELECT w.kept_from
                                FROM ${schema}.sayiir_workflows AS w
                                WHERE w.instance_id = :instanceId)
              AND h.status IN ('InProgress', 'Paused')
              AND (:taskId::text IS NULL
                   OR h.current_task_id = :taskId AND (:taskId = ANY (h.completed_task_ids)) IS NOT TRUE)
            ORDER BY h.version DESC
            LIMIT 1
            """;

    /** In the order of their keys, as everybody does who locks several. A claim that comes first is seen, later ones wait. */
    private static final String LOCK_PLACES = """
            SELECT COALESCE(bool_or(p.expires_at > clock_timestamp()), false)
            FROM (SELECT c.expires_at
                  FROM ${schema}.sayiir_task_claims AS c
                  WHERE c.instance_id = :instanceId
                  ORDER BY c.branch
                  FOR UPDATE) AS p
            """;

    /** Two branches can have come to one task. */
    private static final String LEAVE_PLACES = """
            WITH gone AS (
                DELETE FROM ${schema}.sayiir_task_claims AS c
                WHERE c.instance_id = :instanceId
                RETURNING c.task_id, c.started_at, c.attempts, c.worker_id
            )
            INSERT INTO ${schema}.sayiir_workflow_tasks AS t
                (instance_id, task_id, status, started_at, completed_at, attempts, worker_id)
            SELECT DISTINCT ON (g.task_id) :instanceId, g.task_id, 'skipped', g.started_at, clock_timestamp(), g.attempts,
                   g.worker_id
            FROM gone AS g
            ON CONFLICT (instance_id, task_id) DO UPDATE SET
                status = excluded.status,
                started_at = excluded.started_at,
                completed_at = excluded.completed_at,
                attempts = excluded.attempts,
                worker_id = excluded.worker_id,
                error = NULL
            """;

    /** The first row has no task. A result is written again whose task is open, or ended otherwise after it was done. */
    private static final String COUNTING = """
            SELECT NULL AS task_id, w.base_version AS version
            FROM ${schema}.sayiir_workflows AS w
            WHERE w.instance_id = :instanceId
            UNION ALL
            SELECT t.task_id,
                   CASE WHEN t.status = 'completed'
                             AND t.task_id NOT IN (SELECT c.task_id
                                                   FROM ${schema}.sayiir_task_claims AS c
                                                   WHERE c.instance_id = :instanceId)
                        THEN t.completed_version ELSE 0 END
            FROM ${schema}.sayiir_workflow_tasks AS t
            WHERE t.instance_id = :instanceId AND t.completed_version IS NOT NULL
            ORDER BY task_id NULLS FIRST
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final String lastUnfinished;
    private final String lockPlaces;
    private final String leavePlaces;
    private final String counting;

    RepairRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.lastUnfinished = schema.in(LAST_UNFINISHED);
        this.lockPlaces = schema.in(LOCK_PLACES);
        this.leavePlaces = schema.in(LEAVE_PLACES);
        this.counting = schema.in(COUNTING);
    }

    /** A version, and when it was saved. */
    record Version(long number, Instant savedAt) {}

    /**
     * The last version, up to one, in which the instance had not ended; and in which its main line stood at a task, if one is
     * given.
     */
    Optional<Version> lastUnfinished(String instanceId, long latest, Optional<String> taskId) {
        Params params =
                Params.of("instanceId", instanceId).number("latest", latest).text("taskId", taskId);
        return jdbc.query(
                lastUnfinished,
                params,
                rows -> rows.next()
                        ? Optional.of(new Version(rows.getLong("version"), Columns.time(rows, "saved_at")))
                        : Optional.empty());
    }

    /** Keeps all places from being claimed; whether one of them is by now. */
    boolean lockPlaces(String instanceId) {
        return Boolean.TRUE.equals(jdbc.queryForObject(lockPlaces, Params.of("instanceId", instanceId), Boolean.class));
    }

    /** The last version that replaced everything before it, and of each task that counts as done the version of its result. */
    record Counting(long baseVersion, Map<String, Long> resultVersions) {}

    Counting counting(String instanceId) {
        return jdbc.query(counting, Params.of("instanceId", instanceId), rows -> {
            rows.next();
            long baseVersion = rows.getLong("version");
            Map<String, Long> versions = new LinkedHashMap<>();
            while (rows.next()) {
                versions.put(rows.getString("task_id"), rows.getLong("version"));
            }
            return new Counting(baseVersion, versions);
        });
    }

    /** For a caller who has locked them. A claim that expired is lost with its place. */
    void leavePlaces(String instanceId) {
        jdbc.update(leavePlaces, Params.of("instanceId", instanceId));
    }
}
