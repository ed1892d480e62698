package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.codec.SmileSnapshotCodec;
import dev.sayiir.codec.SnapshotCodec;
import dev.sayiir.codec.SnapshotCodecs;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.EventLog;
import dev.sayiir.persistence.HistoryEntry;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.SnapshotHistory;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.WakeUps;
import dev.sayiir.persistence.WorkflowEvent;
import dev.sayiir.persistence.WorkflowPage;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.postgres.NotifyMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.SchemaMigrator;
import dev.sayiir.postgres.WakeUpState;
import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.TaskWorker;
import dev.sayiir.worker.TaskWorkerBuilder;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * Runs every example of the README. {@link ReadmeTest} checks that the README shows what is between {@code // region}
 * and {@code // endregion} here.
 */
class ReadmeExamplesTest extends StarterTest {

    @Test
    void a_workflow_is_carried_on_after_a_crash() {
        String url = database.url();
        String user = database.username();
        String password = database.password();

        // region quick-start
        try (PostgresBackend backend = PostgresBackend.connect(url, user, password)) {
            WorkflowSnapshot order = WorkflowSnapshot.start("order-4711", "fulfilment-v1", Payload.utf8("2 x tea"))
                    .moveTo(new AtTask("reserve"));
            order = backend.createSnapshot(order);

            // A task is done: save a checkpoint. Carry on with what it returns.
            order = order.completeTask("reserve", Payload.utf8("shelf 7")).moveTo(new AtTask("charge"));
            order = backend.saveSnapshot(order);
        } // The process dies here.

        try (PostgresBackend backend = PostgresBackend.connect(url, user, password)) {
            WorkflowSnapshot order = backend.loadSnapshot("order-4711"); // stands at "charge"
            String shelf =
                    order.completedTasks().output("reserve").orElseThrow().asUtf8();
            order = backend.saveSnapshot(order.completeTask("charge", Payload.utf8("paid, on " + shelf)));
            backend.saveSnapshot(order.complete(Payload.utf8("shipped")));
        }
        // endregion

        try (PostgresBackend backend = PostgresBackend.connect(url, user, password)) {
            assertThat(backend.loadVersion("order-4711", 2).position()).contains(new AtTask("charge"));
            assertThat(backend.loadSnapshot("order-4711").status()).isEqualTo(WorkflowStatus.COMPLETED);
            assertThat(backend.loadTaskResult("order-4711", "charge")).contains(Payload.utf8("paid, on shelf 7"));
        }
    }

    @Test
    void a_backend_uses_a_pool_and_codecs_of_the_application() {
        DataSource dataSource = database.dataSource();

        // region own-pool
        PostgresBackend backend = PostgresBackend.builder(dataSource)
                .schema("workflows")
                .codecs(SnapshotCodecs.writing(new SmileSnapshotCodec()).build())
                .build();
        // endregion

        assertThat(backend.createSnapshot(order("order-4711")).version()).isEqualTo(1);
        assertThat(hasTable(dataSource, "workflows", "sayiir_workflows")).isTrue();
    }

    @Test
    void a_service_saves_its_tables_and_its_workflow_in_one_transaction() {
        try (ConfigurableApplicationContext context = start()) {
            JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
            SnapshotStore workflows = context.getBean(SnapshotStore.class);
            jdbc.execute("CREATE TABLE stock (sku text PRIMARY KEY, pieces int CHECK (pieces >= 0))");
            jdbc.update("INSERT INTO stock VALUES ('tea', 1)");
            for (String id : List.of("order-1", "order-2")) {
                workflows.createSnapshot(order(id).moveTo(new AtTask("reserve")));
            }
            OrderService orders = context.getBean(OrderService.class);

            orders.reserve("order-1", "tea");
            assertThatThrownBy(() -> orders.reserve("order-2", "tea")).hasMessageContaining("stock");

            assertThat(workflows.loadSnapshot("order-1").position()).contains(new AtTask("charge"));
            assertThat(workflows.loadSnapshot("order-2").position()).contains(new AtTask("reserve"));
        }
    }

    @Test
    void a_codec_of_the_application_is_chosen_by_its_name() {
        try (ConfigurableApplicationContext context = start("--sayiir.postgres.codec=own")) {
            assertThat(context.getBean(SnapshotCodecs.class).writer().name()).isEqualTo("own");
        }
    }

    @Test
    void the_history_shows_every_checkpoint() {
        PostgresBackend backend = PostgresBackend.builder(database.dataSource()).build();
        WorkflowSnapshot order = backend.createSnapshot(order("order-4711").moveTo(new AtTask("reserve")));
        order = backend.saveSnapshot(
                order.completeTask("reserve", Payload.utf8("shelf 7")).moveTo(new AtTask("charge")));
        backend.saveSnapshot(order.fail("card refused"));
        Instant tenMinutesAgo = Instant.now();
        SnapshotHistory history = backend;

        // region history
        for (HistoryEntry entry : history.listVersions("order-4711", 0, 100)) {
            System.out.println(entry.savedAt() + " v" + entry.version() + " " + entry.status() + ", done: "
                    + entry.completedTaskIds());
        }
        WorkflowSnapshot beforeItFailed = history.loadVersion("order-4711", 2);
        WorkflowSnapshot then = history.loadAsOf("order-4711", tenMinutesAgo);
        // endregion

        assertThat(beforeItFailed.position()).contains(new AtTask("charge"));
        assertThat(then.instanceId()).isEqualTo("order-4711");
    }

    @Test
    void instances_are_found_by_their_columns() {
        PostgresBackend backend = PostgresBackend.builder(database.dataSource()).build();
        backend.createSnapshot(order("order-4711").moveTo(new AtTask("charge")));
        Instant anHourAgo = Instant.now().plusSeconds(5);
        WorkflowQueries queries = backend;

        // region queries
        Map<WorkflowStatus, Long> counts = queries.countByStatus();

        WorkflowQuery stuck =
                WorkflowQuery.all().atTask("charge").createdBefore(anHourAgo).limit(50);
        WorkflowPage page = queries.findWorkflows(stuck);
        for (WorkflowSummary order : page.workflows()) {
            System.out.println(order.instanceId() + " " + order.status() + " since " + order.updatedAt());
        }
        // endregion

        assertThat(counts).containsEntry(WorkflowStatus.IN_PROGRESS, 1L);
        assertThat(page.workflows()).hasSize(1);
    }

    @Test
    void instances_are_reached_from_outside_and_the_log_tells_of_it() {
        PostgresBackend backend = PostgresBackend.builder(database.dataSource()).build();
        backend.createSnapshot(order("order-4711").moveTo(new AtTask("charge")));
        backend.createSnapshot(
                order("order-4712").moveTo(new AtSignal("wait", "approved", Optional.empty(), Optional.of("ship"))));
        SignalStore signals = backend;
        EventLog events = backend;

        // region signals
        signals.requestCancel("order-4711", SignalRequest.of("customer changed her mind", "support"));
        signals.sendEvent("order-4712", "approved", Payload.utf8("by ada"));

        for (WorkflowEvent entry : events.listEvents("order-4711", 0, 100)) {
            System.out.println(entry.createdAt() + " " + entry.kind() + " "
                    + entry.requestedBy().orElse("") + ": " + entry.reason().orElse(""));
        }
        // endregion

        assertThat(backend.loadSnapshot("order-4711").status()).isEqualTo(WorkflowStatus.CANCELLED);
        assertThat(backend.loadSnapshot("order-4712").position()).contains(new AtTask("ship"));
    }

    @Test
    void workers_claim_tasks_and_commit_them() {
        PostgresBackend backend = PostgresBackend.builder(database.dataSource()).build();
        backend.createSnapshot(order("order-4711").moveTo(new AtTask("charge")));
        TaskClaimStore claims = backend;

        // region claims
        for (ClaimedTask task : claims.claimAvailableTasks(ClaimQuery.of("worker-1", 10, Duration.ofMinutes(1)))) {
            WorkflowSnapshot after = task.snapshot()
                    .completeTask(task.claim().taskId(), Payload.utf8("done"))
                    .moveTo(new ExecutionPosition.AtTask("ship"));
            claims.commitTask(task.claim(), after, Optional.empty());
        }
        // endregion

        assertThat(backend.loadSnapshot("order-4711").position()).contains(new AtTask("ship"));
    }

    @Test
    void workers_are_woken() throws InterruptedException {
        DataSource dataSource = database.dataSource();
        String directUrl = database.url();
        String user = database.username();
        String password = database.password();
        PostgresBackend elsewhere = PostgresBackend.builder(dataSource).build();

        // region notify-url
        PostgresBackend backend = PostgresBackend.builder(dataSource)
                .notifyMode(NotifyMode.LISTEN)
                .notifyUrl(directUrl, user, password)
                .build();
        // endregion
        WakeUps wakeUps = backend;

        // region wake-ups
        Semaphore toDo = new Semaphore(0);
        WakeUps.Subscription subscription = wakeUps.onWakeUp(source -> toDo.release());
        boolean early = toDo.tryAcquire(5, TimeUnit.SECONDS); // then poll in any case
        // endregion

        assertThat(early).isTrue();
        assertThat(backend.wakeUpState()).isEqualTo(WakeUpState.LISTENING);
        elsewhere.createSnapshot(order("order-4711").moveTo(new AtTask("charge")));
        assertThat(toDo.tryAcquire(1, TimeUnit.MINUTES)).isTrue();
        subscription.close();
        elsewhere.close();
        backend.close();
    }

    @Test
    void a_first_workflow_runs() throws InterruptedException {
        try (ConfigurableApplicationContext context = start(FulfilmentApplication.class)) {
            Workflows workflows = context.getBean(Workflows.class);

            // region start-workflow
            workflows.start(Fulfilment.WORKFLOW, "order-4711", new Fulfilment.Order("tea", 2));
            workflows.awaitEnd("order-4711", Duration.ofMinutes(1));
            System.out.println(workflows.result("order-4711", String.class)); // Optional[tea from shelf 7]
            // endregion

            assertThat(workflows.result("order-4711", String.class)).contains("tea from shelf 7");

            workflows.start(Fulfilment.WORKFLOW, "order-4712", new Fulfilment.Order("tea", 200));
            workflows.sendEvent("order-4712", "approved", "ada");
            workflows.awaitEnd("order-4712", Duration.ofMinutes(1));
            assertThat(workflows.result("order-4712", String.class)).contains("tea from shelf 7");
        }
    }

    @Test
    void a_worker_without_spring_does_the_same() throws InterruptedException {
        PostgresBackend backend = PostgresBackend.builder(database.dataSource()).build();

        // region plain-worker
        Workflow greeting = new Workflow("greeting-v1", "greet");
        TaskWorkerBuilder builder = TaskWorker.builder(backend)
                .workflow(greeting)
                .handler(TaskHandler.of(
                        "greet", String.class, (name, task) -> TaskOutcome.next("shout", "Hello " + name)))
                .handler(TaskHandler.of("shout", String.class, (text, task) -> TaskOutcome.complete(text + "!"))
                        .timeout(Duration.ofSeconds(10)));
        try (TaskWorker worker = builder.build()) {
            worker.start();
            Workflows workflows = Workflows.of(backend);
            workflows.start(greeting, "greeting-1", "Ada");
            workflows.awaitEnd("greeting-1", Duration.ofMinutes(1));
        }
        // endregion

        assertThat(Workflows.of(backend).result("greeting-1", String.class)).contains("Hello Ada!");
    }

    @Test
    void the_schema_is_written_out(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("sayiir.sql");

        // region schema-sql
        Files.writeString(file, SchemaMigrator.sql("sayiir"));
        // endregion

        new JdbcTemplate(database.dataSource()).execute(Files.readString(file));
        new SchemaMigrator(database.dataSource(), "sayiir").validate();
    }

    /** With the README's application.yml, but for the server. */
    private ConfigurableApplicationContext start(String... more) {
        return start(Application.class, more);
    }

    private ConfigurableApplicationContext start(Class<?> application, String... more) {
        return new SpringApplicationBuilder(application)
                .web(WebApplicationType.NONE)
                .properties("spring.config.location=classpath:readme/application.yml")
                .properties("SHOP_PASSWORD=" + database.password())
                .run(Stream.concat(
                                Stream.of(
                                        "--spring.datasource.url=" + database.url(),
                                        "--spring.datasource.username=" + database.username()),
                                Stream.of(more))
                        .toArray(String[]::new));
    }

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration(exclude = LiquibaseAutoConfiguration.class)
    @Import(OrderService.class)
    static class Application {

        // region own-codec
        @Bean
        SnapshotCodec ownCodec() {
            return new OwnCodec(64, "own");
        }
        // endregion
    }

    // region service
    @Service
    public static class OrderService {

        private final JdbcTemplate jdbc;
        private final SnapshotStore workflows;

        public OrderService(JdbcTemplate jdbc, SnapshotStore workflows) {
            this.jdbc = jdbc;
            this.workflows = workflows;
        }

        @Transactional
        public void reserve(String orderId, String sku) {
            WorkflowSnapshot order = workflows.loadSnapshot(orderId);
            jdbc.update("UPDATE stock SET pieces = pieces - 1 WHERE sku = ?", sku);
            order = order.completeTask("reserve", Payload.utf8(sku)).moveTo(new AtTask("charge"));
            workflows.saveSnapshotIfVersion(order, order.version());
        }
    }
    // endregion

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration(exclude = LiquibaseAutoConfiguration.class)
    @Import(Fulfilment.class)
    static class FulfilmentApplication {}

    // region first-workflow
    @Configuration
    public static class Fulfilment {

        public record Order(String sku, int pieces) {}

        public record Reservation(Order order, String shelf) {}

        static final Workflow WORKFLOW = new Workflow("fulfilment-v1", "reserve");

        @Bean
        Workflow fulfilment() {
            return WORKFLOW;
        }

        @WorkflowTask("reserve")
        TaskOutcome reserve(Order order) {
            return TaskOutcome.next("check", new Reservation(order, "shelf 7"));
        }

        @WorkflowTask(value = "check", timeout = "10s", maxRetries = 5)
        TaskOutcome check(Reservation reservation) {
            return reservation.order().pieces() > 100
                    ? TaskOutcome.awaitEvent("approved", "ship", reservation).orFailAfter(Duration.ofDays(2))
                    : TaskOutcome.next("ship", "nobody had to");
        }

        @WorkflowTask("ship")
        TaskOutcome ship(String approvedBy, TaskContext task) {
            Reservation reserved = task.result("reserve", Reservation.class).orElseThrow();
            return TaskOutcome.complete(reserved.order().sku() + " from " + reserved.shelf());
        }
    }
    // endregion
}
