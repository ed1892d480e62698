package dev.sayiir.shop;

import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import org.springframework.context.annotation.Bean;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** A workflow of transactional tasks. No component of the whole application, which has its workflows in another database. */
class Booking {

    static final Workflow WORKFLOW = new Workflow("booking-v1", "book");

    @Bean
    Workflow bookingWorkflow() {
        return WORKFLOW;
    }

    @Bean
    TaskHandler<String> book(Packing tasks) {
        return tasks.counted("book", String.class, (what, task) -> {
                    if (task.instanceId().equals("loud")) {
                        failAfterCommit();
                    }
                    return TaskOutcome.next("file", what);
                })
                .transactional();
    }

    @Bean
    TaskHandler<String> file(Packing tasks) {
        return tasks.counted("file", String.class, (what, task) -> TaskOutcome.complete(what))
                .transactional();
    }

    private static void failAfterCommit() {
        TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
            @Override
            public void afterCommit() {
                throw new IllegalStateException("nobody to tell");
            }
        });
    }
}
