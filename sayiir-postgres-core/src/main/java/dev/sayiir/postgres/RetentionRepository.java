package dev.sayiir.postgres;

import dev.sayiir.workflow.WorkflowStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.springframework.jdbc.core.ResultSetExtractor;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/**
 * Finds what is old, a page at a time, and deletes what it is given of that. To find locks nothing; to delete locks what it
 * deletes without waiting, and looks again at whether it may, so it neither waits for those who work nor deadlocks with them.
 */
final class RetentionRepository {

    /**
     * For this transaction only: one at a time in the whole fleet, and old checkpoints may be deleted. The lock goes with
     * the transaction, as nothing may be left behind in a session that others share. What belongs to an instance, here or in a
     * table of the application from which deletions cascade, is locked only while its row is deleted; so waiting for that
     * is cut short.
     */
    private static final String BEGIN = """
            SELECT pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended(:lock, 0)) AS got,
                   pg_catalog.set_config('sayiir.retention', 'on', true),
                   pg_catalog.set_config('lock_timeout', '100ms', true)
            """;

    /**
     * The next ones of one status, along the index on it, as many as have no more rows than the limit together, but at least
     * one. One after the other, so that no more rows are counted than that: an instance may have any number of them.
     *
     * <p>An instance is created before it ends, so what was created later than the limit is not looked at; that bounds the walk
     * when nothing is left to delete.
     */
    private static final String FINISHED_PAGE = """
            WITH RECURSIVE walk AS (
                SELECT :fromTime::timestamptz AS created_at, :fromId::text COLLATE "C" AS instance_id, 0::bigint AS total,
                       0 AS place
                UNION ALL
                SELECT n.created_at, n.instance_id, k.total + 1 + c.tasks + c.events + c.checkpoints, k.place + 1
                FROM walk AS k
                CROSS JOIN LATERAL (
                    SELECT w.created_at, w.instance_id
                    FROM ${schema}.sayiir_workflows AS w
                    WHERE w.status = :status
                      AND (w.created_at, w.instance_id) > (k.created_at, k.instance_id)
                      AND w.created_at < statement_timestamp() - :keep * interval '1 microsecond'
                      AND w.updated_at < statement_timestamp() - :keep * interval '1 microsecond'
                    ORDER BY w.created_at, w.instance_id
                    LIMIT 1
                ) AS n
                CROSS JOIN LATERAL (
                    SELECT (SELECT count(*) FROM (SELECT FROM ${schema}.sayiir_workflow_tasks AS t
                                                  WHERE t.instance_id = n.instance_id LIMIT :limit) AS s) AS tasks,
                           (SELECT count(*) FROM (SELECT FROM ${schema}.sayiir_workflow_events AS e
                                                  WHERE e.instance_id = n.instance_id LIMIT :limit) AS s) AS events,
                           (SELECT count(*) FROM (SELECT FROM ${schema}.sayiir_workflow_history AS h
                                                  WHERE h.instance_id = n.instance_id LIMIT :limit) AS s) AS checkpoints
                ) AS c
                WHERE k.total < :limit
            )
            SELECT k.created_at, k.instance_id
            FROM walk AS k
            WHERE k.place = 1 OR k.place > 1 AND k.total <= :limit
            ORDER BY k.place
            """;

    /** All that belongs to them goes by a trigger. */
    private static final String DELETE_FINISHED = """
            WITH old AS (
                SELECT w.instance_id
                FROM ${schema}.sayiir_workflows AS w
                WHERE w.instance_id = ANY (:instanceIds)
                  AND w.status = :status
                  AND w.updated_at < statement_timestamp() - :keep * interval '1 microsecond'
                FOR UPDATE SKIP LOCKED
            )
            DELETE FROM ${schema}.sayiir_workflows AS w
            USING old AS o
            WHERE w.instance_id = o.instance_id
            """;

    /** The last checkpoint that may become the oldest: one that has failed or was cancelled goes on from the one before. */
    private static final String LAST = """
            w.version - CASE WHEN w.status IN ('Failed', 'Cancelled') THEN 1 ELSE 0 END
            """;

    /** Whether there is anything to do: checkpoints are numbered without gaps from kept_from on. */
    private static final String HAS_OLD_VERSIONS = "w.kept_from < " + LAST + """
                  AND EXISTS (SELECT FROM ${schema}.sayiir_workflow_history AS n
                              WHERE n.instance_id = w.instance_id AND n.version = w.kept_from + 1
                                AND n.saved_at < statement_timestamp() - :keep * interval '1 microsecond')
            """;

