package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** An application with a worker, two workflows and their handlers. */
abstract class WorkerStarterTest extends StarterTest {

    static final Workflow FULFILMENT = new Workflow("fulfilment-v1", "reserve");
    static final Workflow RETRIED = new Workflow("retried-v1", "flaky");

    ApplicationContextRunner withWorker() {
        return onApplicationDatabase()
                .withConfiguration(AutoConfigurations.of(SayiirWorkerAutoConfiguration.class))
                .withPropertyValues("sayiir.postgres.worker.poll-interval=20ms");
    }

    ApplicationContextRunner fulfilment() {
        return withWorker().withUserConfiguration(Fulfilment.class);
    }

    @Configuration(proxyBeanMethods = false)
    static class Fulfilment {

        final CountDownLatch blocked = new CountDownLatch(1);
        final CountDownLatch begun = new CountDownLatch(1);
        final AtomicReference<TaskContext> last = new AtomicReference<>();

        @Bean
        Workflow fulfilmentWorkflow() {
            return FULFILMENT;
        }

        @Bean
        Workflow retried() {
            return RETRIED;
        }

        @Bean
        TaskHandler<String> reserve() {
            return TaskHandler.of("reserve", String.class, (sku, task) -> TaskOutcome.next("charge-card", sku));
        }

        @WorkflowTask("charge-card")
        TaskOutcome charge(TaskContext task, String sku) {
            last.set(task);
            return TaskOutcome.next("ship", sku + " paid");
        }

        @WorkflowTask("ship")
        private TaskOutcome ship(String what) {
            return TaskOutcome.complete(what + ", shipped");
        }

        @WorkflowTask(value = "flaky", timeout = "1m", maxRetries = 2, retryDelay = "1ms")
        TaskOutcome flaky(TaskContext task) {
            if (task.attempt() < 3) {
                throw new IllegalStateException("try " + task.attempt());
            }
            return TaskOutcome.complete(task.deadline().isPresent());
        }

        @WorkflowTask("block")
        TaskOutcome block(Payload input) throws InterruptedException {
            begun.countDown();
            blocked.await();
            return TaskOutcome.complete(input);
        }
    }

    static <T> T run(ApplicationContext context, Workflow workflow, Class<T> result) {
        Workflows workflows = context.getBean(Workflows.class);
        workflows.start(workflow, "order-1", "tea");
        try {
            WorkflowSummary end =
                    workflows.awaitEnd("order-1", Duration.ofMinutes(1)).orElseThrow();
            assertThat(end.status()).isEqualTo(WorkflowStatus.COMPLETED);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return workflows.result("order-1", result).orElseThrow();
    }

    static void begin(ApplicationContext context, String instanceId) {
        context.getBean(Workflows.class).start(new Workflow("fulfilment-v1", "block"), instanceId, Payload.empty());
    }
}
