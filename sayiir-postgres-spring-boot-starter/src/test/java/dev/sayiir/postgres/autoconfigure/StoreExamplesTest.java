package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.codec.SmileSnapshotCodec;
import dev.sayiir.codec.SnapshotCodecs;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.EventLog;
import dev.sayiir.persistence.HistoryEntry;
import dev.sayiir.persistence.RedriveRequest;
import dev.sayiir.persistence.RepairStore;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.SnapshotHistory;
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
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Runs the examples of the documentation that are about stores in plain Java. {@link DocumentationTest} checks that it shows what
 * is between {@code // region} and {@code // endregion} here.
 */
class StoreExamplesTest extends StarterTest {

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

        WorkflowQuery old =
                WorkflowQuery.all().atTask("charge").createdBefore(anHourAgo).limit(50);
        WorkflowPage page = queries.findWorkflows(old);
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
    void what_has_failed_goes_on() {
        PostgresBackend backend = PostgresBackend.builder(database.dataSource()).build();
        WorkflowSnapshot order = backend.createSnapshot(order("order-4711").moveTo(new AtTask("reserve")));
        order = backend.saveSnapshot(
                order.completeTask("reserve", Payload.utf8("shelf 7")).moveTo(new AtTask("charge")));
        backend.saveSnapshot(order.fail("card refused"));
        RepairStore repairs = backend;

        // region repair
        repairs.redrive("order-4711", RedriveRequest.fromFailure(), SignalRequest.of("bug 17 is fixed", "ada"));

        RedriveRequest again = RedriveRequest.fromTask("charge").withInput(Payload.utf8("shelf 8"));
        repairs.redrive("order-4711", again, SignalRequest.of("was on the wrong shelf", "ada"));

        repairs.fork("order-4711", 2, "order-4711-trial", SignalRequest.of("to try it out", "ada"));
        // endregion

        assertThat(backend.loadTaskResult("order-4711", "reserve")).contains(Payload.utf8("shelf 8"));
        assertThat(backend.loadTaskResult("order-4711-trial", "reserve")).contains(Payload.utf8("shelf 7"));
        assertThat(backend.loadSnapshot("order-4711-trial").position()).contains(new AtTask("charge"));
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
    void the_schema_is_written_out(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("sayiir.sql");

        // region schema-sql
        Files.writeString(file, SchemaMigrator.sql("sayiir"));
        // endregion

        new JdbcTemplate(database.dataSource()).execute(Files.readString(file));
        new SchemaMigrator(database.dataSource(), "sayiir").validate();
    }
}
