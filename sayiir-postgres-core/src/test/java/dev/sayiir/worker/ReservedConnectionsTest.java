package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.postgres.NotifyMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.WorkflowStatus;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A worker whose handlers want more connections than there are. */
class ReservedConnectionsTest {

    private static final Workflow WORKFLOW = new Workflow("fulfilment-v1", "first");
    private static final Duration TTL = Duration.ofSeconds(1);
    private static final int TASKS = 20;

    private final Database database = PostgresServer.of(17).newDatabase();

    @AfterEach
    void drop() {
        database.close();
    }

    private HikariDataSource pool(int size) {
        HikariConfig config = database.poolConfig(database.url());
        config.setMaximumPoolSize(size);
        return new HikariDataSource(config);
    }

    /** Each handler holds a connection for longer than a claim lasts: for seven heartbeats of which five are one. */
    @ParameterizedTest
    @ValueSource(ints = {4, 10})
    void R28_no_claim_of_a_living_worker_is_lost_though_handlers_hold_all_connections_they_can_get(int size) {
        AtomicLong beats = new AtomicLong();
        Map<String, AtomicInteger> calls = new ConcurrentHashMap<>();
        try (HikariDataSource pool = pool(size);
                PostgresBackend backend = PostgresBackend.builder(pool)
                        .notifyMode(NotifyMode.POLL)
                        .build();
                PostgresBackend reserved = backend.reserving(TaskWorker.CONNECTIONS)) {
            Workflows workflows = Workflows.of(backend);
            for (int i = 0; i < TASKS; i++) {
                workflows.start(WORKFLOW, "order-" + i, "in");
            }
            InterceptedClaims claims = new InterceptedClaims(reserved);
            claims.on("extendTaskClaims", (arguments, proceed) -> {
                Object extended = proceed.call();
                beats.incrementAndGet();
                return extended;
            });
            try (TaskWorker worker = TaskWorker.builder(backend, reserved, claims.store())
                    .workflow(WORKFLOW)
                    .handler(TaskHandler.of("first", String.class, (in, task) -> {
                        calls.computeIfAbsent(task.instanceId(), id -> new AtomicInteger())
                                .incrementAndGet();
                        try (Connection held = pool.getConnection()) {
                            long until = beats.get() + 7;
                            await().atMost(Duration.ofMinutes(1)).until(() -> beats.get() >= until);
                            return TaskOutcome.complete(held.isValid(10));
                        }
                    }))
                    .wakeUps(backend)
                    .pollInterval(Duration.ofMillis(20))
                    .claims(TTL, TTL.dividedBy(5))
                    .build()) {
                worker.start();
                for (int i = 0; i < TASKS; i++) {
                    String order = "order-" + i;
                    await().atMost(Duration.ofMinutes(2))
                            .until(() ->
                                    reserved.findWorkflow(order).orElseThrow().status() == WorkflowStatus.COMPLETED);
                }
            }
            assertThat(calls).hasSize(TASKS);
            assertThat(calls.values()).allMatch(count -> count.get() == 1);
            assertThat(reserved.maxConnections()).hasValue(Math.min(4, size / 2));
        }
    }

    /** What has to be read for that is read by the worker's own connections as well. */
    @Test
    void R28_a_result_that_somebody_has_overtaken_is_stored_though_handlers_hold_all_other_connections()
            throws Exception {
        CountDownLatch begun = new CountDownLatch(2);
        CountDownLatch overtaken = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        try (HikariDataSource pool = pool(8);
                HikariDataSource callers = pool(2);
                PostgresBackend backend = PostgresBackend.builder(pool)
                        .notifyMode(NotifyMode.POLL)
                        .build();
                PostgresBackend reserved = backend.reserving(TaskWorker.CONNECTIONS);
                PostgresBackend caller = PostgresBackend.builder(callers)
                        .notifyMode(NotifyMode.POLL)
                        .build()) {
            reserved.ping();
            Workflows workflows = Workflows.of(caller);
            workflows.start(WORKFLOW, "holding", "in");
            workflows.start(WORKFLOW, "overtaken", "in");
            try (TaskWorker worker = TaskWorker.builder(reserved)
                    .handlerStores(backend, backend)
                    .workflow(WORKFLOW)
                    .handler(TaskHandler.of("first", String.class, (in, task) -> {
                        if (task.instanceId().equals("overtaken")) {
                            begun.countDown();
                            overtaken.await();
                            return TaskOutcome.complete("done");
                        }
                        try (Connection one = pool.getConnection();
                                Connection two = pool.getConnection();
                                Connection three = pool.getConnection();
                                Connection four = pool.getConnection()) {
                            begun.countDown();
                            goOn.await();
                        }
                        return TaskOutcome.complete("done");
                    }))
                    .pollInterval(Duration.ofMillis(20))
                    .build()) {
                worker.start();
                await().atMost(Duration.ofMinutes(1)).until(() -> begun.getCount() == 0);
                await().until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 8);
                caller.saveSnapshot(caller.loadSnapshot("overtaken"));
                overtaken.countDown();

                await().atMost(Duration.ofSeconds(20))
                        .until(() -> workflows.status("overtaken") == WorkflowStatus.COMPLETED);
                assertThat(workflows.status("holding")).isEqualTo(WorkflowStatus.IN_PROGRESS);
                goOn.countDown();
                await().atMost(Duration.ofMinutes(1))
                        .until(() -> workflows.status("holding") == WorkflowStatus.COMPLETED);
            }
        }
    }

    @Test
    void R28_reserved_connections_are_given_back_and_those_that_break_are_replaced() {
        try (HikariDataSource pool = pool(3);
                PostgresBackend backend = PostgresBackend.builder(pool)
                        .notifyMode(NotifyMode.POLL)
                        .build()) {
            PostgresBackend reserved = backend.reserving(1);
            reserved.ping();
            await().until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 1);
            try (Connection other = pool.getConnection();
                    var statement = other.createStatement()) {
                statement.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND"
                                + " pid <> pg_backend_pid()");
            } catch (SQLException e) {
                throw new AssertionError(e);
            }
            await().ignoreExceptions().until(() -> {
                reserved.ping();
                return true;
            });
            reserved.close();
            await().until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 0);
            assertThat(backend.listSnapshots()).isEmpty();
        }
    }

    @Test
    void nothing_can_be_reserved_of_a_pool_of_one() {
        try (HikariDataSource pool = pool(1);
                PostgresBackend backend = PostgresBackend.builder(pool)
                        .notifyMode(NotifyMode.POLL)
                        .build()) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> backend.reserving(4))
                    .withMessageContaining("single connection");
            assertThatIllegalArgumentException().isThrownBy(() -> backend.reserving(0));
        }
    }
}
