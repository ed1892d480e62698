package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;

/** The three kinds of tasks that docs/exactly-once.md tells apart. */
class ExactlyOnceGuideTest extends WorkerStarterTest {

    record Order(String id) {}

    record Quote(String orderId, long cents) {}

    record Payment(String reference, long cents) {}

    private static final class Prices {
        long of(Order order) {
            return order.id().length();
        }
    }

    /** Fails after its work, once. */
    private static final class Provider {

        private final Set<String> keys = ConcurrentHashMap.newKeySet();

        Payment charge(String key, long cents) {
            if (keys.add(key)) {
                throw new IllegalStateException("the answer is lost");
            }
            return new Payment(key, cents);
        }
    }

    @Configuration(proxyBeanMethods = false)
    static class Purchase {

        private final JdbcTemplate jdbc;
        private final Prices prices = new Prices();
        final Provider provider = new Provider();

        Purchase(JdbcTemplate jdbc) {
            this.jdbc = jdbc;
        }

        @Bean
        Workflow purchaseWorkflow() {
            return new Workflow("purchase-v1", "quote");
        }

        // region plain
        @WorkflowTask(value = "quote", maxRetries = 5)
        TaskOutcome quote(Order order) {
            return TaskOutcome.next("charge", new Quote(order.id(), prices.of(order)));
        }
        // endregion

        // region key
        @WorkflowTask(value = "charge", timeout = "10s", maxRetries = 5)
        TaskOutcome charge(Quote quote, TaskContext task) {
            String key = task.instanceId() + "/" + task.taskId();
            return TaskOutcome.next("book", provider.charge(key, quote.cents()));
        }
        // endregion

        // region transactional
        @WorkflowTask(value = "book", transactional = true, maxRetries = 5)
        TaskOutcome book(Payment payment) {
            jdbc.update("INSERT INTO bookings (reference, cents) VALUES (?, ?)", payment.reference(), payment.cents());
            return TaskOutcome.complete(payment);
        }
        // endregion
    }

    @Test
    void R31_each_kind_of_task_has_its_effect_once() {
        withWorker().withUserConfiguration(Purchase.class).run(context -> {
            JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
            jdbc.execute("CREATE TABLE bookings (reference text, cents bigint)");
            Workflows workflows = context.getBean(Workflows.class);

            workflows.start(new Workflow("purchase-v1", "quote"), "order-1", new Order("order-1"));
            await().atMost(Duration.ofMinutes(1)).until(() -> workflows.status("order-1") == WorkflowStatus.COMPLETED);

            assertThat(context.getBean(Purchase.class).provider.keys).containsExactly("order-1/charge");
            assertThat(jdbc.queryForList("SELECT reference FROM bookings", String.class))
                    .containsExactly("order-1/charge");
        });
    }
}
