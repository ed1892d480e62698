package dev.sayiir.postgres;

import dev.sayiir.persistence.FailureGroup;
import dev.sayiir.persistence.WorkflowPage;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.WorkflowStatus;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/** Asks the columns of instances. */
final class QueryRepository {

    /** Up to how many instances are looked up one by one; {@link WorkflowQuery} says so. */
    static final int FEW = 1000;

    private static final String WITH_PREFIX = """
            SELECT w.instance_id
            FROM ${schema}.sayiir_workflows AS w
            WHERE w.instance_id >= :prefix %s
            ORDER BY w.instance_id
            LIMIT :limit
            """;

    /**
     * What has been due for long, and what somebody holds; an instance with branches can be there several times. Each along the
     * index that has it, as the order asks for. What is due is so by priority; a claim that has expired is among them.
     */
    private static final String LATE = """
            SELECT d.instance_id
            FROM generate_series(1, 5) AS p (task_priority)
            CROSS JOIN LATERAL (SELECT c.instance_id
                                FROM ${schema}.sayiir_task_claims AS c
                                WHERE (c.task_priority, c.ready_at) >= (p.task_priority, '-infinity')
                                  AND (c.task_priority, c.ready_at)
                                      < (p.task_priority, LEAST(:stuckSince, statement_timestamp()))
                                  AND c.ready_at IS NOT NULL
                                ORDER BY c.task_priority, c.ready_at
                                LIMIT :limit) AS d
            UNION ALL
            SELECT h.instance_id
            FROM (SELECT c.instance_id
                  FROM ${schema}.sayiir_task_claims AS c
                  WHERE c.expires_at IS NOT NULL AND c.claimed_at < LEAST(:stuckSince, statement_timestamp())
                  ORDER BY c.worker_id
                  LIMIT :limit) AS h
            LIMIT :limit
            """;

    private static final String FAILURES = """
            WITH kind AS (
                SELECT f.fingerprint, count(*) AS instances, min(f.updated_at) AS first_seen, max(f.updated_at) AS last_seen,
                       (array_agg(f.instance_id ORDER BY f.updated_at DESC, f.instance_id COLLATE "C" DESC))[1] AS example
                FROM ${schema}.sayiir_newest_failures(:definitionHash, :among) AS f
                GROUP BY f.fingerprint
                ORDER BY instances DESC, last_seen DESC, f.fingerprint COLLATE "C"
                LIMIT :limit
            )
            SELECT k.fingerprint, k.instances, k.first_seen, k.last_seen, k.example,
                   (SELECT w.error FROM ${schema}.sayiir_workflows AS w WHERE w.instance_id = k.example) AS error
            FROM kind AS k
            ORDER BY k.instances DESC, k.last_seen DESC, k.fingerprint COLLATE "C"
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final SchemaName schema;
    private final String one;
    private final String withPrefix;
    private final String withLastPrefix;
    private final String late;
    private final String failures;

    QueryRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.schema = schema;
        this.one = schema.in(QuerySql.COLUMNS + QuerySql.INSTANCES + " WHERE w.instance_id = :instanceId");
        this.withPrefix = schema.in(WITH_PREFIX.formatted("AND w.instance_id < :end"));
        this.withLastPrefix = schema.in(WITH_PREFIX.formatted(""));
        this.late = schema.in(LATE);
        this.failures = schema.in(FAILURES);
    }

    WorkflowPage find(WorkflowQuery query) {
        if (QuerySql.statuses(query).isEmpty()) {
            return new WorkflowPage(List.of(), Optional.empty());
        }
        Optional<List<String>> few = few(query);
        if (few.filter(List::isEmpty).isPresent()) {
            return new WorkflowPage(List.of(), Optional.empty());
        }
        Params params = new Params();
        String sql = schema.in(new QuerySql(query, few, params).text());
        return WorkflowPage.of(query, jdbc.query(sql, params, (row, number) -> summary(row)));
    }

    Optional<WorkflowSummary> findOne(String instanceId) {
        return jdbc.query(
                one,
                Params.of("instanceId", instanceId),
                rows -> rows.next() ? Optional.of(summary(rows)) : Optional.empty());
    }

    List<FailureGroup> failuresByFingerprint(Optional<String> definitionHash, int limit) {
        Params params = new Params()
                .text("definitionHash", definitionHash)
                .number("among", WorkflowQueries.FAILURES_GROUPED)
                .number("limit", limit);
        return jdbc.query(
                failures,
                params,
                (row, number) -> new FailureGroup(
                        row.getString("fingerprint"),
                        row.getLong("instances"),
                        Columns.time(row, "first_seen"),
                        Columns.time(row, "last_seen"),
                        row.getString("example"),
                        row.getString("error")));
    }

    /**
     * The instances among which to look, if they are few: then they are read and sorted, which the planner would have to know.
     * Of many the first ones are found soonest in the order of pages.
     */
    private Optional<List<String>> few(WorkflowQuery query) {
        Optional<List<String>> few = query.instanceIdPrefix().flatMap(this::withPrefix);
        return few.isPresent()
                ? few
                : query.stuckSince()
                        .flatMap(time ->
                                few(late, new Params().time("stuckSince", Optional.of(Times.roundedUp(time)))));
    }

    private Optional<List<String>> withPrefix(String prefix) {
        Params params = Params.of("prefix", prefix);
        Optional<String> end = TextOrder.afterAllWith(prefix);
        end.ifPresent(it -> params.text("end", it));
        return few(end.isPresent() ? withPrefix : withLastPrefix, params);
    }

    private Optional<List<String>> few(String sql, Params params) {
        params.number("limit", FEW + 1L);
        List<String> ids = jdbc.query(sql, params, (row, number) -> row.getString("instance_id"));
        return Optional.of(ids).filter(it -> it.size() <= FEW);
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
