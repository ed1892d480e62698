package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.testing.LogLines;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.support.JdbcTransactionManager;

/** How long the transactions of handlers take; the clock is the test's. */
class TransactionsTest {

    private static final Instant NOW = Instant.parse("2023-11-14T22:13:20Z");
    private static final TaskClaim CLAIM = new TaskClaim(
            "order-1", "charge", "v1", "w", 1, 1, 0, 0, Optional.empty(), NOW, NOW.plus(Duration.ofHours(1)));
    private static final InMemoryBackend BACKEND = new InMemoryBackend();

    private final AtomicLong clock = new AtomicLong();
    private final Transactions transactions = new Transactions(
            new JdbcTransactionManager(),
            BACKEND,
            BACKEND,
            new Handlers(List.of(), FailurePolicy.DEFAULT),
            Duration.ofMinutes(1),
            clock::get);

    private TaskOutcome taking(Duration time, Callable<TaskOutcome> call) throws Exception {
        return transactions.timed(new HeldTask(CLAIM), () -> {
            clock.addAndGet(time.toNanos());
            return call.call();
        });
    }

    @Test
    void R31_a_transaction_that_takes_long_is_warned_of_whatever_comes_of_it() throws Exception {
        try (LogLines log = LogLines.of("dev.sayiir.worker")) {
            TaskOutcome done = TaskOutcome.complete("done");
            assertThat(taking(Transactions.LONG, () -> done)).isSameAs(done);
            assertThat(log.lines()).isEmpty();

            assertThat(taking(Transactions.LONG.plusSeconds(1), () -> done)).isSameAs(done);
            assertThatThrownBy(() -> taking(Duration.ofMinutes(1), () -> {
                        throw new IllegalStateException("failed");
                    }))
                    .hasMessage("failed");

            assertThat(log.lines())
                    .hasSize(2)
                    .allMatch(
                            line -> line.startsWith("WARN The transaction of task 'charge' of instance 'order-1' took"))
                    .anyMatch(line -> line.contains("took PT11S"))
                    .anyMatch(line -> line.contains("took PT1M"));
        }
    }
}
