package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.ValueLimits;
import dev.sayiir.persistence.ValueTooLargeException;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A limit of one's own, and what was stored under a higher one. */
class PayloadLimitTest {

    private static final int LIMIT = ValueLimits.MIN_MAX_PAYLOAD_BYTES;
    private static final Payload LARGE = Payload.of(new byte[2 * LIMIT]);

    private final Database database = PostgresServer.of(17).newDatabase();
    private final PostgresBackend before =
            PostgresBackend.builder(database.dataSource()).build();
    private final PostgresBackend backend = PostgresBackend.builder(database.dataSource())
            .maxPayloadBytes(LIMIT)
            .build();

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void R25_what_has_exactly_the_limit_is_stored() {
        Payload largest = Payload.of(new byte[LIMIT]);
        WorkflowSnapshot order = backend.createSnapshot(
                WorkflowSnapshot.start("order-1", "d", largest).moveTo(new AtTask("t")));
        backend.saveSnapshot(order.completeTask("t", largest));
        backend.sendEvent("order-1", "paid", largest);

        assertThat(backend.loadTaskResult("order-1", "t")).contains(largest);
        assertThatExceptionOfType(ValueTooLargeException.class)
                .isThrownBy(() -> backend.sendEvent("order-1", "paid", Payload.of(new byte[LIMIT + 1])));
    }

    @Test
    void R25_what_was_stored_under_a_higher_limit_is_read_and_its_instance_goes_on() {
        WorkflowSnapshot order = before.createSnapshot(
                WorkflowSnapshot.start("order-1", "d", LARGE).moveTo(new AtTask("t")));
        before.saveSnapshot(order.completeTask("t", LARGE).moveTo(new AtTask("u")));
        before.sendEvent("order-1", "paid", LARGE);

        backend.saveSnapshot(backend.loadSnapshot("order-1")
                .completeTask("u", Payload.utf8("small"))
                .moveTo(new AtSignal("wait", "paid", Optional.empty(), Optional.of("v"))));
        ClaimedTask next = backend.claimAvailableTasks(ClaimQuery.of("w", 1, Duration.ofMinutes(1)))
                .get(0);
        assertThat(next.claim().taskId()).isEqualTo("v");
        assertThat(next.snapshot().initialInput()).contains(LARGE);
        assertThat(backend.loadTaskResult("order-1", "wait")).contains(LARGE);
    }

    @Test
    void R19_limits_that_cannot_be_are_refused() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PostgresBackend.builder(database.dataSource())
                        .maxPayloadBytes(ValueLimits.MIN_MAX_PAYLOAD_BYTES - 1));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> PostgresBackend.builder(database.dataSource())
                        .maxPayloadBytes(ValueLimits.MAX_MAX_PAYLOAD_BYTES + 1));
    }
}
