package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.BlockedTask;
import dev.sayiir.postgres.MigrationMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.LockWaits;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.WorkflowState.Failed;
import dev.sayiir.workflow.WorkflowStatus;
import java.sql.Connection;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.LazyConnectionDataSourceProxy;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.TransactionDefinition;
import org.springframework.transaction.support.TransactionTemplate;

/** Transactional tasks whose transaction is not what it should be, by the application's doing. */
class TransactionFaultsTest {

    private static final Workflow WORKFLOW = new Workflow("payment-v1", "charge");
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final Database database = PostgresServer.of(17).newDatabase();
    private final PostgresBackend backend =
            PostgresBackend.builder(database.dataSource()).build();
    private final JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
    private final Workflows workflows = Workflows.of(backend);
    private final AtomicInteger calls = new AtomicInteger();
    private TaskWorker worker;

    @BeforeEach
    void createTable() {
        jdbc.execute("CREATE TABLE payments (order_id text UNIQUE DEFERRABLE INITIALLY DEFERRED, attempt integer)");
    }

    @AfterEach
    void stop() {
        if (worker != null) {
            worker.stop(Duration.ZERO);
        }
        database.close();
    }

    private static FunctionHandler<String> task(String taskId, TaskFunction<String> function) {
        return TaskHandler.of(taskId, String.class, function);
    }

    private FunctionHandler<String> charge(TaskFunction<String> then) {
        return task("charge", (in, context) -> {
                    calls.incrementAndGet();
                    return then.handle(in, context);
                })
                .transactional();
    }

    private void pay() {
        jdbc.update("INSERT INTO payments VALUES ('order-1', 1)");
    }

    private int payments() {
        return jdbc.queryForObject("SELECT count(*) FROM payments", Integer.class);
    }

    private void run(PostgresBackend ofHandlers, TaskHandler<?>... handlers) {
        run(ofHandlers, new TaskWorkerListener() {}, handlers);
    }

    private void run(PostgresBackend ofHandlers, TaskWorkerListener listener, TaskHandler<?>... handlers) {
        TaskWorkerBuilder builder = TaskWorker.builder(backend)
                .handlerStores(ofHandlers, ofHandlers)
                .transactionManager(ofHandlers.transactionManager())
                .workflow(WORKFLOW)
                .pollInterval(Duration.ofMillis(20))
                .claims(Duration.ofHours(1), Duration.ofMillis(20))
                .listener(listener);
        List.of(handlers).forEach(builder::handler);
        worker = builder.build();
        worker.start();
        workflows.start(WORKFLOW, "order-1", "in");
    }

    private void awaitCompleted() {
        await().atMost(PATIENCE).until(() -> workflows.status("order-1").isTerminal());
        assertThat(workflows.status("order-1")).isEqualTo(WorkflowStatus.COMPLETED);
    }

    private String error() {
        await().atMost(PATIENCE).until(() -> workflows.status("order-1").isTerminal());
        return ((Failed) backend.loadSnapshot("order-1").state()).error();
    }

    @Test
    void R31_a_manager_of_another_data_source_is_found_out_before_the_handler_is_called() {
        LazyConnectionDataSourceProxy proxy = new LazyConnectionDataSourceProxy(database.dataSource());
        run(
                PostgresBackend.builder(database.dataSource())
                        .transactionManager(new JdbcTransactionManager(proxy))
                        .build(),
                charge((in, task) -> TaskOutcome.complete("paid")));

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
                charge((in, task) -> {
                    pay();
                    return TaskOutcome.complete("paid");
                }));

        assertThat(error()).contains("TransactionSystemException");
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
        run(backend, charge((in, task) -> {
            if (calls.get() == 1) {
                hasB.await();
                jdbc.update("UPDATE payments SET attempt = 1 WHERE order_id = 'a'");
                hasA.countDown();
                await().atMost(PATIENCE).until(() -> LockWaits.count(jdbc) == 1);
            }
            jdbc.update("UPDATE payments SET attempt = 1 WHERE order_id = 'b'");
            return TaskOutcome.complete("paid");
        }));

        awaitCompleted();
        other.join();
        assertThat(calls).hasValue(2);
    }

    @Test
    void R31_a_handler_that_deletes_its_own_instance_has_failed() {
        run(backend, charge((in, task) -> {
            pay();
            backend.deleteSnapshot("order-1");
            return TaskOutcome.complete("paid");
        }));

        assertThat(error()).contains("order-1", "SnapshotNotFoundException");
        assertThat(payments()).isZero();
    }

    @Test
    void R31_a_handler_that_ends_its_own_instance_has_failed() {
        run(backend, charge((in, task) -> {
            pay();
            backend.saveSnapshot(backend.loadSnapshot("order-1").fail("by myself"));
            return TaskOutcome.complete("paid");
        }));

        assertThat(error()).contains("TerminalStateException");
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
                    charge((in, task) -> TaskOutcome.complete("paid")).timeout(Duration.ofMillis(300)));

            awaitCompleted();
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
            run(ofHandlers, charge((in, task) -> {
                if (calls.get() == 1) {
                    within.executeWithoutResult(transaction -> {});
                }
                return TaskOutcome.complete("paid");
            }));

            awaitCompleted();
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
                charge((in, task) -> {
                    pay();
                    throw new IllegalArgumentException("declined");
                }));

        assertThat(error()).contains("was to be called twice");
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
                charge((in, task) -> {
                    pay();
                    throw new IllegalStateException("declined");
                }));

        assertThat(error()).contains("declined");
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
                charge((in, task) -> TaskOutcome.complete("paid")));

        assertThat(error()).contains("was not called, by a listener around it");
    }
}
