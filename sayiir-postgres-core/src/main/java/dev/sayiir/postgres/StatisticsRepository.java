package dev.sayiir.postgres;

import dev.sayiir.persistence.OpenTasks;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.WorkflowFigures;
import dev.sayiir.workflow.WorkflowStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.springframework.jdbc.core.ResultSetExtractor;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/** Counts what there is, without looking at anything that is finished. */
final class StatisticsRepository {

    /**
     * The sums of all changes. The condition always holds. The planner cannot tell, reckons with a third of the index, and so
     * takes it. After many rows have been put together, the table is empty but for its last page and would be read as a whole;
     * the empty pages of the index are out of the way as soon as it has been vacuumed.
     */
    private static final String COUNTS = """
            SELECT c.status, sum(c.change)::bigint AS instances, count(*) AS changes
            FROM ${schema}.sayiir_workflow_counts AS c
            WHERE c.id > (SELECT 0)
            GROUP BY c.status
            """;

    /**
     * Puts rows together that nobody else is putting together. Whoever sums up meanwhile sees either them or their sum.
     * Nobody waits for this, as changes only add rows. The condition is that of the sums, for the same reason.
     */
    private static final String FOLD = """
            WITH old AS (
                SELECT c.id
                FROM ${schema}.sayiir_workflow_counts AS c
                WHERE c.id > (SELECT 0)
                ORDER BY c.id
                LIMIT :limit
                FOR UPDATE SKIP LOCKED
            ), removed AS (
                DELETE FROM ${schema}.sayiir_workflow_counts AS c
                USING old AS o
                WHERE c.id = o.id
                RETURNING c.status, c.change
            ), folded AS (
                INSERT INTO ${schema}.sayiir_workflow_counts (status, change)
                SELECT r.status, sum(r.change) FROM removed AS r GROUP BY r.status
            )
            SELECT count(*) FROM removed AS r
            """;

    /**
     * One statement, so that the figures are of one moment. Each of the three parts reads only what is open or
     * pending: the claims, and two partial indexes. The
     * oldest ready task is the oldest of all that have a due time, unless that is in the future.
     */
    private static final String FIGURES = """
            SELECT t.active, t.waiting, t.blocked, t.ready, t.oldest_ready, t.live, t.claimed, s.cancels, s.pauses, e.events,
                   c.status, c.instances, c.changes,
                   current_setting('transaction_read_only') = 'off'
                       AND current_setting('transaction_isolation') = 'read committed' AS foldable
            FROM (
                SELECT count(*) FILTER (WHERE c.status = 'active' AND c.blocked_at IS NULL) AS active,
                       count(*) FILTER (WHERE c.status = 'waiting' AND c.blocked_at IS NULL) AS waiting,
                       count(c.blocked_at) AS blocked,
                       count(*) FILTER (WHERE c.ready_at <= statement_timestamp()) AS ready,
                       (extract(epoch FROM statement_timestamp() - min(c.ready_at)) * 1000000)::bigint AS oldest_ready,
                       count(*) FILTER (WHERE c.expires_at > statement_timestamp()) AS live,
                       count(c.expires_at) AS claimed
                FROM ${schema}.sayiir_task_claims AS c
            ) AS t
            CROSS JOIN (
                SELECT count(*) FILTER (WHERE r.kind = 'CancelRequested') AS cancels,
                       count(*) FILTER (WHERE r.kind = 'PauseRequested') AS pauses
                FROM ${schema}.sayiir_workflow_events AS r
                WHERE r.consumed_at IS NULL AND r.kind IN ('CancelRequested', 'PauseRequested')
            ) AS s
            CROSS JOIN (
                SELECT count(*) AS events
                FROM ${schema}.sayiir_workflow_events AS p
                WHERE p.consumed_at IS NULL AND p.kind = 'EventSent'
            ) AS e
            LEFT JOIN (
            """ + COUNTS + """
            ) AS c ON true
            """;

    private static final String OPEN_TASKS = """
            SELECT c.definition_hash, c.task_id, count(*) AS instances, min(c.instance_id) AS example
            FROM ${schema}.sayiir_task_claims AS c
            WHERE c.status = 'active'
            GROUP BY c.definition_hash, c.task_id
            ORDER BY c.definition_hash, c.task_id
            """;

    /** So many rows are summed up in less time than it takes to ask for it. */
    private static final long FOLD_AT = 1000;

    private static final int FOLD_LIMIT = 50_000;

    private final NamedParameterJdbcOperations jdbc;
    private final String counts;
    private final String fold;
    private final String figures;
    private final String openTasks;

    StatisticsRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.counts = schema.in(COUNTS);
        this.fold = schema.in(FOLD);
        this.figures = schema.in(FIGURES);
        this.openTasks = schema.in(OPEN_TASKS);
    }

    /** Every status is present. */
    Map<WorkflowStatus, Long> countByStatus() {
        Map<WorkflowStatus, Long> instances =
                new EnumMap<>(WorkflowFigures.none().workflows());
        jdbc.query(counts, row -> {
            count(row, instances);
        });
        return instances;
    }

    /** On a standby, or in a transaction that could fail by it, nothing is put together. */
    WorkflowFigures figures() {
        ResultSetExtractor<Read> read = StatisticsRepository::read;
        Read found = Objects.requireNonNull(jdbc.query(figures, read));
        if (found.foldable()) {
            fold();
        }
        return found.figures();
    }

    List<OpenTasks> countOpenTasks() {
        return jdbc.query(
                openTasks,
                new Params(),
                (row, number) -> new OpenTasks(
                        row.getString("definition_hash"),
                        row.getString("task_id"),
                        row.getLong("instances"),
                        row.getString("example")));
    }

    private void fold() {
        Long folded;
        do {
            folded = jdbc.queryForObject(fold, new Params().number("limit", FOLD_LIMIT), Long.class);
        } while (folded != null && folded == FOLD_LIMIT);
    }

    private record Read(WorkflowFigures figures, boolean foldable) {}

    private static Read read(ResultSet rows) throws SQLException {
        Map<WorkflowStatus, Long> instances = new EnumMap<>(WorkflowStatus.class);
        WorkflowFigures figures = WorkflowFigures.none();
        long changes = 0;
        boolean foldable = false;
        while (rows.next()) {
            count(rows, instances);
            changes += rows.getLong("changes");
            foldable = rows.getBoolean("foldable");
            long live = rows.getLong("live");
            figures = new WorkflowFigures(
                    instances,
                    rows.getLong("active"),
                    rows.getLong("waiting"),
                    rows.getLong("blocked"),
                    rows.getLong("ready"),
                    Duration.of(Math.max(0, rows.getLong("oldest_ready")), ChronoUnit.MICROS),
                    live,
                    rows.getLong("claimed") - live,
                    Map.of(SignalKind.CANCEL, rows.getLong("cancels"), SignalKind.PAUSE, rows.getLong("pauses")),
                    rows.getLong("events"));
        }
        return new Read(figures, foldable && changes >= FOLD_AT);
    }

    private static void count(ResultSet row, Map<WorkflowStatus, Long> instances) throws SQLException {
        String status = row.getString("status");
        if (status != null) {
            instances.put(WorkflowStatus.ofText(status), row.getLong("instances"));
        }
    }
}
