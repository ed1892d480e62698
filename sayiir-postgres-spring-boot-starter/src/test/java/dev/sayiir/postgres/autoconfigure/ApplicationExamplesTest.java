package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.example.shop.ShopApplication;
import dev.sayiir.codec.SnapshotCodec;
import dev.sayiir.codec.SnapshotCodecs;
import dev.sayiir.persistence.InstanceAlreadyExistsException;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.TaskWorker;
import dev.sayiir.worker.TaskWorkerBuilder;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.WebApplicationType;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;

/**
 * Runs the examples of the documentation that are about applications and workers. {@link DocumentationTest} checks that it shows
 * what is between {@code // region} and {@code // endregion} here.
 */
@ExtendWith(OutputCaptureExtension.class)
class ApplicationExamplesTest extends StarterTest {

    private static final String NO_WORKER = "--sayiir.postgres.worker.enabled=false";

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
            workflows.sendEvent("order-4712", "approved", new Fulfilment.Approval("ada"));
            workflows.awaitEnd("order-4712", Duration.ofMinutes(1));
            assertThat(workflows.result("order-4712", String.class)).contains("tea from shelf 7");
        }
    }

    @Test
    void the_application_of_the_readme_runs(CapturedOutput output) throws InterruptedException {
        for (int run = 1; run <= 2; run++) { // The second time there is the order already.
            try (ConfigurableApplicationContext context =
                    start(ShopApplication.class, "--spring.liquibase.enabled=false", "--spring.main.keep-alive=true")) {
                Workflows workflows = context.getBean(Workflows.class);
                workflows.awaitEnd("order-4711", Duration.ofMinutes(1));
                assertThat(workflows.result("order-4711", String.class)).contains("tea from shelf 7");
            }
        }
        assertThat(output).containsOnlyOnce("Shipping Reservation[order=Order[sku=tea, pieces=2], shelf=shelf 7]");
    }

    @Test
    void an_order_and_its_workflow_are_stored_together_or_not_at_all() {
        try (ConfigurableApplicationContext context = start(FulfilmentApplication.class, NO_WORKER)) {
            JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
            jdbc.execute("CREATE TABLE orders (id text, sku text, CHECK (sku <> 'gold'))");
            Orders orders = context.getBean(Orders.class);
            Workflows workflows = context.getBean(Workflows.class);

            orders.place("order-1", "tea", 2);
            assertThatThrownBy(() -> orders.place("order-2", "gold", 2)).hasMessageContaining("orders");
            workflows.start(Fulfilment.WORKFLOW, "order-3", new Fulfilment.Order("tea", 2));
            assertThatThrownBy(() -> orders.place("order-3", "tea", 2))
                    .isInstanceOf(InstanceAlreadyExistsException.class);

            assertThat(workflows.status("order-1")).isEqualTo(WorkflowStatus.IN_PROGRESS);
            assertThatThrownBy(() -> workflows.status("order-2")).isInstanceOf(SnapshotNotFoundException.class);
            assertThat(jdbc.queryForList("SELECT id FROM orders", String.class)).containsExactly("order-1");
        }
    }

    @Test
    void stock_is_taken_with_the_commit_of_the_task_and_once() throws InterruptedException {
        try (ConfigurableApplicationContext context = start(StockApplication.class)) {
            JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
            jdbc.execute("CREATE TABLE stock (sku text PRIMARY KEY, pieces int CHECK (pieces >= 0))");
            jdbc.update("INSERT INTO stock VALUES ('tea', 3)");
            Workflows workflows = context.getBean(Workflows.class);
            Workflow taking = new Workflow("taking-v1", "reserve");

            workflows.start(taking, "order-1", new Fulfilment.Order("tea", 2));
            assertThat(workflows
                            .awaitEnd("order-1", Duration.ofMinutes(1))
                            .orElseThrow()
                            .status())
                    .isEqualTo(WorkflowStatus.COMPLETED);
            workflows.start(taking, "order-2", new Fulfilment.Order("tea", 2));
            assertThat(workflows
                            .awaitEnd("order-2", Duration.ofMinutes(1))
                            .orElseThrow()
                            .status())
                    .isEqualTo(WorkflowStatus.FAILED);

            assertThat(jdbc.queryForObject("SELECT pieces FROM stock", Integer.class))
                    .isEqualTo(1);
        }
    }

    @Test
    void branches_are_joined() throws InterruptedException {
        try (ConfigurableApplicationContext context = start(ShippingApplication.class)) {
            Workflows workflows = context.getBean(Workflows.class);
            workflows.start(new Workflow("shipping-v1", "reserve"), "order-4711", "tea");
            workflows.awaitEnd("order-4711", Duration.ofMinutes(1));
            assertThat(workflows.result("order-4711", String.class)).contains("tea in a box, bill for tea");
        }
    }

    @Test
    void an_instance_is_steered_and_has_settings_of_its_own() {
        try (ConfigurableApplicationContext context = start(FulfilmentApplication.class, NO_WORKER)) {
            Workflows workflows = context.getBean(Workflows.class);
            Workflow fulfilment = Fulfilment.WORKFLOW;
            Fulfilment.Order order = new Fulfilment.Order("tea", 2);
            workflows.start(fulfilment, "order-4711", order);

            // region steer
            workflows.pause("order-4711", SignalRequest.of("stocktaking", "ada"));
            workflows.resume("order-4711");
            workflows.cancel("order-4711", SignalRequest.of("customer changed her mind", "support"));
            // endregion

            // region settings
            workflows.start(
                    fulfilment,
                    "order-4712",
                    order,
                    instance -> instance.taskPriority(TaskPriority.HIGH).taskTags(List.of("eu")));
            // endregion

            assertThat(workflows.status("order-4711")).isEqualTo(WorkflowStatus.CANCELLED);
            WorkflowSnapshot express = context.getBean(SnapshotStore.class).loadSnapshot("order-4712");
            assertThat(express.taskPriority()).isEqualTo(TaskPriority.HIGH);
            assertThat(express.taskTags()).containsExactly("eu");
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

    /** With the application.yml of the documentation, but for the server. */
    private ConfigurableApplicationContext start(String... more) {
        return start(Application.class, more);
    }

    private ConfigurableApplicationContext start(Class<?> application, String... more) {
        return new SpringApplicationBuilder(application)
                .web(WebApplicationType.NONE)
                .properties("spring.config.location=classpath:documentation/application.yml")
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
    @Import({Fulfilment.class, Orders.class})
    static class FulfilmentApplication {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration(exclude = LiquibaseAutoConfiguration.class)
    @Import(Shipping.class)
    static class ShippingApplication {}

    @Configuration(proxyBeanMethods = false)
    @EnableAutoConfiguration(exclude = LiquibaseAutoConfiguration.class)
    @Import(Stock.class)
    static class StockApplication {}

    @Configuration(proxyBeanMethods = false)
    static class Stock {

        private final JdbcTemplate jdbc;

        Stock(JdbcTemplate jdbc) {
            this.jdbc = jdbc;
        }

        @Bean
        static Workflow taking() {
            return new Workflow("taking-v1", "reserve");
        }

        // region transactional-task
        @WorkflowTask(value = "reserve", transactional = true)
        TaskOutcome reserve(Fulfilment.Order order) {
            jdbc.update("UPDATE stock SET pieces = pieces - ? WHERE sku = ?", order.pieces(), order.sku());
            return TaskOutcome.next("ship", order);
        }
        // endregion

        @WorkflowTask("ship")
        TaskOutcome ship(Fulfilment.Order order) {
            return TaskOutcome.complete(order.sku());
        }
    }

    // region place-order
    @Service
    public static class Orders {

        private final JdbcTemplate jdbc;
        private final Workflows workflows;

        public Orders(JdbcTemplate jdbc, Workflows workflows) {
            this.jdbc = jdbc;
            this.workflows = workflows;
        }

        @Transactional
        public void place(String orderId, String sku, int pieces) {
            jdbc.update("INSERT INTO orders (id, sku) VALUES (?, ?)", orderId, sku);
            workflows.start(Fulfilment.WORKFLOW, orderId, new Fulfilment.Order(sku, pieces));
        }
    }
    // endregion

    @Configuration(proxyBeanMethods = false)
    static class Shipping {

        @Bean
        Workflow shipping() {
            return new Workflow("shipping-v1", "reserve");
        }

        // region fork
        record Prepared(String parcel, String invoice) {}

        @WorkflowTask("reserve")
        TaskOutcome reserve(String sku) {
            return TaskOutcome.fork("ship", sku).branch("parcel", "pack").branch("invoice", "bill");
        }

        @WorkflowTask("pack")
        TaskOutcome pack(String sku) {
            return TaskOutcome.complete(sku + " in a box");
        }

        @WorkflowTask("bill")
        TaskOutcome bill(String sku) {
            return TaskOutcome.complete("bill for " + sku);
        }

        @WorkflowTask("ship")
        TaskOutcome ship(Prepared prepared) {
            return TaskOutcome.complete(prepared.parcel() + ", " + prepared.invoice());
        }
        // endregion
    }

    // region first-workflow
    @Configuration
    public static class Fulfilment {

        public record Order(String sku, int pieces) {}

        public record Reservation(Order order, String shelf) {}

        public record Approval(String by) {}

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
                    : TaskOutcome.next("ship", new Approval("nobody: it is small"));
        }

        @WorkflowTask("ship")
        TaskOutcome ship(Approval approval, TaskContext task) {
            Reservation reserved = task.result("reserve", Reservation.class).orElseThrow();
            return TaskOutcome.complete(reserved.order().sku() + " from " + reserved.shelf());
        }
    }
    // endregion
}
