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
import java.time.Instant;
import java.util.Optional;
import java.util.OptionalLong;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/**
 * Commits tasks of branches. Such a commit only adds to its instance, whatever version that has by now, so branches wait for
 * each other no longer than a statement takes.
 */
final class BranchRepository {

    /** All that a commit writes is written by a function of the schema, which {@code V1__workflows.sql} explains. */
    private static final String COMMIT = """
            SELECT c.checkpoint_version, c.next_claim_token, c.next_claimed_at, c.next_expires_at, c.signalled
            FROM ${schema}.sayiir_commit_branch(
                :instanceId, :taskId, :claimToken, :output, :writeId,
                :nextTaskId, :delay, :carryOn, :workerId) AS c
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
                failures = t.failures + 1,
                error = :error
            WHERE t.instance_id = :instanceId
              AND t.task_id = :taskId
              AND t.claim_token = :claimToken
              AND t.branch IS NOT NULL
            RETURNING ${schema}.sayiir_is_signalled(t.instance_id) AS signalled
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final String commit;
    private final String retry;

    BranchRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.commit = schema.in(COMMIT);
        this.retry = schema.in(RETRY);
    }

    /** The claim that a commit carried on, and whether a cancel or a pause is pending. */
    record Committed(Optional<TaskClaim> next, boolean signalled) {}

    /** Empty if the claim is lost, or the instance is finished or gone. */
    Optional<Committed> commit(TaskClaim claim, Done outcome, Write write) {
        Params params = params(claim, outcome.output(), write)
                .number("delay", OptionalLong.empty())
                .number("carryOn", OptionalLong.empty());
        return commit(claim, params, Optional.empty());
    }

    /** Empty if the claim is lost, or the instance is finished or gone. */
    Optional<Committed> commit(TaskClaim claim, Next outcome, Optional<Duration> carryOn, Write write) {
        Params params = params(claim, outcome.output(), write)
                .number("delay", micros(outcome.delay()))
                .number("carryOn", micros(carryOn));
        return commit(claim, params, Optional.of(outcome.nextTaskId()));
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

    private Optional<Committed> commit(TaskClaim claim, Params params, Optional<String> nextTaskId) {
        return jdbc.query(
                commit,
                params.text("nextTaskId", nextTaskId),
                rows -> rows.next() && rows.getObject("checkpoint_version") != null
                        ? Optional.of(new Committed(next(rows, claim, nextTaskId), rows.getBoolean("signalled")))
                        : Optional.empty());
    }

    private static Optional<TaskClaim> next(ResultSet row, TaskClaim claim, Optional<String> nextTaskId)
            throws SQLException {
        Optional<Instant> expiresAt = Columns.optionalTime(row, "next_expires_at");
        if (expiresAt.isEmpty()) {
            return Optional.empty();
        }
        return Optional.of(new TaskClaim(
                claim.instanceId(),
                nextTaskId.orElseThrow(),
                claim.definitionHash(),
                claim.workerId(),
                row.getLong("next_claim_token"),
                1,
                0,
                0,
                claim.branch().map(step -> new BranchStep(step.label(), Optional.of(claim.taskId()))),
                Columns.time(row, "next_claimed_at"),
                expiresAt.get()));
    }

    private static Params params(TaskClaim claim, Payload output, Write write) {
        return key(claim).bytes("output", output.bytes()).number("writeId", write.id());
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
