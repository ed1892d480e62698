package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.postgres.NotifyMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Events that were sent before the instance came to wait for them. */
class BufferedEventsTest {

    private static final int EVENTS = 200;
    private static final Workflow WORKFLOW = new Workflow("ledger-v1", "next");

    private final Database database = PostgresServer.of(17).newDatabase();
    private final PostgresBackend backend = PostgresBackend.builder(database.dataSource())
            .notifyMode(NotifyMode.POLL)
            .build();

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void R25_a_worker_that_only_polls_takes_them_one_after_the_other_without_waiting_for_its_interval() {
        Workflows workflows = Workflows.of(backend);
        workflows.start(WORKFLOW, "account-1", 0);
        for (int i = 0; i < EVENTS; i++) {
            workflows.sendEvent("account-1", "booked", i);
        }
        AtomicInteger taken = new AtomicInteger();
        try (TaskWorker worker = TaskWorker.builder(backend, backend, backend)
                .workflow(WORKFLOW)
                .handler(TaskHandler.of(
                        "next", Integer.class, (in, task) -> TaskOutcome.awaitEvent("booked", "take", in)))
                .handler(TaskHandler.of("take", Integer.class, (amount, task) -> {
                    assertThat(amount).isEqualTo(taken.getAndIncrement());
                    return taken.get() == EVENTS ? TaskOutcome.complete(amount) : TaskOutcome.next("next", amount);
                }))
                .pollInterval(Duration.ofHours(1))
                .build()) {
            worker.start();

            await().atMost(Duration.ofMinutes(1))
                    .until(() -> workflows.status("account-1") == WorkflowStatus.COMPLETED);
            assertThat(taken).hasValue(EVENTS);
        }
    }
}
