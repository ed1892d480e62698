package dev.sayiir.postgres;

import dev.sayiir.persistence.BranchOutcome;
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
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.jdbc.core.namedparam.NamedParameterJdbcOperations;

/**
 * Commits tasks of branches. Such a commit only adds to its instance, whatever version that has by now, so branches wait for
 * each other no longer than a statement takes.
 */
final class BranchRepository {

    /**
     * All that a commit writes is written by a function of the schema, which {@code V1__workflows.sql} explains: called once
     * for each task, in one transaction.
     */
    private static final String COMMIT = """
            SELECT s.place, c.next_claim_token, c.next_claimed_at, c.next_expires_at, c.signalled
            FROM unnest(:instanceIds::text[], :taskIds::text[], :claimTokens::bigint[], :outputs::bytea[], :writeIds::bigint[],
                        :nextTaskIds::text[], :delays::bigint[], :carryOn::bigint[], :workerIds::text[])
                 WITH ORDINALITY AS s (instance_id, task_id, claim_token, output, write_id,
                                       next_task_id, delay, carry_on, worker_id, place)
            CROSS JOIN LATERAL ${schema}.sayiir_commit_branch(
                :waits, s.instance_id, s.task_id, s.claim_token, s.output, s.write_id,
                s.next_task_id, s.delay, s.carry_on, s.worker_id) AS c
            WHERE c.checkpoint_version IS NOT NULL
            """;

    /** Changes nothing but the task: no result has been added to the instance. The clock is read when it is locked. */
    private static final String RETRY = """
            WITH held AS MATERIALIZED (
                SELECT t.instance_id, t.task_id
                FROM ${schema}.sayiir_workflow_tasks AS t
                WHERE t.instance_id = :instanceId
                  AND t.task_id = :taskId
                  AND t.claim_token = :claimToken
                  AND t.branch IS NOT NULL
                FOR UPDATE%s
            )
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
            FROM held AS h
            WHERE t.instance_id = h.instance_id AND t.task_id = h.task_id
            RETURNING ${schema}.sayiir_is_signalled(t.instance_id) AS signalled
            """;

    private final NamedParameterJdbcOperations jdbc;
    private final String commit;
    private final String retry;
    private final String retryIfFree;

    BranchRepository(NamedParameterJdbcOperations jdbc, SchemaName schema) {
        this.jdbc = jdbc;
        this.commit = schema.in(COMMIT);
        this.retry = schema.in(RETRY.formatted(""));
        this.retryIfFree = schema.in(RETRY.formatted(" SKIP LOCKED"));
    }

    /** The claim that a commit carried on, and whether a cancel or a pause is pending. */
    record Committed(Optional<TaskClaim> next, boolean signalled) {}

    /** A task that is done, and which write stores that. */
    record Commit(TaskClaim claim, BranchOutcome outcome, Optional<Duration> carryOn, Write write) {

        private Payload output() {
            return outcome instanceof Next next ? next.output() : ((Done) outcome).output();
        }

        private @Nullable String nextTaskId() {
            return outcome instanceof Next next ? next.nextTaskId() : null;
        }

        private @Nullable Long delay() {
            return outcome instanceof Next next ? micros(next.delay()) : null;
        }

        private @Nullable Long carriedOn() {
            return outcome instanceof Next ? micros(carryOn) : null;
        }

        private static @Nullable Long micros(Optional<Duration> duration) {
            return duration.map(ClaimRepository::micros).orElse(null);
        }
    }

    /**
     * Commits tasks together; at the place of each what was stored, or that nothing was: the claim is lost, the instance is
     * finished or gone, or, unless it waits, somebody else has locked the instance or the task.
     */
    List<Optional<Committed>> commit(List<Commit> tasks, boolean waits) {
        List<Optional<Committed>> committed = new ArrayList<>(Collections.nCopies(tasks.size(), Optional.empty()));
        Params params = new Params()
                .flag("waits", waits)
                .texts(
                        "instanceIds",
                        tasks.stream().map(it -> it.claim().instanceId()).toList())
                .texts("taskIds", tasks.stream().map(it -> it.claim().taskId()).toList())
                .numbers(
                        "claimTokens",
                        tasks.stream().map(it -> it.claim().claimToken()).toList())
                .payloads("outputs", tasks.stream().map(Commit::output).toList())
                .numbers("writeIds", tasks.stream().map(it -> it.write().id()).toList())
                .texts("nextTaskIds", nullable(tasks, Commit::nextTaskId))
                .numbers("delays", nullable(tasks, Commit::delay))
                .numbers("carryOn", nullable(tasks, Commit::carriedOn))
                .texts(
                        "workerIds",
                        tasks.stream().map(it -> it.claim().workerId()).toList());
        jdbc.query(commit, params, row -> {
            int place = row.getInt("place") - 1;
            committed.set(place, Optional.of(new Committed(next(row, tasks.get(place)), row.getBoolean("signalled"))));
        });
        return committed;
    }

    private static <T> List<@Nullable T> nullable(List<Commit> tasks, Function<Commit, @Nullable T> part) {
        List<@Nullable T> parts = new ArrayList<>(tasks.size());
        tasks.forEach(task -> parts.add(part.apply(task)));
        return parts;
    }

    /** Empty if the claim is lost, or, unless it waits, somebody else has locked the task. */
    Optional<Committed> retry(TaskClaim claim, Retry outcome, boolean waits) {
        Params params = Params.of("instanceId", claim.instanceId())
                .text("taskId", claim.taskId())
                .number("claimToken", claim.claimToken())
                .text("workerId", claim.workerId())
                .number("backOff", ClaimRepository.micros(outcome.backOff()))
                .text("error", outcome.error());
        return jdbc
                .query(
                        waits ? retry : retryIfFree,
                        params,
                        (row, number) -> new Committed(Optional.empty(), row.getBoolean("signalled")))
                .stream()
                .findFirst();
    }

    private static Optional<TaskClaim> next(ResultSet row, Commit task) throws SQLException {
        Optional<Instant> expiresAt = Columns.optionalTime(row, "next_expires_at");
        if (expiresAt.isEmpty()) {
            return Optional.empty();
        }
        TaskClaim claim = task.claim();
        return Optional.of(new TaskClaim(
                claim.instanceId(),
                Objects.requireNonNull(task.nextTaskId()),
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
}
