package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.time.temporal.Temporal;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import java.util.Optional;
import net.ttddyy.dsproxy.ExecutionInfo;
import net.ttddyy.dsproxy.QueryInfo;
import net.ttddyy.dsproxy.listener.QueryExecutionListener;
import net.ttddyy.dsproxy.proxy.ParameterSetOperation;
import net.ttddyy.dsproxy.support.ProxyDataSourceBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * A worker whose clock is wrong does no harm, because no reading of it gets to the database: leases are given as lengths,
 * and whatever is compared is compared with the database's clock.
 */
class ClockTest {

    private static final Duration TTL = Duration.ofMinutes(7);
    private static final Instant LONG_AGO = Instant.parse("2024-02-29T12:00:00Z");

    private final Database database = PostgresServer.of(17).newDatabase();
    private final List<String> readings = new ArrayList<>();
    private int statements;

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void R5_no_reading_of_the_clients_clock_is_sent_to_find_claim_extend_release_or_commit() {
        PostgresBackend plain = PostgresBackend.builder(database.dataSource()).build();
        PostgresBackend backend = PostgresBackend.builder(ProxyDataSourceBuilder.create(database.dataSource())
                        .listener(new Recorder())
                        .build())
                .migration(MigrationMode.NONE)
                .notifyMode(NotifyMode.POLL)
                .build();
        for (int i = 0; i < 4; i++) {
            plain.createSnapshot(WorkflowSnapshot.builder("order-" + i, "d")
                    .createdAt(LONG_AGO)
                    .build()
                    .moveTo(new AtTask("reserve")));
        }
        ClaimQuery query = ClaimQuery.of("w", 2, TTL);

        backend.findAvailableTasks(query);
        backend.findHintedTask("order-0", "reserve", query);
        List<ClaimedTask> tasks = backend.claimAvailableTasks(query);
        TaskClaim claim = backend.claimTask("order-3", "reserve", "w", TTL).orElseThrow();
        backend.extendTaskClaims(List.of(claim, tasks.get(0).claim()), TTL);
        CommittedTask committed = backend.commitTask(
                tasks.get(0).claim(),
                tasks.get(0).snapshot().completeTask("reserve", Payload.empty()).moveTo(new AtTask("charge")),
                Optional.of(TTL));
        backend.releaseTaskClaim(committed.next().orElseThrow());
        backend.releaseTaskClaims("w");
        backend.saveTaskResult("order-3", "weigh", Payload.empty());
        backend.storeSignal("order-3", SignalKind.PAUSE, SignalRequest.unexplained());
        backend.checkAndPause("order-3");
        backend.unpause("order-3");
        backend.sendEvent("order-3", "approved", Payload.empty());
        backend.consumeEvent("order-3", "approved");
        backend.requestCancel("order-3", SignalRequest.unexplained());

        assertThat(statements).isGreaterThan(20);
        assertThat(readings)
                .as("times near the client's clock among the bound values")
                .isEmpty();
    }

    @Test
    void R5_a_lease_is_as_long_as_was_asked_for_by_the_databases_clock() {
        PostgresBackend backend = PostgresBackend.builder(database.dataSource()).build();
        backend.createSnapshot(
                WorkflowSnapshot.start("order", "d", Payload.empty()).moveTo(new AtTask("reserve")));

        TaskClaim claim = backend.claimTask("order", "reserve", "w", TTL).orElseThrow();

        assertThat(claim.claimedAt().plus(TTL)).isEqualTo(claim.expiresAt());
        assertThat(backend.extendTaskClaim(claim, TTL.plusMinutes(1)).expiresAt())
                .isAfterOrEqualTo(claim.expiresAt().plus(1, ChronoUnit.MINUTES));
    }

    /** Looks for the present time in every shape in which a driver can be given it. */
    private final class Recorder implements QueryExecutionListener {

        @Override
        public void beforeQuery(ExecutionInfo execution, List<QueryInfo> queries) {
            for (QueryInfo query : queries) {
                statements++;
                for (List<ParameterSetOperation> parameters : query.getParametersList()) {
                    for (ParameterSetOperation parameter : parameters) {
                        Object value = parameter.getArgs()[1];
                        if (isReading(value)) {
                            readings.add(value + " in " + query.getQuery());
                        }
                    }
                }
            }
        }

        @Override
        public void afterQuery(ExecutionInfo execution, List<QueryInfo> queries) {}

        private boolean isReading(Object value) {
            return (value instanceof Temporal || value instanceof Date)
                    || value instanceof Long number && isPresent(number);
        }

        /** As seconds, milli-, micro- or nanoseconds since 1970. */
        private boolean isPresent(long number) {
            long now = Instant.now().getEpochSecond();
            for (long unit = 1; unit <= 1_000_000_000L; unit *= 1_000) {
                if (Math.abs(number / unit - now) < Duration.ofDays(1).toSeconds()) {
                    return true;
                }
            }
            return false;
        }
    }
}
