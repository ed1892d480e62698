package dev.sayiir.shop;

import dev.sayiir.postgres.autoconfigure.WorkflowTask;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import java.time.Duration;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

@Configuration
class Orders {

    static final Workflow WORKFLOW = new Workflow("orders-v1", "ask");

    record Order(String sku) {}

    @Bean
    Workflow orderWorkflow() {
        return WORKFLOW;
    }

    @WorkflowTask("ask")
    TaskOutcome ask(Order order) {
        return TaskOutcome.awaitEvent("approved", "pay", order).orAfter(Duration.ofDays(2), "remind");
    }

    @WorkflowTask("remind")
    TaskOutcome remind(Order order) {
        return TaskOutcome.awaitEvent("approved", "pay", order).orFailAfter(Duration.ofDays(7));
    }

    @WorkflowTask(value = "pay", maxRetries = 3, retryDelay = "1m", backoffMultiplier = 10, maxRetryDelay = "2h")
    TaskOutcome pay(String approvedBy) {
        return TaskOutcome.next("send", approvedBy);
    }

    @WorkflowTask("send")
    TaskOutcome send(String approvedBy) {
        return TaskOutcome.complete("sent for " + approvedBy);
    }
}
