package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.BlockedTask;
import dev.sayiir.postgres.MigrationMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.LockWaits;
import dev.sayiir.workflow.WorkflowStatus;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Transactional tasks whose transaction is not what it should be, by the application's doing. */
class TransactionFaultsTest extends PaymentTest {

    private FunctionHandler<String> counted(TaskFunction<String> then) {
        return TaskHandler.of("charge", String.class, (in, task) -> {
                    calls.incrementAndGet();
                    return then.handle(in, task);
                })
                .transactional();
    }

    private void pay() {
        jdbc.update("INSERT INTO payments VALUES ('order-1', 1)");
    }

    private void run(PostgresBackend ofHandlers, TaskHandler<?>... handlers) {
        run(ofHandlers, new TaskWorkerListener() {}, handlers);
    }

    private void run(PostgresBackend ofHandlers, TaskWorkerListener listener, TaskHandler<?>... handlers) {
        start(builder(handlers)
                .handlerStores(ofHandlers, ofHandlers)
                .transactionManager(ofHandlers.transactionManager())
                .claims(HOUR, SOON)
                .listener(listener));
        begin("order-1");
    }

    @Test
    void R31_a_manager_of_another_data_source_is_found_out_before_the_handler_is_called() {
        LazyConnectionDataSourceProxy proxy = new LazyConnectionDataSourceProxy(database.dataSource());
        run(
                PostgresBackend.builder(database.dataSource())
                        .transactionManager(new JdbcTransactionManager(proxy))
                        .build(),
                counted((in, task) -> TaskOutcome.complete("paid")));

        List<BlockedTask> blocked = await().atMost(PATIENCE)
                .until(() -> backend.findBlockedTasks(BlockedQuery.all()), found -> !found.isEmpty());
        assertThat(blocked)
                .singleElement()
                .satisfies(task -> assertThat(task.error()).contains("would be two transactions", "'charge'"));
        assertThat(calls).hasValue(0);
    }

    @Test
    void R31_a_constraint_that_fails_at_the_commit_counts_with_a_manager_that_does_not_translate_as_well() {
        pay();
        run(
                PostgresBackend.builder(database.dataSource())
                        .transactionManager(new DataSourceTransactionManager(database.dataSource()))
                        .build(),
                counted((in, task) -> {
                    pay();
                    return TaskOutcome.complete("paid");
                }));

        assertThat(errorOf("order-1")).contains("TransactionSystemException");
        assertThat(calls).hasValue(1);
    }

    @Test
    void R31_a_deadlock_of_the_handlers_own_statements_is_no_failure_of_the_task() throws Exception {
        jdbc.update("INSERT INTO payments VALUES ('a', 0), ('b', 0)");
        CountDownLatch hasA = new CountDownLatch(1);
        CountDownLatch hasB = new CountDownLatch(1);
        CompletableFuture<Void> other =
                CompletableFuture.runAsync(() -> new TransactionTemplate(backend.transactionManager())
                        .executeWithoutResult(transaction -> {
                            jdbc.execute("SET LOCAL deadlock_timeout = '60s'"); // so that the handler is the victim
                            jdbc.update("UPDATE payments SET attempt = 9 WHERE order_id = 'b'");
                            hasB.countDown();
                            await().atMost(PATIENCE).until(() -> hasA.getCount() == 0);
                            jdbc.update("UPDATE payments SET attempt = 9 WHERE order_id = 'a'");
                        }));
        run(backend, counted((in, task) -> {
            if (calls.get() == 1) {
                hasB.await();
                jdbc.update("UPDATE payments SET attempt = 1 WHERE order_id = 'a'");
                hasA.countDown();
                await().atMost(PATIENCE).until(() -> LockWaits.count(jdbc) == 1);
            }
            jdbc.update("UPDATE payments SET attempt = 1 WHERE order_id = 'b'");
            return TaskOutcome.complete("paid");
        }));

        awaitStatus("order-1", WorkflowStatus.COMPLETED);
        other.join();
        assertThat(calls).hasValue(2);
    }

    @Test
    void R31_a_handler_that_deletes_its_own_instance_has_failed() {
        run(backend, counted((in, task) -> {
            pay();
            backend.deleteSnapshot("order-1");
            return TaskOutcome.complete("paid");
        }));

        assertThat(errorOf("order-1")).contains("order-1", "SnapshotNotFoundException");
        assertThat(payments()).isZero();
    }

