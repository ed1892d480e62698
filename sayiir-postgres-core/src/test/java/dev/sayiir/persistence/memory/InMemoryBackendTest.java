package dev.sayiir.persistence.memory;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.HistoryEntry;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import org.junit.jupiter.api.Test;

/** What the contract leaves to this backend: whose clock it goes by. */
class InMemoryBackendTest {

    private static final Instant NOON = Instant.parse("2024-02-29T12:00:00.123456789Z");
    private static final Instant NOON_IN_MICROSECONDS = Instant.parse("2024-02-29T12:00:00.123456Z");

    @Test
    void times_come_from_the_clock_that_it_is_given() {
        HandSetClock clock = new HandSetClock();
        InMemoryBackend backend = new InMemoryBackend(clock);

        WorkflowSnapshot order = backend.createSnapshot(WorkflowSnapshot.start("order-1", "v1", Payload.empty()));
        clock.now = NOON.plus(Duration.ofHours(1));
        WorkflowSnapshot done = backend.saveSnapshot(order.complete(Payload.utf8("done")));

        assertThat(backend.listVersions("order-1", 0, 10))
                .extracting(HistoryEntry::savedAt)
                .containsExactly(NOON_IN_MICROSECONDS, NOON_IN_MICROSECONDS.plus(Duration.ofHours(1)));
        assertThat(backend.findWorkflow("order-1").orElseThrow().completedAt())
                .contains(NOON_IN_MICROSECONDS.plus(Duration.ofHours(1)));
        assertThat(backend.loadAsOf("order-1", clock.now.minusSeconds(1))).isEqualTo(order);
        assertThat(backend.loadAsOf("order-1", clock.now)).isEqualTo(done);
    }

    private static final class HandSetClock extends Clock {

        private Instant now = NOON;

        @Override
        public Instant instant() {
            return now;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }
    }
}
