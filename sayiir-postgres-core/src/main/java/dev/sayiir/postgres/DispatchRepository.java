package dev.sayiir.postgres;

import dev.sayiir.persistence.AvailableTask;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.TaskPriority;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/** Finds what is due, and claims it together with what a worker needs to do it. */
final class DispatchRepository {

    /** Explained in {@code v1/claiming.sql}. */
    private static final String DUE = """
            ${schema}.sayiir_claim_due(
                :workerId, :limit, :ttl, :ageing,
                :anyDefinition, :definitions, :anyTask, :taskIds, :anyTag, :tags)
            """;

    /** The same of what has been claimed already. */
    private static final String CLAIMED = """
            (SELECT k.ordinal, c.instance_id, c.task_id, c.definition_hash, c.worker_id, c.claim_token, c.attempts, c.failures,
                    c.crashes, c.claimed_at, c.expires_at, c.branch, c.after_task_id
             FROM unnest(:instanceIds::text[], :branches::text[], :tokens::bigint[])
                  WITH ORDINALITY AS k (instance_id, branch, claim_token, ordinal)
             JOIN ${schema}.sayiir_task_claims AS c
                 ON c.instance_id = k.instance_id AND c.branch = k.branch AND c.claim_token = k.claim_token)
            """;

    private static final String CLAIM_ONLY = """
            SELECT d.ordinal, d.instance_id, d.task_id, d.definition_hash, d.worker_id, d.claim_token, d.attempts, d.failures,
                   d.crashes, d.claimed_at, d.expires_at, d.branch, d.after_task_id
            FROM %s AS d
            ORDER BY d.ordinal
            """;

    /**
     * Each claim on the main line comes with the rows of its instance; if they are damaged, with an empty blob instead of
     * none, so that it is noticed. Each claim in a branch comes with what that needs, the first one of an instance with what
     * it shares with the others.
     */
    private static final String WITH_INSTANCE = """
            SELECT c.instance_id, c.task_id, c.definition_hash, c.worker_id, c.claim_token, c.attempts, c.failures,
                   c.crashes, c.claimed_at, c.expires_at, c.branch, c.after_task_id, s.version, s.data_version, s.incarnation, s.trace_parent,
                   COALESCE(s.data, '') AS data, s.branch_inputs, s.initial_input, s.completed_version, s.completed_task_id, s.output, s.ended_branch,
                   b.version AS branch_version, b.join_task_id, b.created_at, b.updated_at, b.task_priority, b.task_tags,
                   b.trace_parent AS branch_trace_parent, b.workflow_input, b.branch_input, b.own_input,
                   COALESCE(s.signalled, b.signalled) AS signalled
            FROM (
                SELECT d.ordinal, d.instance_id, d.task_id, d.definition_hash, d.worker_id, d.claim_token, d.attempts, d.failures,
                       d.crashes, d.claimed_at, d.expires_at, d.branch, d.after_task_id,
                       row_number() OVER (PARTITION BY d.instance_id, d.branch = '' ORDER BY d.ordinal) AS ordinal_in_instance
                FROM %s AS d
            ) AS c
            LEFT JOIN LATERAL ${schema}.sayiir_claimed_snapshot(
                CASE WHEN c.branch = '' THEN c.instance_id END) AS s ON true
            LEFT JOIN LATERAL ${schema}.sayiir_claimed_branch(
                CASE WHEN c.branch <> '' THEN c.instance_id END, c.branch, c.ordinal_in_instance = 1) AS b ON true
            ORDER BY c.ordinal, s.completed_version NULLS FIRST, s.place
            """;

