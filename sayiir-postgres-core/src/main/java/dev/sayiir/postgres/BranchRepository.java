package dev.sayiir.postgres;

import dev.sayiir.persistence.BranchOutcome.Done;
import dev.sayiir.persistence.BranchOutcome.Next;
import dev.sayiir.persistence.BranchOutcome.Retry;
import dev.sayiir.persistence.BranchStep;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.Payload;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalLong;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/**
 * Commits tasks of branches. Such a commit only adds to its instance, whatever version that has by now, so branches wait for
 * each other no longer than a statement takes.
 */
final class BranchRepository {

    /**
     * Locks the instance, then the task, as a commit on the main line does; then all that is written depends on what the
     * lock let through. What has to be looked up is looked up by volatile functions, which see what was committed during
     * the wait. A branch ends with its label in the history; the task that joins counts down.
     */
    private static final String COMMIT = """
            WITH instance AS (
                SELECT w.instance_id
                FROM ${schema}.sayiir_workflows AS w
                WHERE w.instance_id = :instanceId
                FOR NO KEY UPDATE
            ), held AS (
                SELECT t.branch
                FROM ${schema}.sayiir_workflow_tasks AS t
                WHERE t.instance_id = :instanceId
                  AND t.task_id = :taskId
                  AND t.claim_token = :claimToken
                  AND t.branch IS NOT NULL
                  AND (SELECT count(*) FROM instance AS i) = 1
                FOR UPDATE
            ), step AS (
                SELECT h.branch, ${schema}.sayiir_is_done(:instanceId, :nextTaskId::text) AS again
                FROM held AS h
            ), saved AS (
                UPDATE ${schema}.sayiir_workflows AS w
                SET version = w.version + 1,
                    updated_at = clock_timestamp(),
                    completed_task_count = w.completed_task_count + CASE WHEN p.again THEN 0 ELSE 1 END
                FROM step AS p
                WHERE w.instance_id = :instanceId AND (w.status IN ('InProgress', 'Paused')) IS TRUE
                RETURNING w.instance_id, w.version, w.updated_at, w.status, w.current_task_id, w.task_priority,
                          w.definition_hash, w.task_tags, p.again, p.branch AS standing_in,
                          CASE WHEN :nextTaskId::text IS NULL THEN p.branch END AS branch
            ), checkpoint AS (
                INSERT INTO ${schema}.sayiir_workflow_history
                    (instance_id, version, saved_at, baseline, status, current_task_id, completed_task_ids, outputs,
                     withdrawn_task_ids, branch, write_id)
                SELECT s.instance_id, s.version, s.updated_at, false, s.status, s.current_task_id,
                       ARRAY[:taskId::text], ARRAY[:output::bytea], CASE WHEN s.again THEN ARRAY[:nextTaskId::text] END,
                       s.branch, :writeId
                FROM saved AS s
            ), done AS (
                UPDATE ${schema}.sayiir_workflow_tasks AS t
                SET status = 'completed',
                    ready_at = NULL,
                    completed_version = s.version,
                    completed_at = s.updated_at,
                    claim_token = NULL,
                    claimed_at = NULL,
                    claim_expires_at = NULL,
                    not_before = NULL,
                    error = NULL
                FROM saved AS s
                WHERE t.instance_id = :instanceId AND t.task_id = :taskId
            ), due AS (
                SELECT s.updated_at + :delay::bigint * interval '1 microsecond' AS not_before,
                       CASE WHEN s.status = 'InProgress' AND :delay::bigint IS NULL
                            THEN s.updated_at + :carryOn::bigint * interval '1 microsecond' END AS expires_at
                FROM saved AS s
            ), next AS (
                INSERT INTO ${schema}.sayiir_workflow_tasks AS t
                    (instance_id, task_id, status, ready_at, started_at, claim_token, claimed_at, claim_expires_at,
                     worker_id, attempts, task_priority, definition_hash, task_tags, branch, after_task_id, not_before)
                SELECT s.instance_id, :nextTaskId, 'active',
                       CASE WHEN s.status = 'InProgress' THEN COALESCE(d.expires_at, d.not_before, s.updated_at) END,
                       s.updated_at,
                       CASE WHEN d.expires_at IS NOT NULL THEN nextval(:sequence::regclass) END,
                       CASE WHEN d.expires_at IS NOT NULL THEN s.updated_at END,
                       d.expires_at,
                       CASE WHEN d.expires_at IS NOT NULL THEN :workerId END,
                       CASE WHEN d.expires_at IS NOT NULL THEN 1 ELSE 0 END,
                       s.task_priority, s.definition_hash, s.task_tags, s.standing_in, :taskId, d.not_before
                FROM saved AS s
                CROSS JOIN due AS d
                WHERE :nextTaskId::text IS NOT NULL
                ON CONFLICT (instance_id, task_id) DO UPDATE SET
                    status = excluded.status,
                    ready_at = excluded.ready_at,
                    completed_version = NULL,
                    started_at = excluded.started_at,
                    completed_at = NULL,
                    claim_token = excluded.claim_token,
                    claimed_at = excluded.claimed_at,
                    claim_expires_at = excluded.claim_expires_at,
                    worker_id = excluded.worker_id,
                    attempts = excluded.attempts,
                    task_priority = excluded.task_priority,
                    definition_hash = excluded.definition_hash,
                    task_tags = excluded.task_tags,
                    last_failed_worker = NULL,
                    error = NULL,
                    branch = excluded.branch,
                    after_task_id = excluded.after_task_id,
                    not_before = excluded.not_before,
                    branches_left = NULL
                RETURNING t.task_id, t.claim_token, t.claimed_at, t.claim_expires_at
            )
            """ + CheckpointRepository.JOINING + """
            SELECT s.version, ${schema}.sayiir_is_signalled(s.instance_id) AS signalled,
                   n.task_id, n.claim_token, n.claimed_at, n.claim_expires_at
            FROM saved AS s
            LEFT JOIN next AS n ON n.claim_token IS NOT NULL
            """;