    @Test
    void R31_a_handler_that_ends_its_own_instance_has_failed() {
        run(backend, counted((in, task) -> {
            pay();
            backend.saveSnapshot(backend.loadSnapshot("order-1").fail("by myself"));
            return TaskOutcome.complete("paid");
        }));

        assertThat(errorOf("order-1")).contains("TerminalStateException");
        assertThat(payments()).isZero();
    }

    @Test
    void R31_waiting_for_a_connection_is_no_failure_though_the_time_is_up() throws Exception {
        try (HikariDataSource small = poolOfOne();
                Connection busy = small.getConnection()) {
            PostgresBackend ofHandlers =
                    PostgresBackend.builder(small).migration(MigrationMode.NONE).build();
            AtomicInteger begun = new AtomicInteger();
            run(
                    ofHandlers,
                    new TaskWorkerListener() {
                        @Override
                        public TaskOutcome aroundTask(TaskContext task, Callable<TaskOutcome> handler)
                                throws Exception {
                            if (begun.incrementAndGet() > 1) {
                                busy.close();
                            }
                            return handler.call();
                        }
                    },
                    counted((in, task) -> TaskOutcome.complete("paid")).timeout(Duration.ofMillis(300)));

            awaitStatus("order-1", WorkflowStatus.COMPLETED);
            assertThat(calls).hasValue(1);
        }
    }

    @Test
    void R31_a_transaction_within_that_gets_no_connection_is_no_failure() {
        try (HikariDataSource small = poolOfOne()) {
            PostgresBackend ofHandlers =
                    PostgresBackend.builder(small).migration(MigrationMode.NONE).build();
            TransactionTemplate within = new TransactionTemplate(ofHandlers.transactionManager());
            within.setPropagationBehavior(TransactionDefinition.PROPAGATION_REQUIRES_NEW);
            run(ofHandlers, counted((in, task) -> {
                if (calls.get() == 1) {
                    within.executeWithoutResult(transaction -> {});
                }
                return TaskOutcome.complete("paid");
            }));

            awaitStatus("order-1", WorkflowStatus.COMPLETED);
            assertThat(calls).hasValue(2);
        }
    }

    private HikariDataSource poolOfOne() {
        HikariConfig config = database.poolConfig(database.url());
        config.setMaximumPoolSize(1);
        config.setConnectionTimeout(Duration.ofMillis(500).toMillis());
        return new HikariDataSource(config);
    }

    @Test
    void R31_a_listener_cannot_call_the_handler_a_second_time() {
        run(
                backend,
                new TaskWorkerListener() {
                    @Override
                    public TaskOutcome aroundTask(TaskContext task, Callable<TaskOutcome> handler) throws Exception {
                        try {
                            return handler.call();
                        } catch (IllegalArgumentException e) {
                            return handler.call();
                        }
                    }
                },
                counted((in, task) -> {
                    pay();
                    throw new IllegalArgumentException("declined");
                }));

        assertThat(errorOf("order-1")).contains("was to be called twice");
        assertThat(calls).hasValue(1);
        assertThat(payments()).isZero();
    }

    @Test
    void R31_a_listener_cannot_make_an_outcome_of_a_transaction_that_was_rolled_back() {
        run(
                backend,
                new TaskWorkerListener() {
                    @Override
                    public TaskOutcome aroundTask(TaskContext task, Callable<TaskOutcome> handler) {
                        try {
                            return handler.call();
                        } catch (Exception e) {
                            return TaskOutcome.complete("never mind");
                        }
                    }
                },
                counted((in, task) -> {
                    pay();
                    throw new IllegalStateException("declined");
                }));

        assertThat(errorOf("order-1")).contains("declined");
        assertThat(payments()).isZero();
    }

    @Test
    void R31_a_listener_that_does_not_call_the_handler_has_failed_the_task() {
        run(
                backend,
                new TaskWorkerListener() {
                    @Override
                    public TaskOutcome aroundTask(TaskContext task, Callable<TaskOutcome> handler) {
                        return TaskOutcome.complete("never mind");
                    }
                },
                counted((in, task) -> TaskOutcome.complete("paid")));

        assertThat(errorOf("order-1")).contains("was not called, by a listener around it");
    }
}