    /**
     * What a claim would take, in the same order, but neither locked nor changed: by the walks of {@code sayiir_claim_due},
     * which {@code v1/claiming.sql} explains. A function of its own would make its plan once; nothing looks often enough.
     */
    private static final String FIND_AVAILABLE =
            """
            SELECT c.instance_id, c.task_id, c.definition_hash, c.task_priority, c.ready_at
            FROM (
            """ + walks("false AS failed_here", "CASE WHEN c.last_failed_worker = :workerId THEN false") + """
                UNION ALL
            """
                    + walks("true", "c.last_failed_worker = :workerId AND CASE") + """
            ) AS c
            ORDER BY c.failed_here,
                     c.task_priority - extract(epoch FROM statement_timestamp() - c.ready_at) * 1000000 / :ageing,
                     c.ready_at
            LIMIT :limit
            """;

    /** @param which ends within the CASE */
    private static String walks(String failedHere, String which) {
        return """
                SELECT w.instance_id, w.task_id, w.definition_hash, p.task_priority, w.ready_at,\s""" + failedHere + """

                FROM generate_series(1, 5) AS p (task_priority)
                CROSS JOIN LATERAL (
                    SELECT c.instance_id, c.task_id, c.definition_hash, c.ready_at
                    FROM ${schema}.sayiir_task_claims AS c
                    WHERE c.task_priority = p.task_priority
                      AND c.ready_at <= statement_timestamp()
                      AND\s""" + which + """

                          WHEN NOT :anyDefinition AND c.definition_hash <> ALL (:definitions) THEN false
                          WHEN NOT :anyTask AND c.status <> 'waiting' AND c.task_id <> ALL (:taskIds) THEN false
                          ELSE :anyTag OR c.task_tags <@ :tags
                          END
                    ORDER BY c.ready_at
                    LIMIT :limit
                ) AS w
                """;
    }

    private static final String FIND_HINTED = """
            SELECT c.instance_id, c.task_id, c.definition_hash, c.task_priority, c.ready_at
            FROM ${schema}.sayiir_task_claims AS c
            WHERE c.instance_id = :instanceId
              AND c.task_id = :taskId
              AND c.ready_at <= statement_timestamp()
              AND (:anyDefinition OR c.definition_hash = ANY (:definitions))
              AND (:anyTask OR c.status = 'waiting' OR c.task_id = ANY (:taskIds))
              AND (:anyTag OR c.task_tags <@ :tags)
            """;

