package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.postgres.NotifyMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.LogLines;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.WorkflowStatus;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/** One instance that somebody keeps locked, as by a transaction that stays open, and a server that refuses one. */
@Tag("slow")
class LockedRowsTest {

    private static final Workflow WORKFLOW = new Workflow("fulfilment-v1", "first");
    private static final int OTHERS = 30;

    private final Database database = PostgresServer.of(17).newDatabase();
    private final HikariDataSource pool = (HikariDataSource) database.dataSource();
    private final PostgresBackend backend = PostgresBackend.builder(pool)
            .notifyMode(NotifyMode.POLL)
            .statementTimeout(Duration.ofSeconds(1))
            .build();
    private final JdbcTemplate jdbc = new JdbcTemplate(pool);
    private final Workflows workflows = Workflows.of(backend);
    private final Map<String, AtomicInteger> runs = new ConcurrentHashMap<>();
    private final Map<String, TaskWorkerListener.End> ends = new ConcurrentHashMap<>();
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);

    @AfterEach
    void drop() {
        goOn.countDown();
        database.close();
    }

    /** The handler of one instance ends when it is told to. */
    private TaskWorker start() {
        TaskWorker worker = TaskWorker.builder(backend)
                .workflow(WORKFLOW)
                .handler(TaskHandler.of("first", String.class, (in, task) -> {
                    runs.computeIfAbsent(task.instanceId(), id -> new AtomicInteger())
                            .incrementAndGet();
                    if (task.instanceId().equals("locked")) {
                        begun.countDown();
                        goOn.await();
                    }
                    return TaskOutcome.next("second", in);
                }))
                .handler(TaskHandler.of("second", String.class, (in, task) -> TaskOutcome.complete(in)))
                .pollInterval(Duration.ofMillis(20))
                .claims(Duration.ofMinutes(1), Duration.ofMillis(200))
                .listener(new TaskWorkerListener() {
                    @Override
                    public void taskEnded(TaskClaim claim, End end) {
                        ends.merge(claim.instanceId(), end, (before, now) -> before == End.LOST ? before : now);
                    }
                })
                .build();
        worker.start();
        return worker;
    }

    private void othersFinish(String name) {
        for (int i = 0; i < OTHERS; i++) {
            workflows.start(WORKFLOW, name + i, "in");
        }
        for (int i = 0; i < OTHERS; i++) {
            String order = name + i;
            await().atMost(Duration.ofMinutes(1)).until(() -> workflows.status(order) == WorkflowStatus.COMPLETED);
            assertThat(runs.get(order)).hasValue(1);
        }
    }

    private void lock(Connection connection) throws SQLException {
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
            statement.execute("SELECT FROM sayiir.sayiir_workflows WHERE instance_id = 'locked' FOR UPDATE");
            statement.execute("SELECT FROM sayiir.sayiir_task_claims WHERE instance_id = 'locked' FOR UPDATE");
        }
    }

    @Test
    void R27_an_instance_that_is_locked_delays_neither_polls_nor_renewals_nor_other_results() throws Exception {
        workflows.start(WORKFLOW, "locked", "in");
        try (LogLines log = LogLines.of("dev.sayiir.worker");
                TaskWorker worker = start();
                Connection other = pool.getConnection()) {
            await().until(() -> begun.getCount() == 0);
            lock(other);
            othersFinish("while-handled-");
            goOn.countDown();
            othersFinish("while-it-waits-");
            assertThat(ends).doesNotContainKey("locked");

            other.rollback();

            await().until(() -> workflows.status("locked") == WorkflowStatus.COMPLETED);
            assertThat(runs.get("locked")).hasValue(1);
            assertThat(ends.values()).containsOnly(TaskWorkerListener.End.COMMITTED);
            assertThat(log.lines()).noneMatch(line -> line.contains("The store can"));
            assertThat(worker.workerId()).isNotEmpty();
        }
    }

    @Test
    void R28_a_cancel_of_a_locked_instance_holds_nothing_else_up_and_is_carried_out_in_the_end() throws Exception {
        workflows.start(WORKFLOW, "locked", "in");
        try (LogLines log = LogLines.of("dev.sayiir.worker");
                TaskWorker worker = start();
                Connection other = pool.getConnection()) {
            await().until(() -> begun.getCount() == 0);
            backend.storeSignal("locked", SignalKind.CANCEL, SignalRequest.of("late", "ann"));
            lock(other);
            othersFinish("order-");

            other.rollback();

            await().until(() -> workflows.status("locked") == WorkflowStatus.CANCELLED);
            assertThat(runs.get("locked")).hasValue(1);
            assertThat(log.lines()).noneMatch(line -> line.contains("The store can"));
            assertThat(worker.workerId()).isNotEmpty();
        }
    }

    /** As of a damaged page, now and for ever. */
    @Test
    void R27_a_result_that_the_server_refuses_for_ever_is_given_up_and_the_others_are_stored() {
        jdbc.execute("""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION 'missing chunk' USING ERRCODE = 'XX001';
                END
                $$
                """);
        jdbc.execute("""
                CREATE TRIGGER refuse BEFORE INSERT ON sayiir.sayiir_workflow_history
                FOR EACH ROW WHEN (NEW.instance_id = 'locked' AND NEW.version > 1) EXECUTE FUNCTION refuse()
                """);
        goOn.countDown();
        workflows.start(WORKFLOW, "locked", "in");
        try (LogLines log = LogLines.of("dev.sayiir.worker");
                TaskWorker worker = start()) {
            othersFinish("order-");
            await().atMost(Duration.ofMinutes(1)).until(() -> ends.containsKey("locked"));

            assertThat(ends).containsEntry("locked", TaskWorkerListener.End.RELEASED);
            othersFinish("later-");
            assertThat(log.lines()).noneMatch(line -> line.contains("The store can"));
            assertThat(log.lines().stream().filter(line -> line.contains("cannot be stored although")))
                    .isNotEmpty();
            assertThat(worker.workerId()).isNotEmpty();
        }
    }
}