    /** Changes nothing but the task: no result has been added to the instance. */
    private static final String RETRY = """
            UPDATE ${schema}.sayiir_workflow_tasks AS t
            SET claim_token = NULL,
                claimed_at = NULL,
                claim_expires_at = NULL,
                ready_at = CASE WHEN t.ready_at IS NOT NULL
                                THEN clock_timestamp() + :backOff * interval '1 microsecond' END,
                not_before = clock_timestamp() + :backOff * interval '1 microsecond',
                last_failed_worker = :workerId,
                error = :error
            WHERE t.instance_id = :instanceId
              AND t.task_id = :taskId
              AND t.claim_token = :claimToken
              AND t.branch IS NOT NULL
            RETURNING ${schema}.sayiir_is_signalled(t.instance_id) AS signalled
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final String sequence;
    private final String commit;
    private final String retry;

    BranchRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.sequence = schema.in("${schema}.sayiir_claim_token");
        this.commit = schema.in(COMMIT);
        this.retry = schema.in(RETRY);
    }

    /** The claim that a commit carried on, and whether a cancel or a pause is pending. */
    record Committed(Optional<TaskClaim> next, boolean signalled) {}

    /** Empty if the claim is lost, or the instance is finished or gone. */
    Optional<Committed> commit(TaskClaim claim, Done outcome, Write write) {
        Params params = params(claim, outcome.output(), write)
                .text("nextTaskId", Optional.empty())
                .number("delay", OptionalLong.empty())
                .number("carryOn", OptionalLong.empty());
        return commit(claim, params);
    }

    /** Empty if the claim is lost, or the instance is finished or gone. */
    Optional<Committed> commit(TaskClaim claim, Next outcome, Optional<Duration> carryOn, Write write) {
        Params params = params(claim, outcome.output(), write)
                .text("nextTaskId", outcome.nextTaskId())
                .number("delay", micros(outcome.delay()))
                .number("carryOn", micros(carryOn));
        return commit(claim, params);
    }

    /** Empty if the claim is lost. */
    Optional<Committed> retry(TaskClaim claim, Retry outcome) {
        Params params = key(claim)
                .number("backOff", ClaimRepository.micros(outcome.backOff()))
                .text("error", outcome.error());
        return jdbc
                .query(retry, params, (row, number) -> new Committed(Optional.empty(), row.getBoolean("signalled")))
                .stream()
                .findFirst();
    }

    private Optional<Committed> commit(TaskClaim claim, Params params) {
        return jdbc.query(
                commit,
                params,
                rows -> rows.next()
                        ? Optional.of(new Committed(next(rows, claim), rows.getBoolean("signalled")))
                        : Optional.empty());
    }

    private static Optional<TaskClaim> next(ResultSet row, TaskClaim claim) throws SQLException {
        String taskId = row.getString("task_id");
        return taskId == null
                ? Optional.empty()
                : Optional.of(new TaskClaim(
                        claim.instanceId(),
                        taskId,
                        claim.definitionHash(),
                        claim.workerId(),
                        row.getLong("claim_token"),
                        1,
                        claim.branch().map(step -> new BranchStep(step.label(), Optional.of(claim.taskId()))),
                        Columns.time(row, "claimed_at"),
                        Columns.time(row, "claim_expires_at")));
    }

    private Params params(TaskClaim claim, Payload output, Write write) {
        return key(claim)
                .bytes("output", output.bytes())
                .number("writeId", write.id())
                .text("sequence", sequence);
    }

    private static Params key(TaskClaim claim) {
        return Params.of("instanceId", claim.instanceId())
                .text("taskId", claim.taskId())
                .number("claimToken", claim.claimToken())
                .text("workerId", claim.workerId());
    }

    private static OptionalLong micros(Optional<Duration> duration) {
        return duration.stream().mapToLong(ClaimRepository::micros).findFirst();
    }
}
