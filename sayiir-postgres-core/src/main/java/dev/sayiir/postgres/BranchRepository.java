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

    /** All that a commit writes is written by a function of the schema, which {@code v1/committing.sql} explains. */
    private static final String COMMIT = """
            SELECT c.ordinal, c.next_claim_token, c.next_claimed_at, c.next_expires_at, c.signalled
            FROM ${schema}.sayiir_commit_branches(
                p_instance_ids => :instanceIds,
                p_branches => :branches,
                p_task_ids => :taskIds,
                p_claim_tokens => :claimTokens,
                p_outputs => :outputs,
                p_write_ids => :writeIds,
                p_next_task_ids => :nextTaskIds,
                p_delays => :delays,
                p_carry_on => :carryOn) AS c
            """;

    /** Changes nothing but the claim: no result has been added to the instance. The clock is read when it is locked. */
    private static final String RETRY = """
            WITH held AS MATERIALIZED (
                SELECT c.instance_id, c.branch
                FROM ${schema}.sayiir_task_claims AS c
                WHERE c.instance_id = :instanceId AND c.branch = :branch AND c.claim_token = :claimToken
                FOR UPDATE SKIP LOCKED
            )
            UPDATE ${schema}.sayiir_task_claims AS c
            SET claim_token = NULL,
                claimed_at = NULL,
                expires_at = NULL,
                ready_at = CASE WHEN c.ready_at IS NOT NULL
                                THEN clock_timestamp() + :backOff * interval '1 microsecond' END,
                not_before = clock_timestamp() + :backOff * interval '1 microsecond',
                last_failed_worker = :workerId,
                failures = c.failures + 1,
                error = :error
            FROM held AS h
            WHERE c.instance_id = h.instance_id AND c.branch = h.branch
            RETURNING ${schema}.sayiir_is_signalled(c.instance_id) AS signalled
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
     * finished or gone, or somebody else has locked the instance or the task.
     */
    List<Optional<Committed>> commit(List<Commit> tasks) {
        List<Optional<Committed>> committed = new ArrayList<>(Collections.nCopies(tasks.size(), Optional.empty()));
        Params params = new Params()
                .texts(
                        "instanceIds",
                        tasks.stream().map(it -> it.claim().instanceId()).toList())
                .texts(
                        "branches",
                        tasks.stream()
                                .map(it -> ClaimRepository.branch(it.claim()))
                                .toList())
                .texts("taskIds", tasks.stream().map(it -> it.claim().taskId()).toList())
                .numbers(
                        "claimTokens",
                        tasks.stream().map(it -> it.claim().claimToken()).toList())
                .payloads("outputs", tasks.stream().map(Commit::output).toList())
                .numbers("writeIds", tasks.stream().map(it -> it.write().id()).toList())
                .texts("nextTaskIds", nullable(tasks, Commit::nextTaskId))
                .numbers("delays", nullable(tasks, Commit::delay))
                .numbers("carryOn", nullable(tasks, Commit::carriedOn));
        jdbc.query(commit, params, row -> {
            int index = row.getInt("ordinal") - 1;
            committed.set(index, Optional.of(new Committed(next(row, tasks.get(index)), row.getBoolean("signalled"))));
        });
        return committed;
    }

    private static <T> List<@Nullable T> nullable(List<Commit> tasks, Function<Commit, @Nullable T> part) {
        List<@Nullable T> parts = new ArrayList<>(tasks.size());
        tasks.forEach(task -> parts.add(part.apply(task)));
        return parts;
    }

    /** Empty if the claim is lost, or somebody else has locked it. */
    Optional<Committed> retry(TaskClaim claim, Retry outcome) {
        Params params = Params.of("instanceId", claim.instanceId())
                .text("branch", ClaimRepository.branch(claim))
                .number("claimToken", claim.claimToken())
                .text("workerId", claim.workerId())
                .number("backOff", ClaimRepository.micros(outcome.backOff()))
                .text("error", outcome.error());
        return jdbc
                .query(retry, params, (row, number) -> new Committed(Optional.empty(), row.getBoolean("signalled")))
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
