package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.LockWaits;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** A claim that is there when its commit begins, and not any more when the commit gets the instance's lock. */
@ParameterizedClass
@MethodSource("versions")
class ClaimLostInCommitTest {

    private static final Duration SHORT = Duration.ofMillis(1);

    /** The common pool may have one thread, and what waits for the lock would keep it. */
    private static final Executor NEW_THREAD = task -> new Thread(task).start();

    @Parameter
    private int major;

    private final AtomicInteger lost = new AtomicInteger();

    private Database database;
    private JdbcTemplate jdbc;
    private TransactionTemplate transaction;
    private PostgresBackend backend;

    static List<Integer> versions() {
        return PostgresServer.SUPPORTED;
    }

    @BeforeEach
    void migrate() {
        database = PostgresServer.of(major).newDatabase();
        jdbc = new JdbcTemplate(database.dataSource());
        transaction = new TransactionTemplate(new DataSourceTransactionManager(database.dataSource()));
        backend = PostgresBackend.builder(database.dataSource())
                .notifyMode(NotifyMode.POLL)
                .observer(new StoreObserver() {
                    @Override
                    public void claimsLost(int claims) {
                        lost.addAndGet(claims);
                    }
                })
                .build();
        backend.createSnapshot(
                WorkflowSnapshot.start("order-1", "d", Payload.empty()).moveTo(new AtTask("charge")));
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void R17_nothing_is_written_and_the_new_holder_keeps_the_task() {
        ClaimedTask former = claim("worker-1", SHORT);
        List<Map<String, Object>> before = StoredRows.all(jdbc);
        await().until(() -> Instant.now().isAfter(former.claim().expiresAt().plusMillis(5)));

        Takeover takeover = whileTheInstanceIsLocked(() -> commit(former));

        assertThatThrownBy(() -> takeover.commit().get(10, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .cause()
                .isInstanceOf(ClaimLostException.class)
                .hasMessageContaining("order-1");
        assertThat(lost).hasValue(1);
        assertThat(backend.loadSnapshot("order-1")).isEqualTo(former.snapshot());
        assertThat(StoredRows.all(jdbc)).as("all but the claim").hasSameSizeAs(before);
        assertThat(commit(new ClaimedTask(takeover.claim(), former.snapshot()))
                        .snapshot()
                        .completedTaskCount())
                .isOne();
    }

    @Test
    void R7_the_callers_transaction_stays_usable() {
        jdbc.execute("CREATE TABLE orders (id text PRIMARY KEY)");
        ClaimedTask former = claim("worker-1", SHORT);
        await().until(() -> Instant.now().isAfter(former.claim().expiresAt().plusMillis(5)));

        Takeover takeover = whileTheInstanceIsLocked(() -> transaction.execute(status -> {
            assertThatThrownBy(() -> commit(former)).isInstanceOf(ClaimLostException.class);
            return jdbc.update("INSERT INTO orders VALUES ('order-1')");
        }));

        assertThat(takeover.commit()).succeedsWithin(Duration.ofSeconds(10));
        assertThat(jdbc.queryForList("SELECT id FROM orders", String.class)).containsExactly("order-1");
        assertThat(lost).hasValue(1);
    }

    private record Takeover(TaskClaim claim, CompletableFuture<?> commit) {}

    /** Starts the commit, waits until it waits, and has another worker claim the task meanwhile. */
    private Takeover whileTheInstanceIsLocked(Supplier<?> commit) {
        return transaction.execute(status -> {
            jdbc.queryForList(
                    "SELECT instance_id FROM sayiir.sayiir_workflows WHERE instance_id = 'order-1' FOR UPDATE");
            CompletableFuture<?> committing = CompletableFuture.supplyAsync(commit, NEW_THREAD);
            await().until(() -> LockWaits.count(jdbc) > 0);
            return new Takeover(
                    CompletableFuture.supplyAsync(() -> claim("worker-2", Duration.ofMinutes(1)), NEW_THREAD)
                            .join()
                            .claim(),
                    committing);
        });
    }

    private ClaimedTask claim(String workerId, Duration ttl) {
        return backend.claimAvailableTasks(ClaimQuery.of(workerId, 1, ttl)).get(0);
    }

    private CommittedTask commit(ClaimedTask task) {
        WorkflowSnapshot done =
                task.snapshot().completeTask("charge", Payload.utf8("paid")).moveTo(new AtTask("ship"));
        return backend.commitTask(task.claim(), done, Optional.empty());
    }
}
