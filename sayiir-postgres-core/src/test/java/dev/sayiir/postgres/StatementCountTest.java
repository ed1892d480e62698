package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.testing.CountedStatements;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Each operation is one statement, by itself and in a transaction of the caller. */
class StatementCountTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    private final Database database = PostgresServer.of(17).newDatabase();
    private final CountedStatements counts = new CountedStatements(database.dataSource());
    private final TransactionTemplate transaction =
            new TransactionTemplate(new DataSourceTransactionManager(counts.dataSource()));
    private PostgresBackend backend;
    private WorkflowSnapshot stored;

    @BeforeEach
    void migrate() {
        new SchemaMigrator(database.dataSource(), "sayiir").migrate();
        backend = PostgresBackend.builder(counts.dataSource())
                .migration(MigrationMode.NONE)
                .build();
        stored = backend.createSnapshot(
                WorkflowSnapshot.start("a", "d", Payload.utf8("in")).moveTo(new AtTask("t")));
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void creating_is_one_statement() {
        assertOne(id -> backend.createSnapshot(WorkflowSnapshot.start(id, "d", Payload.empty())));
    }

    @Test
    void saving_for_the_first_time_is_one_statement() {
        assertOne(id -> backend.saveSnapshot(WorkflowSnapshot.start(id, "d", Payload.empty())));
    }

    @Test
    void saving_a_further_checkpoint_is_one_statement() {
        assertOne(id -> stored = backend.saveSnapshot(
                stored.completeTask("t" + id, Payload.utf8("out")).moveTo(new AtTask("after " + id))));
    }

    @Test
    void saving_if_nobody_else_has_is_one_statement() {
        assertOne(id -> stored =
                backend.saveSnapshotIfVersion(stored.completeTask("t" + id, Payload.utf8("out")), stored.version()));
    }

    @Test
    void saving_the_end_is_one_statement() {
        assertOne(id -> {
            WorkflowSnapshot other = WorkflowSnapshot.start(id, "d", Payload.empty());
            return transaction.execute(status -> {
                WorkflowSnapshot created = backend.createSnapshot(other);
                counts.clear();
                return backend.saveSnapshot(
                        created.completeTask("t", Payload.empty()).complete(Payload.empty()));
            });
        });
    }

    @Test
    void saving_a_task_result_is_one_statement() {
        assertOne(id -> backend.saveTaskResult("a", "t" + id, Payload.utf8("out")));
    }

    @Test
    void loading_is_one_statement() {
        assertOne(id -> backend.loadSnapshot("a"));
        assertOne(id -> backend.loadVersion("a", 1));
        assertOne(id -> backend.loadTaskResults("a"));
        assertOne(id -> backend.loadTaskResult("a", "t"));
    }

    @Test
    void deleting_is_one_statement() {
        for (String id : new String[] {"alone", "joined"}) {
            PostgresBackend.builder(database.dataSource())
                    .migration(MigrationMode.NONE)
                    .build()
                    .createSnapshot(WorkflowSnapshot.start(id, "d", Payload.empty()));
        }
        assertOne(id -> {
            backend.deleteSnapshot(id);
            return id;
        });
    }

    @Test
    void finding_and_claiming_is_one_statement() {
        assertOne(id -> backend.claimAvailableTasks(ClaimQuery.of("w", 10, MINUTE)));
    }

    @Test
    void claiming_one_task_is_one_statement() {
        assertThat(counts.during(() -> backend.claimTask("a", "t", "w", MINUTE)))
                .isOne();
    }

    @Test
    void extending_and_releasing_claims_is_one_statement_each() {
        List<TaskClaim> held = backend.claimAvailableTasks(ClaimQuery.of("w", 10, MINUTE)).stream()
                .map(ClaimedTask::claim)
                .toList();

        assertOne(id -> backend.extendTaskClaims(held, MINUTE));
        assertOne(id -> backend.releaseTaskClaim(held.get(0)));
        assertOne(id -> backend.releaseTaskClaims("w"));
    }

    @Test
    void committing_a_task_and_carrying_on_is_one_statement() {
        AtomicReference<TaskClaim> claim =
                new AtomicReference<>(backend.claimTask("a", "t", "w", MINUTE).orElseThrow());

        assertOne(id -> {
            WorkflowSnapshot done = stored.completeTask(claim.get().taskId(), Payload.utf8("out"));
            CommittedTask committed =
                    backend.commitTask(claim.get(), done.moveTo(new AtTask("after " + id)), Optional.of(MINUTE));
            claim.set(committed.next().orElseThrow());
            stored = committed.snapshot();
            return stored;
        });
    }

    private interface Operation {
        Object run(String id);
    }

    private void assertOne(Operation operation) {
        assertThat(counts.during(() -> operation.run("alone")))
                .as("statements in autocommit")
                .isOne();
        assertThat(counts.during(() -> transaction.executeWithoutResult(status -> operation.run("joined"))))
                .as("statements in the caller's transaction")
                .isOne();
    }
}
