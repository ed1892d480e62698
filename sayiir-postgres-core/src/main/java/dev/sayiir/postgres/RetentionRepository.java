package dev.sayiir.postgres;

import dev.sayiir.workflow.WorkflowStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.ResultSetExtractor;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/**
 * Deletes what is old, one batch per statement. Each locks what it deletes without waiting, so it neither waits for those
 * who work nor deadlocks with them; what is locked comes with the next run.
 */
final class RetentionRepository {

    /**
     * For this transaction only: one at a time in the whole fleet, and old checkpoints may be deleted. The lock goes with
     * the transaction, as nothing may be left behind in a session that others share.
     */
    private static final String BEGIN = """
            SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended(:lock, 0)) AS got,
                   pg_catalog.set_config('sayiir.retention', 'on', true)
            """;

    /**
     * The oldest of one status, along the index on it. An instance is created before it ends, so what was created later
     * than the limit is not looked at; that bounds the walk when nothing is left to delete. Nothing updates it after its end.
     */
    private static final String FINISHED = """
            WITH old AS (
                SELECT w.instance_id
                FROM ${schema}.sayiir_workflows AS w
                WHERE w.status = :status
                  AND w.created_at < statement_timestamp() - :keep * interval '1 microsecond'
                  AND w.updated_at < statement_timestamp() - :keep * interval '1 microsecond'
                ORDER BY w.created_at, w.instance_id
                LIMIT :limit
                FOR UPDATE SKIP LOCKED
            )
            DELETE FROM ${schema}.sayiir_workflows AS w
            USING old AS o
            WHERE w.instance_id = o.instance_id
            """;

    /**
     * Goes through the instances in the order of their creation, and of each moves {@code kept_from} up to the last checkpoint
     * before the limit, a number of checkpoints at a time. The next batch begins where there was more to do, or else where
     * this one ended. What that checkpoint is made of stays: the control state, the
     * baseline, and of each task the last result or withdrawal. So it and all later ones can be loaded as they were, and
     * all that the instance's row and its tasks point to stays as well, since they point to what the latest is made of.
     *
     * <p>Checkpoints are numbered without gaps from {@code kept_from} on, so one look at the one after it tells whether there
     * is anything to do. They are immutable, so they need no lock.
     */
    private static final String VERSIONS = """
            WITH page AS (
                SELECT w.instance_id, w.created_at, w.kept_from
                FROM ${schema}.sayiir_workflows AS w
                WHERE (w.created_at, w.instance_id) >= (:fromTime, :fromId)
                  AND w.created_at < statement_timestamp() - :keep * interval '1 microsecond'
                  AND w.kept_from < w.version
                  AND EXISTS (SELECT FROM ${schema}.sayiir_workflow_history AS n
                              WHERE n.instance_id = w.instance_id AND n.version = w.kept_from + 1
                                AND n.saved_at < statement_timestamp() - :keep * interval '1 microsecond')
                ORDER BY w.created_at, w.instance_id
                LIMIT :instances
                FOR NO KEY UPDATE OF w SKIP LOCKED
            ), moved AS (
                SELECT p.instance_id, p.created_at, f.kept_from, f.kept_from = p.kept_from + :versions AS more
                FROM page AS p
                CROSS JOIN LATERAL (
                    SELECT max(o.version) AS kept_from
                    FROM (SELECT h.version, h.saved_at
                          FROM ${schema}.sayiir_workflow_history AS h
                          WHERE h.instance_id = p.instance_id AND h.version > p.kept_from
                          ORDER BY h.version
                          LIMIT :versions) AS o
                    WHERE o.saved_at < statement_timestamp() - :keep * interval '1 microsecond'
                ) AS f
            ), needed AS (
                SELECT m.instance_id, c.version
                FROM moved AS m
                CROSS JOIN LATERAL (
                    SELECT h.version
                    FROM ${schema}.sayiir_workflow_history AS h
                    WHERE h.instance_id = m.instance_id AND h.version <= m.kept_from AND h.data IS NOT NULL
                    ORDER BY h.version DESC
                    LIMIT 1
                ) AS c
                UNION
                SELECT m.instance_id, r.version
                FROM moved AS m
                CROSS JOIN LATERAL (
                    SELECT h.version AS base
                    FROM ${schema}.sayiir_workflow_history AS h
                    WHERE h.instance_id = m.instance_id AND h.version <= m.kept_from AND h.baseline
                    ORDER BY h.version DESC
                    LIMIT 1
                ) AS b
                CROSS JOIN LATERAL (
                    SELECT max(h.version) AS version
                    FROM ${schema}.sayiir_workflow_history AS h
                    CROSS JOIN LATERAL unnest(h.completed_task_ids || h.withdrawn_task_ids) AS t (task_id)
                    WHERE h.instance_id = m.instance_id AND h.version BETWEEN b.base AND m.kept_from
                    GROUP BY t.task_id
                    UNION
                    SELECT b.base
                ) AS r
            ), kept AS (
                UPDATE ${schema}.sayiir_workflows AS w
                SET kept_from = m.kept_from
                FROM moved AS m
                WHERE w.instance_id = m.instance_id
            ), deleted AS (
                DELETE FROM ${schema}.sayiir_workflow_history AS h
                USING moved AS m
                WHERE h.instance_id = m.instance_id
                  AND h.version < m.kept_from
                  AND NOT EXISTS (SELECT FROM needed AS n
                                  WHERE n.instance_id = h.instance_id AND n.version = h.version)
                RETURNING h.version
            )
            SELECT (SELECT count(*) FROM deleted AS d) AS deleted, m.created_at, m.instance_id
            FROM moved AS m
            ORDER BY m.more DESC,
                     CASE WHEN m.more THEN m.created_at END, CASE WHEN m.more THEN m.instance_id END,
                     m.created_at DESC, m.instance_id DESC
            LIMIT 1
            """;