    /** In the order of their creation. */
    private static final String VERSIONS_PAGE = """
            SELECT w.created_at, w.instance_id
            FROM ${schema}.sayiir_workflows AS w
            WHERE (w.created_at, w.instance_id) > (:fromTime, :fromId)
              AND w.created_at < statement_timestamp() - :keep * interval '1 microsecond'
              AND\s""" + HAS_OLD_VERSIONS + """
            ORDER BY w.created_at, w.instance_id
            LIMIT :instances
            """;

    /**
     * Of each instance moves {@code kept_from} up to the last checkpoint before the limit, a number of checkpoints at a time;
     * tells of which there may be more. What that checkpoint is made of stays: the control state, the
     * baseline, and of each task the last result or withdrawal. So it and all later ones can be loaded as they were, and
     * all that the instance's row and its tasks point to stays as well, since they point to what the latest is made of.
     *
     * <p>Checkpoints are immutable, so they need no lock.
     */
    private static final String DELETE_VERSIONS = """
            WITH page AS (
                SELECT w.instance_id, w.created_at, w.kept_from,\s""" + LAST + """
                    AS last
                FROM ${schema}.sayiir_workflows AS w
                WHERE w.instance_id = ANY (:instanceIds)
                  AND\s""" + HAS_OLD_VERSIONS + """
                FOR NO KEY UPDATE OF w SKIP LOCKED
            ), moved AS (
                SELECT p.instance_id, p.created_at, f.kept_from, f.kept_from = p.kept_from + :versions AS more
                FROM page AS p
                CROSS JOIN LATERAL (
                    SELECT max(o.version) AS kept_from
                    FROM (SELECT h.version, h.saved_at
                          FROM ${schema}.sayiir_workflow_history AS h
                          WHERE h.instance_id = p.instance_id AND h.version > p.kept_from AND h.version <= p.last
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
            SELECT m.created_at, m.instance_id, m.more, (SELECT count(*) FROM deleted AS d) AS deleted
            FROM moved AS m
            ORDER BY m.created_at, m.instance_id
            """;

    /** The next entries of the log in the order of their ids, and which of them may go: those that are not pending. */
    private static final String EVENTS_PAGE = """
            SELECT p.instance_id, p.id, p.deletable
            FROM (
                SELECT e.instance_id, e.id, e.created_at,
                       e.consumed_at IS NOT NULL OR e.kind NOT IN ('CancelRequested', 'PauseRequested', 'EventSent')
                           AS deletable
                FROM ${schema}.sayiir_workflow_events AS e
                WHERE e.id > :afterId
                ORDER BY e.id
                LIMIT :limit
            ) AS p
            WHERE p.created_at < statement_timestamp() - :keep * interval '1 microsecond'
            ORDER BY p.id
            """;

