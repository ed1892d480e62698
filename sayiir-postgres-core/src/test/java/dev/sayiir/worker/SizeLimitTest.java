package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.codec.JsonSnapshotCodec;
import dev.sayiir.codec.SnapshotCodecs;
import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.BlockedTask;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.Payload;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What becomes of inputs and outputs that are larger than a snapshot may be. */
class SizeLimitTest {

    private static final Workflow WORKFLOW = new Workflow("fulfilment-v1", "first");
    private static final Payload LARGE = Payload.of(new byte[20_000]);

    private final Database database = PostgresServer.of(17).newDatabase();
    private final PostgresBackend backend = PostgresBackend.builder(database.dataSource())
            .codecs(SnapshotCodecs.writing(new JsonSnapshotCodec())
                    .maxBytes(10_000)
                    .build())
            .build();
    private final Workflows workflows = Workflows.of(backend);

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void a_result_that_is_too_large_is_blocked_and_leaves_no_claim() {
        TaskHandler<?> handler = TaskHandler.of("first", Payload.class, (in, task) -> TaskOutcome.complete(LARGE));
        try (TaskWorker worker =
                TaskWorker.builder(backend).workflow(WORKFLOW).handler(handler).build()) {
            workflows.start(WORKFLOW, "order-1", Payload.empty());
            worker.start();

            BlockedTask blocked = await().atMost(Duration.ofMinutes(1))
                    .until(() -> backend.findBlockedTasks(BlockedQuery.all()), found -> !found.isEmpty())
                    .get(0);
            assertThat(blocked.reason()).isEqualTo(BlockReason.UNWRITABLE_OUTPUT);
            assertThat(blocked.error())
                    .startsWith("The outcome of task 'first' cannot be stored: ")
                    .contains("the limit is 10000");
        }
        assertThat(backend.findAvailableTasks(ClaimQuery.of("w", 1, Duration.ofMinutes(1))))
                .isEmpty();
    }

    @Test
    void inputs_and_outputs_in_between_are_no_part_of_the_snapshot_and_may_be_larger() throws Exception {
        try (TaskWorker worker = TaskWorker.builder(backend)
                .workflow(WORKFLOW)
                .handler(TaskHandler.of("first", Payload.class, (in, task) -> TaskOutcome.next("second", in)))
                .handler(TaskHandler.of("second", Payload.class, (in, task) -> TaskOutcome.complete(in.size())))
                .build()) {
            workflows.start(WORKFLOW, "order-1", LARGE);
            worker.start();
            workflows.awaitEnd("order-1", Duration.ofMinutes(1));
        }
        assertThat(workflows.result("order-1", Integer.class)).contains(LARGE.size());
    }
}
