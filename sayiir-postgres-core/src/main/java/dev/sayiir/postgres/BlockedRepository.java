package dev.sayiir.postgres;

import dev.sayiir.event.TaskBlockedEvent;
import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.BlockedTask;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.persistence.WorkflowQuery;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/** Tasks that workers cannot do: refused, blocked, and unblocked again. */
final class BlockedRepository {

    /**
     * Changes nothing but the place: the instance stays as it is, and is not even locked. A branch that is paused in the meantime
     * is due at the same time when it is resumed.
     */
    private static final String REFUSE = ClaimRepository.HELD + """
            , refused AS (
                UPDATE ${schema}.sayiir_task_claims AS c
                SET claim_token = NULL,
                    claimed_at = NULL,
                    expires_at = NULL,
                    ready_at = CASE WHEN c.ready_at IS NOT NULL AND NOT r.blocked THEN r.again_at END,
                    not_before = CASE WHEN c.branch <> '' AND NOT r.blocked THEN r.again_at END,
                    refused_at = COALESCE(c.refused_at, r.now),
                    refusal = r.reason,
                    refused_build = r.build,
                    blocked_at = CASE WHEN r.blocked THEN r.now END,
                    last_failed_worker = c.worker_id,
                    error = r.error
                FROM (
                    SELECT h.instance_id, h.branch, r.ordinal, r.reason, r.error, r.build, t.now,
                           COALESCE(h.refused_at, t.now) + r.patience * interval '1 microsecond' <= t.now AS blocked,
                           t.now + r.again * interval '1 microsecond' AS again_at
                    FROM (SELECT clock_timestamp() AS now) AS t
                    CROSS JOIN unnest(:instanceIds::text[], :branches::text[], :reasons::text[], :errors::text[],
                                      :patience::bigint[], :again::bigint[], :builds::text[])
                         WITH ORDINALITY AS r (instance_id, branch, reason, error, patience, again, build, ordinal)
                    JOIN held AS h ON h.instance_id = r.instance_id AND h.branch = r.branch
                ) AS r
                WHERE c.instance_id = r.instance_id AND c.branch = r.branch
                RETURNING r.ordinal, c.instance_id, c.task_id, c.refusal, c.error, c.blocked_at
            ), logged AS (
                INSERT INTO ${schema}.sayiir_workflow_events (instance_id, created_at, kind, reason)
                SELECT r.instance_id, r.blocked_at, 'Blocked', 'Task ''' || r.task_id || ''': ' || r.refusal || ': ' || r.error
                FROM refused AS r
                WHERE r.blocked_at IS NOT NULL
            )
            SELECT r.ordinal, r.blocked_at IS NOT NULL AS blocked, ${schema}.sayiir_is_signalled(r.instance_id) AS signalled
            FROM refused AS r
            """;

    /** Explained in {@code v1/claiming.sql}. */
    private static final String BLOCK_UNHANDLED = """
            WITH blocked AS MATERIALIZED (
                SELECT b.instance_id, b.task_id, b.branch, b.definition_hash, b.error, b.blocked_at
                FROM ${schema}.sayiir_block_unhandled(:definitions, :taskIds, :patience, :refusal, :build, :limit) AS b
            ), logged AS (
                INSERT INTO ${schema}.sayiir_workflow_events (instance_id, created_at, kind, reason)
                SELECT b.instance_id, b.blocked_at, 'Blocked', 'Task ''' || b.task_id || ''': ' || :refusal || ': ' || b.error
                FROM blocked AS b
            )
            SELECT b.instance_id, b.task_id, b.branch, b.definition_hash, b.error FROM blocked AS b
            """;

    private static final String FIND = """
            SELECT c.instance_id, c.task_id, c.branch, c.definition_hash, c.refusal, c.error, c.refused_build, c.blocked_at,
                   c.attempts
            FROM ${schema}.sayiir_task_claims AS c
            %s
            """;