    /** What is consumed or only reports does not change any more, so it needs no lock of its instance. */
    private static final String DELETE_EVENTS = """
            WITH old AS (
                SELECT e.instance_id, e.id
                FROM unnest(:instanceIds::text[], :ids::bigint[]) AS p (instance_id, id)
                JOIN ${schema}.sayiir_workflow_events AS e ON e.instance_id = p.instance_id AND e.id = p.id
                FOR UPDATE OF e SKIP LOCKED
            )
            DELETE FROM ${schema}.sayiir_workflow_events AS e
            USING old AS o
            WHERE e.instance_id = o.instance_id AND e.id = o.id
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final String lock;
    private final String finishedPage;
    private final String deleteFinished;
    private final String versionsPage;
    private final String deleteVersions;
    private final String eventsPage;
    private final String deleteEvents;

    RetentionRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.lock = "sayiir retention of " + schema.quoted();
        this.finishedPage = schema.in(FINISHED_PAGE);
        this.deleteFinished = schema.in(DELETE_FINISHED);
        this.versionsPage = schema.in(VERSIONS_PAGE);
        this.deleteVersions = schema.in(DELETE_VERSIONS);
        this.eventsPage = schema.in(EVENTS_PAGE);
        this.deleteEvents = schema.in(DELETE_EVENTS);
    }

    /** An instance, and where it stands in the order of their creation. */
    record Instance(Instant createdAt, String instanceId) {

        /** Before all of them. */
        static final Instance START = new Instance(Instant.EPOCH.minus(Duration.ofDays(365_000)), "");
    }

    /** An entry of the log. */
    record Entry(String instanceId, long id) {

        /** Before all of them. */
        static final Entry START = new Entry("", 0);
    }

    /**
     * What one transaction may delete, and up to where everything has been looked at; that is empty at the end.
     */
    record Page<K>(List<K> old, Optional<K> last) {

        private static <K> Page<K> of(List<K> old) {
            return new Page<>(old, old.isEmpty() ? Optional.empty() : Optional.of(old.get(old.size() - 1)));
        }
    }

    /** How many rows are gone, and of which there are more. */
    record Deleted<K>(long rows, List<K> unfinished) {}

    /** Whether it is this process's turn, until the transaction ends. */
    boolean begin() {
        ResultSetExtractor<Boolean> got = rows -> rows.next() && rows.getBoolean("got");
        return Boolean.TRUE.equals(jdbc.query(BEGIN, Params.of("lock", lock), got));
    }

    /** @param limit how many rows they may have together, all that belongs to them included */
    Page<Instance> finished(Instance after, WorkflowStatus status, Duration keep, int limit) {
        Params params = from(after, keep).text("status", status.text()).number("limit", limit);
        return Page.of(jdbc.query(finishedPage, params, RetentionRepository::instance));
    }

    Deleted<Instance> deleteFinished(List<Instance> old, WorkflowStatus status, Duration keep) {
        Params params = instances(old, keep).text("status", status.text());
        return new Deleted<>(jdbc.update(deleteFinished, params), List.of());
    }

    Page<Instance> withOldVersions(Instance after, Duration keep, int limit) {
        return Page.of(jdbc.query(
                versionsPage,
                from(after, keep).number("instances", instancesOf(limit)),
                RetentionRepository::instance));
    }

    /** @param limit how many checkpoints to delete at most */
    Deleted<Instance> deleteVersions(List<Instance> old, Duration keep, int limit) {
        Params params = instances(old, keep).number("versions", limit / instancesOf(limit));
        ResultSetExtractor<Deleted<Instance>> deleted = rows -> {
            long versions = 0;
            List<Instance> unfinished = new ArrayList<>();
            while (rows.next()) {
                versions = rows.getLong("deleted");
                if (rows.getBoolean("more")) {
                    unfinished.add(instance(rows, 0));
                }
            }
            return new Deleted<>(versions, unfinished);
        };
        return Objects.requireNonNull(jdbc.query(deleteVersions, params, deleted));
    }

    private static int instancesOf(int limit) {
        return (int) Math.ceil(Math.sqrt(limit));
    }

    Page<Entry> oldEvents(Entry after, Duration keep, int limit) {
        Params params = keeping(keep).number("afterId", after.id()).number("limit", limit);
        ResultSetExtractor<Page<Entry>> page = rows -> {
            List<Entry> old = new ArrayList<>();
            Optional<Entry> last = Optional.empty();
            while (rows.next()) {
                Entry entry = new Entry(rows.getString("instance_id"), rows.getLong("id"));
                last = Optional.of(entry);
                if (rows.getBoolean("deletable")) {
                    old.add(entry);
                }
            }
            return new Page<>(old, last);
        };
        return Objects.requireNonNull(jdbc.query(eventsPage, params, page));
    }

    Deleted<Entry> deleteEvents(List<Entry> old) {
        Params params = new Params()
                .texts("instanceIds", old.stream().map(Entry::instanceId).toList())
                .numbers("ids", old.stream().map(Entry::id).toList());
        return new Deleted<>(jdbc.update(deleteEvents, params), List.of());
    }

    private static Instance instance(ResultSet row, int number) throws SQLException {
        return new Instance(Columns.time(row, "created_at"), row.getString("instance_id"));
    }

    private static Params from(Instance after, Duration keep) {
        return keeping(keep).time("fromTime", Optional.of(after.createdAt())).text("fromId", after.instanceId());
    }

    private static Params instances(List<Instance> instances, Duration keep) {
        return keeping(keep)
                .texts(
                        "instanceIds",
                        instances.stream().map(Instance::instanceId).toList());
    }

    private static Params keeping(Duration keep) {
        return new Params().number("keep", ClaimRepository.micros(keep));
    }
}