    /** Given back, each with its own delay, and with the reason for those who look: why nobody gets on with it. */
    private static final String LEAVE_ALONE = ClaimRepository.HELD + """
            UPDATE ${schema}.sayiir_task_claims AS c
            SET claim_token = NULL,
                claimed_at = NULL,
                expires_at = NULL,
                ready_at = CASE WHEN c.ready_at IS NOT NULL
                                THEN clock_timestamp() + r.delay * interval '1 microsecond' END,
                error = r.error
            FROM held AS h
            JOIN unnest(:instanceIds::text[], :branches::text[], :delays::bigint[], :errors::text[])
                AS r (instance_id, branch, delay, error) ON r.instance_id = h.instance_id AND r.branch = h.branch
            WHERE c.instance_id = h.instance_id AND c.branch = h.branch
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final String claimDue;
    private final String claimOnly;
    private final String read;
    private final String findAvailable;
    private final String findHinted;
    private final String leaveAlone;

    DispatchRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.claimDue = schema.in(WITH_INSTANCE.formatted(DUE));
        this.claimOnly = schema.in(CLAIM_ONLY.formatted(DUE));
        this.read = schema.in(WITH_INSTANCE.formatted(CLAIMED));
        this.findAvailable = schema.in(FIND_AVAILABLE);
        this.findHinted = schema.in(FIND_HINTED);
        this.leaveAlone = schema.in(LEAVE_ALONE);
    }

    /** A claim with what is stored of its instance, and whether that has been asked to be cancelled or paused. */
    record Claimed(TaskClaim claim, Restorable stored, boolean signalled) {}

    List<Claimed> claimAvailable(ClaimQuery query) {
        Params params = wanted(query).number("ttl", ClaimRepository.micros(query.ttl()));
        return jdbc.query(claimDue, params, DispatchRepository::claimed);
    }

    /** The same, but without a look at the instances. */
    List<TaskClaim> claimOnly(ClaimQuery query) {
        return jdbc.query(
                claimOnly, wanted(query).number("ttl", ClaimRepository.micros(query.ttl())), ClaimRepository::claim);
    }

    /** What else {@link #claimAvailable} would have said of these claims; nothing of those that are lost. */
    List<Claimed> read(List<TaskClaim> claims) {
        return jdbc.query(read, ClaimRepository.keys(claims), DispatchRepository::claimed);
    }

    List<AvailableTask> findAvailable(ClaimQuery query) {
        return jdbc.query(findAvailable, wanted(query), DispatchRepository::available);
    }

    Optional<AvailableTask> findHinted(String instanceId, String taskId, ClaimQuery query) {
        Params params = wanted(query).text("instanceId", instanceId).text("taskId", taskId);
        return jdbc.query(findHinted, params, DispatchRepository::available).stream()
                .findFirst();
    }

    private static Params wanted(ClaimQuery query) {
        return Params.of("workerId", query.workerId())
                .number("limit", query.limit())
                .number("ageing", ClaimRepository.micros(query.ageingInterval()))
                .flag("anyDefinition", query.definitions().isEmpty())
                .texts("definitions", query.definitions().orElse(Set.of()))
                .flag("anyTask", query.taskIds().isEmpty())
                .texts("taskIds", query.taskIds().orElse(Set.of()))
                .flag("anyTag", query.tags().isEmpty())
                .texts("tags", query.tags().orElse(Set.of()));
    }

    private static AvailableTask available(ResultSet row, int number) throws SQLException {
        return new AvailableTask(
                row.getString("instance_id"),
                row.getString("task_id"),
                row.getString("definition_hash"),
                TaskPriority.ofLevel(row.getInt("task_priority")),
                Columns.time(row, "ready_at"));
    }

    /** The row with the control state comes first, and is the one without a result. */
    private static List<Claimed> claimed(ResultSet rows) throws SQLException {
        List<Claimed> claims = new ArrayList<>();
        Map<String, Claimed> firstBranch = new HashMap<>();
        while (rows.next()) {
            if (rows.getObject("completed_version") != null) {
                ((StoredSnapshot) claims.get(claims.size() - 1).stored()).add(rows);
                continue;
            }
            TaskClaim claim = ClaimRepository.claim(rows, claims.size());
            Claimed claimed = claim.branch().isPresent()
                    ? inBranch(rows, claim, firstBranch.get(claim.instanceId()))
                    : new Claimed(claim, new StoredSnapshot(rows), rows.getBoolean("signalled"));
            if (claim.branch().isPresent()) {
                firstBranch.putIfAbsent(claim.instanceId(), claimed);
            }
            claims.add(claimed);
        }
        return claims;
    }

    private static Claimed inBranch(ResultSet row, TaskClaim claim, @Nullable Claimed first) throws SQLException {
        return first == null
                ? new Claimed(claim, StoredBranch.of(row, claim, Optional.empty()), row.getBoolean("signalled"))
                : new Claimed(
                        claim,
                        StoredBranch.of(row, claim, Optional.of((StoredBranch) first.stored())),
                        first.signalled());
    }

    /** A claimed task that cannot be handed out, why, and for how long nobody is to have it. */
    record Unreadable(TaskClaim claim, String error, Duration delay) {}

    /** How many were still held. */
    int leaveAlone(List<Unreadable> tasks) {
        Params params = ClaimRepository.keys(
                        tasks.stream().map(Unreadable::claim).toList())
                .numbers(
                        "delays",
                        tasks.stream()
                                .map(task -> ClaimRepository.micros(task.delay()))
                                .toList())
                .texts("errors", tasks.stream().map(Unreadable::error).toList());
        return jdbc.update(leaveAlone, params);
    }
}