    /**
     * The next entries of the log in the order of their ids, of which those are deleted that are old and not pending. What is
     * consumed or only reports does not change any more, so it needs no lock of its instance.
     */
    private static final String EVENTS = """
            WITH page AS (
                SELECT e.instance_id, e.id, e.created_at,
                       e.consumed_at IS NULL AND e.kind IN ('CancelRequested', 'PauseRequested', 'EventSent') AS pending
                FROM ${schema}.sayiir_workflow_events AS e
                WHERE e.id > :afterId
                ORDER BY e.id
                LIMIT :limit
            ), old AS (
                SELECT e.instance_id, e.id
                FROM page AS p
                JOIN ${schema}.sayiir_workflow_events AS e ON e.instance_id = p.instance_id AND e.id = p.id
                WHERE NOT p.pending AND p.created_at < statement_timestamp() - :keep * interval '1 microsecond'
                FOR UPDATE OF e SKIP LOCKED
            ), deleted AS (
                DELETE FROM ${schema}.sayiir_workflow_events AS e
                USING old AS o
                WHERE e.instance_id = o.instance_id AND e.id = o.id
                RETURNING e.id
            )
            SELECT (SELECT count(*) FROM deleted AS d) AS deleted,
                   (SELECT max(p.id) FROM page AS p
                    WHERE p.created_at < statement_timestamp() - :keep * interval '1 microsecond') AS last_id
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final String lock;
    private final String finished;
    private final String versions;
    private final String events;

    RetentionRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.lock = "sayiir retention of " + schema.quoted();
        this.finished = schema.in(FINISHED);
        this.versions = schema.in(VERSIONS);
        this.events = schema.in(EVENTS);
    }

    /** How many rows a batch has deleted, and where the next one begins; null at the end. */
    record Batch<C>(long deleted, @Nullable C next) {}

    /** Up to where instances have been gone through. */
    record Position(Instant createdAt, String instanceId) {

        static final Position START = new Position(Instant.EPOCH.minus(Duration.ofDays(365_000)), "");
    }

    /** Whether it is this process's turn, until the transaction ends. */
    boolean begin() {
        ResultSetExtractor<Boolean> got = rows -> rows.next() && rows.getBoolean("got");
        return Boolean.TRUE.equals(jdbc.query(BEGIN, Params.of("lock", lock), got));
    }

    long deleteFinished(WorkflowStatus status, Duration keep, int limit) {
        return jdbc.update(finished, params(keep, limit).text("status", status.text()));
    }

    Batch<Position> deleteVersions(Position from, Duration keep, int limit) {
        int instances = (int) Math.ceil(Math.sqrt(limit));
        Params params = params(keep, limit)
                .number("instances", instances)
                .number("versions", limit / instances)
                .time("fromTime", Optional.of(from.createdAt()))
                .text("fromId", from.instanceId());
        ResultSetExtractor<Batch<Position>> batch = rows -> rows.next()
                ? new Batch<>(
                        rows.getLong("deleted"),
                        new Position(Columns.time(rows, "created_at"), rows.getString("instance_id")))
                : new Batch<>(0, null);
        return Objects.requireNonNull(jdbc.query(versions, params, batch));
    }

    Batch<Long> deleteEvents(long afterId, Duration keep, int limit) {
        ResultSetExtractor<Batch<Long>> batch = RetentionRepository::eventBatch;
        return Objects.requireNonNull(jdbc.query(events, params(keep, limit).number("afterId", afterId), batch));
    }

    private static Batch<Long> eventBatch(ResultSet rows) throws SQLException {
        return rows.next()
                ? new Batch<>(rows.getLong("deleted"), rows.getObject("last_id", Long.class))
                : new Batch<>(0, null);
    }

    private static Params params(Duration keep, int limit) {
        return new Params().number("keep", ClaimRepository.micros(keep)).number("limit", limit);
    }
}
