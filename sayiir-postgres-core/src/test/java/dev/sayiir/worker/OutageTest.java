package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

/** What a worker does while its database cannot be reached. */
@Tag("slow")
class OutageTest {

    private static final Workflow WORKFLOW = new Workflow("fulfilment-v1", "first");

    private final Database database = PostgresServer.of(17).newDatabase();
    private final Database elsewhere = PostgresServer.of(17).newDatabase();
    private final HikariDataSource pool = (HikariDataSource) database.dataSource();
    private final PostgresBackend backend = PostgresBackend.builder(pool).build();
    private final Workflows workflows = Workflows.of(backend);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private final List<TaskWorkerListener.End> ends = new CopyOnWriteArrayList<>();
    private final CountDownLatch begun = new CountDownLatch(1);
    private final CountDownLatch goOn = new CountDownLatch(1);
    private final AtomicInteger runs = new AtomicInteger();

    @BeforeEach
    void listen() {
        Awaitility.setDefaultTimeout(Duration.ofMinutes(1));
        pool.setConnectionTimeout(250);
        log.start();
        logger().addAppender(log);
    }

    @AfterEach
    void drop() {
        logger().detachAppender(log);
        comeBack();
        database.close();
        elsewhere.close();
    }

    private static Logger logger() {
        return (Logger) LoggerFactory.getLogger(TaskWorker.class);
    }

    private TaskWorker start() {
        TaskWorker worker = TaskWorker.builder(backend)
                .workflow(WORKFLOW)
                .handler(TaskHandler.of("first", String.class, (in, task) -> {
                    runs.incrementAndGet();
                    begun.countDown();
                    goOn.await();
                    return TaskOutcome.complete("done");
                }))
                .pollInterval(Duration.ofMillis(20))
                .claims(Duration.ofMinutes(5), Duration.ofMillis(50))
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

    @Test
    void a_result_is_kept_while_the_database_is_away_and_stored_when_it_is_back() {
        workflows.start(WORKFLOW, "order-1", "in");
        try (TaskWorker worker = start()) {
            await().until(() -> begun.getCount() == 0);

            goAway();
            await().until(() -> messages("The store cannot be used") == 1);
            goOn.countDown();
            await().during(Duration.ofMillis(500)).until(() -> ends.isEmpty());
            comeBack();

            await().until(() -> ends.equals(List.of(TaskWorkerListener.End.COMMITTED)));
            assertThat(workflows.status("order-1")).isEqualTo(WorkflowStatus.COMPLETED);
            assertThat(runs).hasValue(1);
            assertThat(messages("The store cannot be used")).isEqualTo(1);
            assertThat(worker.workerId()).isNotEmpty();
        }
    }

    @Test
    void an_outage_is_logged_once_and_work_goes_on_after_it() {
        goOn.countDown();
        try (TaskWorker worker = start()) {
            goAway();
            await().until(() -> messages("The store cannot be used") == 1);
            comeBack();
            await().until(() -> messages("The store can be used again") == 1);

            workflows.start(WORKFLOW, "order-1", "in");

            await().until(() -> workflows.status("order-1") == WorkflowStatus.COMPLETED);
            assertThat(messages("The store cannot be used")).isEqualTo(1);
            assertThat(worker.workerId()).isNotEmpty();
        }
    }

    @Test
    void connections_that_are_cut_again_and_again_cost_no_task() {
        goOn.countDown();
        try (TaskWorker worker = start()) {
            for (int i = 0; i < 50; i++) {
                workflows.start(WORKFLOW, "order-" + i, "in");
                if (i % 10 == 0) {
                    cutConnections();
                }
            }
            for (int i = 0; i < 50; i++) {
                String order = "order-" + i;
                await().until(() -> workflows.status(order) == WorkflowStatus.COMPLETED);
            }
            assertThat(worker.workerId()).isNotEmpty();
        }
    }

    @Test
    void a_worker_stops_in_time_though_the_database_is_away() {
        workflows.start(WORKFLOW, "order-1", "in");
        TaskWorker worker = start();
        await().until(() -> begun.getCount() == 0);
        goAway();
        goOn.countDown();
        await().until(() -> messages("The store cannot be used") == 1);

        worker.stop(Duration.ofMillis(50));

        assertThat(ends).isSubsetOf(TaskWorkerListener.End.RELEASED);
        comeBack();
        assertThat(workflows.status("order-1")).isEqualTo(WorkflowStatus.IN_PROGRESS);
    }

    private void goAway() {
        server().execute("ALTER DATABASE " + name() + " ALLOW_CONNECTIONS false");
        cutConnections();
    }

    private void comeBack() {
        server().execute("ALTER DATABASE " + name() + " ALLOW_CONNECTIONS true");
    }

    private void cutConnections() {
        server().queryForList("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = ?", name());
    }

    private JdbcTemplate server() {
        return new JdbcTemplate(
                new DriverManagerDataSource(elsewhere.url(), elsewhere.username(), elsewhere.password()));
    }

    private String name() {
        return database.url().substring(database.url().lastIndexOf('/') + 1);
    }

    private long messages(String text) {
        return List.copyOf(log.list).stream()
                .filter(event -> event.getFormattedMessage().startsWith(text))
                .count();
    }
}
