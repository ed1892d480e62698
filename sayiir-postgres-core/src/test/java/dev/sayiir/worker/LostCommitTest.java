package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.postgres.MigrationMode;
import dev.sayiir.postgres.NotifyMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.CuttingProxy;
import dev.sayiir.testing.CuttingProxy.Loss;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Transactions of handlers whose connection breaks, at each request of theirs in turn. The worker has connections of its own,
 * which do not.
 */
class LostCommitTest {

    private static final Workflow WORKFLOW = new Workflow("payment-v1", "charge");
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    /** The insert, which begins the transaction; what commits the task; and the commit. */
    private static final int REQUESTS = 3;

    private final Database database = PostgresServer.of(17).newDatabase();
    private final PostgresBackend own = PostgresBackend.builder(database.dataSource())
            .notifyMode(NotifyMode.POLL)
            .build();
    private final CuttingProxy proxy = CuttingProxy.before(database.url());
    private final HikariDataSource pool = new HikariDataSource(config());
    private final PostgresBackend handlers = PostgresBackend.builder(pool)
            .migration(MigrationMode.NONE)
            .notifyMode(NotifyMode.POLL)
            .build();
    private final JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
    private final JdbcTemplate handlersJdbc = new JdbcTemplate(pool);
    private final Workflows workflows = Workflows.of(own);
    private final List<TaskWorkerListener.End> ends = new CopyOnWriteArrayList<>();
    private final AtomicInteger calls = new AtomicInteger();

    private HikariConfig config() {
        HikariConfig config = database.poolConfig(proxy.through(database.url()));
        config.setMaximumPoolSize(1);
        return config;
    }

    @AfterEach
    void drop() {
        pool.close();
        proxy.close();
        database.close();
    }

    private TaskWorker start(TaskOutcome outcome) {
        TaskWorker worker = TaskWorker.builder(own)
                .handlerStores(handlers, handlers)
                .transactionManager(handlers.transactionManager())
                .workflow(WORKFLOW)
                .pollInterval(Duration.ofMillis(20))
                .claims(Duration.ofMinutes(10), Duration.ofMinutes(5))
                .handler(TaskHandler.of("charge", String.class, (in, task) -> {
                            calls.incrementAndGet();
                            handlersJdbc.update("INSERT INTO payments VALUES (?)", task.instanceId());
                            return outcome;
                        })
                        .transactional())
                .handler(TaskHandler.of("ship", String.class, (in, task) -> TaskOutcome.complete(in)))
                .listener(new TaskWorkerListener() {
                    @Override
                    public void taskEnded(TaskClaim claim, End end) {
                        ends.add(end);
                    }
                })
                .build();
        worker.start();
        return worker;
    }

    static Stream<Arguments> losses() {
        return IntStream.range(0, REQUESTS)
                .boxed()
                .flatMap(request -> Stream.of(Loss.values())
                        .flatMap(loss -> Stream.of(
                                Arguments.of(loss, request, TaskOutcome.next("ship", "paid")),
                                Arguments.of(loss, request, TaskOutcome.complete("paid")))));
    }

    @ParameterizedTest
    @MethodSource("losses")
    void R31_a_connection_that_breaks_in_the_transaction_of_a_handler_makes_no_difference(
            Loss loss, int request, TaskOutcome outcome) {
        jdbc.execute("CREATE TABLE payments (order_id text)");
        handlersJdbc.execute("SELECT 1");
        workflows.start(WORKFLOW, "order-1", "in");
        proxy.loseNext(loss, request);

        try (TaskWorker worker = start(outcome)) {
            await().atMost(PATIENCE).until(() -> workflows.status("order-1").isTerminal());

            assertThat(proxy.disarm()).as("requests before the cut").isNegative();
            assertThat(workflows.status("order-1")).isEqualTo(WorkflowStatus.COMPLETED);
            assertThat(jdbc.queryForObject("SELECT count(*) FROM payments", Integer.class))
                    .isOne();
            boolean isCommitted = request == REQUESTS - 1 && loss != Loss.REQUEST;
            assertThat(calls).hasValue(isCommitted ? 1 : 2);
            assertThat(ends).doesNotContain(TaskWorkerListener.End.LOST);
            assertThat(worker.workerId()).isNotEmpty();
        }
    }

    /** The next task does not wait for its claim to end. */
    @Test
    void R31_the_worker_goes_on_with_the_next_task_if_its_commit_was_there_after_all() {
        jdbc.execute("CREATE TABLE payments (order_id text)");
        handlersJdbc.execute("SELECT 1");
        workflows.start(WORKFLOW, "order-1", "in");
        proxy.loseNext(Loss.ANSWER, REQUESTS - 1);

        try (TaskWorker worker = start(TaskOutcome.next("ship", "paid"))) {
            await().atMost(PATIENCE).until(() -> workflows.status("order-1").isTerminal());

            assertThat(ends).containsExactly(TaskWorkerListener.End.COMMITTED, TaskWorkerListener.End.COMMITTED);
            assertThat(worker.workerId()).isNotEmpty();
        }
    }
}
