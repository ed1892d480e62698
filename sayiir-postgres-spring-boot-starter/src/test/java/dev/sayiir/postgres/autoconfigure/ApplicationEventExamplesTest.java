package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sayiir.event.TaskBlockedEvent;
import dev.sayiir.event.WorkflowCompletedEvent;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.WorkflowStatus;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.stereotype.Component;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionTemplate;

/** Runs the examples of docs/application-events.md: workflows that end in events, and events that start workflows. */
@ExtendWith(OutputCaptureExtension.class)
class ApplicationEventExamplesTest extends WorkerStarterTest {

    private static final Workflow FULFILMENT = new Workflow("orders-v1", "ship");

    private ApplicationContextRunner orders(Class<?>... beans) {
        return withWorker()
                .withConfiguration(AutoConfigurations.of(SayiirEventsAutoConfiguration.class))
                .withUserConfiguration(Shop.class)
                .withUserConfiguration(beans);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement
    static class Shop {

        @Bean
        Workflow fulfilment() {
            return FULFILMENT;
        }

        @Bean
        TaskHandler<String> ship() {
            return TaskHandler.of(
                    "ship",
                    String.class,
                    (sku, task) -> sku.equals("gold") ? TaskOutcome.next("guard", sku) : TaskOutcome.complete(sku));
        }

        @Bean
        TaskHandler<Integer> guard() {
            return TaskHandler.of("guard", Integer.class, (guards, task) -> TaskOutcome.complete(guards));
        }
    }

    // region listen
    @Component
    public static class Notifications {

        private static final Logger log = LoggerFactory.getLogger(Notifications.class);

        private final Workflows workflows;

        public Notifications(Workflows workflows) {
            this.workflows = workflows;
        }

        @EventListener
        public void completed(WorkflowCompletedEvent event) {
            log.info("{} is done: {}", event.instanceId(), workflows.result(event.instanceId(), String.class));
        }

        @EventListener
        public void blocked(TaskBlockedEvent event) {
            log.error("Task {} of {} needs somebody: {}", event.taskId(), event.instanceId(), event.error());
        }
    }
    // endregion

    @Test
    void the_application_hears_of_ends_and_blocks(CapturedOutput output) {
        orders(Notifications.class)
                .withPropertyValues("sayiir.postgres.worker.block-after=0s")
                .run(context -> {
                    context.getBean(Workflows.class).start(FULFILMENT, "order-1", "tea");
                    context.getBean(Workflows.class).start(FULFILMENT, "order-2", "gold");

                    await().atMost(Duration.ofMinutes(1))
                            .until(() -> output.getOut().contains("order-1 is done: Optional[tea]")
                                    && output.getOut().contains("Task guard of order-2 needs somebody: "));
                });
    }

    record OrderFulfilled(String orderId) {}

    // region hand-on
    @Component
    public static class Fulfilments {

        private final ApplicationEventPublisher events;

        public Fulfilments(ApplicationEventPublisher events) {
            this.events = events;
        }

        @EventListener
        @Transactional
        public void completed(WorkflowCompletedEvent event) {
            events.publishEvent(new OrderFulfilled(event.instanceId()));
        }
    }
    // endregion

    static class Invoices {

        private final List<OrderFulfilled> heard = new CopyOnWriteArrayList<>();

        @TransactionalEventListener
        void fulfilled(OrderFulfilled event) {
            heard.add(event);
        }

        List<OrderFulfilled> heard() {
            return heard;
        }
    }

    @Test
    void an_event_is_handed_on_in_a_transaction() {
        orders(Fulfilments.class, Invoices.class).run(context -> {
            context.getBean(Workflows.class).start(FULFILMENT, "order-1", "tea");

            await().atMost(Duration.ofMinutes(1))
                    .until(() -> context.getBean(Invoices.class).heard().contains(new OrderFulfilled("order-1")));
        });
    }

    record OrderPlaced(String orderId, String sku) {}

    // region start
    @Component
    public static class OrderWorkflows {

        private final Workflows workflows;

        public OrderWorkflows(Workflows workflows) {
            this.workflows = workflows;
        }

        @EventListener
        public void placed(OrderPlaced order) {
            workflows.start(FULFILMENT, order.orderId(), order.sku());
        }

        @Transactional(propagation = Propagation.REQUIRES_NEW)
        @TransactionalEventListener
        public void committed(OrderPlaced order) {
            workflows.start(FULFILMENT, order.orderId() + "-survey", order.sku());
        }
    }
    // endregion

    static class BeforeCommit {

        private final Workflows workflows;

        BeforeCommit(Workflows workflows) {
            this.workflows = workflows;
        }

        @TransactionalEventListener(phase = TransactionPhase.BEFORE_COMMIT)
        void placed(OrderPlaced order) {
            workflows.start(FULFILMENT, order.orderId() + "-before", order.sku());
        }
    }

    @Test
    void a_workflow_is_started_in_the_transaction_before_its_commit_or_after_it() {
        orders(OrderWorkflows.class, BeforeCommit.class).run(context -> {
            place(context, "order-1", false);
            for (String id : List.of("order-1", "order-1-before", "order-1-survey")) {
                awaitCompletion(context, id);
            }

            place(context, "order-2", true);
            for (String id : List.of("order-2", "order-2-before", "order-2-survey")) {
                assertThatThrownBy(() -> context.getBean(Workflows.class).status(id))
                        .hasMessageContaining(id);
            }
        });
    }

    /** As one had better not do it. */
    static class WithoutTransaction {

        private final Workflows workflows;
        private final DataSource dataSource;
        private final List<Boolean> committedAtOnce = new CopyOnWriteArrayList<>();

        WithoutTransaction(Workflows workflows, DataSource dataSource) {
            this.workflows = workflows;
            this.dataSource = dataSource;
        }

        @TransactionalEventListener
        public void committed(OrderPlaced order) throws SQLException {
            workflows.start(FULFILMENT, order.orderId(), order.sku());
            try (Connection other = dataSource.getConnection();
                    PreparedStatement query =
                            other.prepareStatement("SELECT FROM sayiir.sayiir_workflows WHERE instance_id = ?")) {
                query.setString(1, order.orderId());
                committedAtOnce.add(query.executeQuery().next());
            }
        }

        List<Boolean> committedAtOnce() {
            return committedAtOnce;
        }
    }

    /**
     * The connection is still that of the transaction, which is over. What is written there is committed only as the driver
     * commits what is open when Spring gives the connection back. That is why the documentation asks for a transaction.
     */
    @Test
    void after_the_commit_what_a_listener_writes_without_a_transaction_of_its_own_is_not_committed_by_the_store() {
        orders(WithoutTransaction.class).run(context -> {
            place(context, "order-1", false);

            assertThat(context.getBean(WithoutTransaction.class).committedAtOnce())
                    .containsExactly(false);
            awaitCompletion(context, "order-1");
        });
    }

    private static void place(ApplicationContext context, String orderId, boolean rollBack) {
        new TransactionTemplate(context.getBean(PlatformTransactionManager.class)).executeWithoutResult(transaction -> {
            context.publishEvent(new OrderPlaced(orderId, "tea"));
            if (rollBack) {
                transaction.setRollbackOnly();
            }
        });
    }

    private static void awaitCompletion(ApplicationContext context, String instanceId) {
        await().atMost(Duration.ofMinutes(1))
                .until(() -> context.getBean(Workflows.class).status(instanceId) == WorkflowStatus.COMPLETED);
    }
}