    /**
     * The instances are locked first, as by everybody, in the order of their keys; and what is stored of them then decides
     * whether their tasks are due. What is not blocked any more by now is left as it is; IS TRUE keeps the planner from reading
     * all that is blocked to find out.
     */
    private static final String UNBLOCK = """
            WITH wanted AS MATERIALIZED (
                SELECT c.instance_id, c.branch
                FROM ${schema}.sayiir_task_claims AS c
                %s
            ), instance AS MATERIALIZED (
                SELECT w.instance_id, w.status
                FROM ${schema}.sayiir_workflows AS w
                WHERE w.instance_id = ANY (ARRAY(SELECT n.instance_id FROM wanted AS n))
                ORDER BY w.instance_id
                FOR NO KEY UPDATE SKIP LOCKED
            ), unblocked AS (
                UPDATE ${schema}.sayiir_task_claims AS c
                SET ready_at = CASE WHEN n.status = 'InProgress' AND (c.branches_left > 0) IS NOT TRUE THEN n.now END,
                    refused_at = NULL,
                    refusal = NULL,
                    refused_build = NULL,
                    blocked_at = NULL,
                    last_failed_worker = NULL,
                    crashes = 0,
                    failures = CASE WHEN c.branch = '' THEN c.failures ELSE 0 END
                FROM (SELECT i.instance_id, n.branch, i.status, clock_timestamp() AS now
                      FROM wanted AS n
                      JOIN instance AS i ON i.instance_id = n.instance_id) AS n
                WHERE c.instance_id = n.instance_id AND c.branch = n.branch AND (c.blocked_at IS NOT NULL) IS TRUE
                RETURNING c.instance_id, c.task_id, n.now
            ), logged AS (
                INSERT INTO ${schema}.sayiir_workflow_events (instance_id, created_at, kind, requested_by, reason)
                SELECT u.instance_id, u.now, 'Unblocked', :requestedBy,
                       'Task ''' || u.task_id || '''' || COALESCE(': ' || :why, '')
                FROM unblocked AS u
            )
            SELECT count(*) FROM unblocked AS u
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final SchemaName schema;
    private final String refuse;
    private final String blockUnhandled;

    BlockedRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.schema = schema;
        this.refuse = schema.in(REFUSE);
        this.blockUnhandled = schema.in(BLOCK_UNHANDLED);
    }

    /**
     * A task that was still held, and has been refused.
     *
     * @param index which of the refusals it is, beginning with 0
     */
    record Refused(int index, boolean blocked, boolean signalled) {}

    /** Nothing of those whose claim is lost, or that somebody else has locked. */
    List<Refused> refuse(List<TaskRefusal> refusals) {
        Params params = ClaimRepository.keys(
                        refusals.stream().map(TaskRefusal::claim).toList())
                .texts(
                        "reasons",
                        refusals.stream()
                                .map(refusal -> refusal.reason().text())
                                .toList())
                .texts("errors", refusals.stream().map(TaskRefusal::error).toList())
                .numbers(
                        "patience",
                        refusals.stream()
                                .map(refusal -> ClaimRepository.micros(refusal.patience()))
                                .toList())
                .numbers(
                        "again",
                        refusals.stream()
                                .map(refusal -> ClaimRepository.micros(refusal.again()))
                                .toList())
                .texts("builds", builds(refusals));
        return jdbc.query(
                refuse,
                params,
                (row, number) ->
                        new Refused(row.getInt("ordinal") - 1, row.getBoolean("blocked"), row.getBoolean("signalled")));
    }

    private static List<String> builds(List<TaskRefusal> refusals) {
        List<String> builds = new ArrayList<>();
        refusals.forEach(refusal -> builds.add(refusal.build().orElse(null)));
        return builds;
    }

    /** Those that it has blocked. */
    List<TaskBlockedEvent> blockUnhandled(ClaimQuery query) {
        Params params = new Params()
                .texts("definitions", query.definitions().orElseThrow())
                .texts("taskIds", query.taskIds().orElseThrow())
                .number("patience", ClaimRepository.micros(query.blockAfter()))
                .text("refusal", BlockReason.NO_HANDLER.text())
                .text("build", query.build())
                .number("limit", WorkflowQuery.MAX_LIMIT);
        return jdbc.query(
                blockUnhandled,
                params,
                (row, number) -> new TaskBlockedEvent(
                        row.getString("instance_id"),
                        row.getString("definition_hash"),
                        row.getString("task_id"),
                        branch(row),
                        BlockReason.NO_HANDLER,
                        row.getString("error")));
    }

    private static Optional<String> branch(ResultSet row) throws SQLException {
        return Optional.of(row.getString("branch")).filter(label -> !label.isEmpty());
    }

    List<BlockedTask> find(BlockedQuery query) {
        Params params = new Params();
        String sql = schema.in(FIND.formatted(wanted(query, params)));
        return jdbc.query(sql, params, BlockedRepository::task);
    }

    /** How many there were. */
    int unblock(BlockedQuery query, SignalRequest request) {
        Params params = new Params().text("requestedBy", request.requestedBy()).text("why", request.reason());
        String sql = schema.in(UNBLOCK.formatted(wanted(query, params)));
        return Objects.requireNonNull(jdbc.queryForObject(sql, params, Integer.class));
    }

    /** In the order of an index. */
    private static String wanted(BlockedQuery query, Params params) {
        List<String> conditions = new ArrayList<>(List.of("c.blocked_at IS NOT NULL"));
        query.instanceId().ifPresent(id -> {
            params.text("instanceId", id);
            conditions.add("c.instance_id = :instanceId");
        });
        query.definitions().ifPresent(hashes -> {
            params.texts("definitions", hashes);
            conditions.add("c.definition_hash = ANY (:definitions)");
        });
        query.taskIds().ifPresent(tasks -> {
            params.texts("taskIds", tasks);
            conditions.add("c.task_id = ANY (:taskIds)");
        });
        query.reason().ifPresent(why -> {
            params.text("refusal", why.text());
            conditions.add("c.refusal = :refusal");
        });
        query.exceptBuild().ifPresent(build -> {
            params.text("exceptBuild", build);
            conditions.add("c.refused_build IS DISTINCT FROM :exceptBuild");
        });
        query.after().ifPresent(end -> {
            params.time("afterTime", Optional.of(end.blockedAt()))
                    .text("afterId", end.instanceId())
                    .text("afterBranch", end.branch().orElse(""));
            conditions.add("(c.blocked_at, c.instance_id, c.branch) > (:afterTime, :afterId, :afterBranch)");
        });
        params.number("limit", query.limit());
        return "WHERE " + String.join(" AND ", conditions)
                + " ORDER BY c.blocked_at, c.instance_id, c.branch LIMIT :limit";
    }

    private static BlockedTask task(ResultSet row, int number) throws SQLException {
        return new BlockedTask(
                row.getString("instance_id"),
                row.getString("task_id"),
                branch(row),
                row.getString("definition_hash"),
                BlockReason.ofText(row.getString("refusal")),
                row.getString("error"),
                Optional.ofNullable(row.getString("refused_build")),
                Columns.time(row, "blocked_at"),
                row.getInt("attempts"));
    }
}
