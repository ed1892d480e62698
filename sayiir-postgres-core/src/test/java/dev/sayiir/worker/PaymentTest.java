package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.WorkflowState.Failed;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.springframework.jdbc.core.JdbcTemplate;

/** A workflow whose first task books a payment in the database that it is kept in. */
abstract class PaymentTest {

    static final Workflow WORKFLOW = new Workflow("payment-v1", "charge");
    static final Duration SOON = Duration.ofMillis(20);
    static final Duration HOUR = Duration.ofHours(1);
    static final Duration PATIENCE = Duration.ofSeconds(30);
    static final RetryPolicy THRICE = new RetryPolicy(3, Duration.ofMillis(1), 1, Optional.empty());

    final Database database = PostgresServer.of(17).newDatabase();
    final PostgresBackend backend =
            PostgresBackend.builder(database.dataSource()).build();
    final JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
    final Workflows workflows = Workflows.of(backend);
    final AtomicInteger calls = new AtomicInteger();
    final List<TaskWorkerListener.End> ends = new CopyOnWriteArrayList<>();
    TaskWorker worker;

    @BeforeEach
    void createBusinessTable() {
        jdbc.execute("""
                CREATE TABLE payments (order_id text, attempt integer,
                                       UNIQUE (order_id) DEFERRABLE INITIALLY DEFERRED)
                """);
    }

    @AfterEach
    void stop() {
        if (worker != null) {
            worker.stop(Duration.ZERO);
        }
        database.close();
    }

    void start(TaskHandler<?>... handlers) {
        start(builder(handlers));
    }

    TaskWorkerBuilder builder(TaskHandler<?>... handlers) {
        TaskWorkerBuilder builder = TaskWorker.builder(backend)
                .transactionManager(backend.transactionManager())
                .workflow(WORKFLOW)
                .pollInterval(SOON)
                .interruptGrace(SOON)
                .listener(new TaskWorkerListener() {
                    @Override
                    public void taskEnded(TaskClaim claim, End end) {
                        ends.add(end);
                    }
                });
        List.of(handlers).forEach(builder::handler);
        return builder;
    }

    void start(TaskWorkerBuilder builder) {
        worker = builder.build();
        worker.start();
    }

    FunctionHandler<String> charge(TaskFunction<String> then) {
        return TaskHandler.of("charge", String.class, (in, task) -> {
                    calls.incrementAndGet();
                    pay(task);
                    return then.handle(in, task);
                })
                .transactional();
    }

    void pay(TaskContext task) {
        jdbc.update("INSERT INTO payments VALUES (?, ?)", task.instanceId(), task.attempt());
    }

    void begin(String instanceId) {
        workflows.start(WORKFLOW, instanceId, "in");
    }

    void awaitStatus(String instanceId, WorkflowStatus status) {
        await().atMost(PATIENCE)
                .pollInterval(SOON)
                .untilAsserted(() -> assertThat(workflows.status(instanceId)).isEqualTo(status));
    }

    String errorOf(String instanceId) {
        awaitStatus(instanceId, WorkflowStatus.FAILED);
        return ((Failed) backend.loadSnapshot(instanceId).state()).error();
    }

    int payments() {
        return jdbc.queryForObject("SELECT count(*) FROM payments", Integer.class);
    }
}
