package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.testing.CountedStatements;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/** A checkpoint costs the same at step 1 and at step 1,000: counted in bytes of write-ahead log and in statements. */
class CheckpointCostTest {

    private static final int STEPS = 1000;
    /** Checkpoints that are measured together, so that a page split in one of them does not decide. */
    private static final int SAMPLE = 20;

    private final Database database = PostgresServer.of(17).newDatabase();
    private final JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
    private final CountedStatements statements = new CountedStatements(database.dataSource());
    private PostgresBackend backend;

    @BeforeEach
    void migrate() {
        // Notifications are transactions of their own, and their commits would be counted too.
        backend = PostgresBackend.builder(statements.dataSource())
                .notifyMode(NotifyMode.POLL)
                .build();
        // Background writes of the server itself would be counted as ours.
        jdbc.execute("ALTER TABLE sayiir.sayiir_workflows SET (autovacuum_enabled = off)");
        jdbc.execute("ALTER TABLE sayiir.sayiir_workflow_history SET (autovacuum_enabled = off)");
        jdbc.execute("ALTER TABLE sayiir.sayiir_workflow_tasks SET (autovacuum_enabled = off)");
        jdbc.execute("ALTER TABLE sayiir.sayiir_task_claims SET (autovacuum_enabled = off)");
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void saving_the_thousandth_checkpoint_costs_what_the_first_did() {
        WorkflowSnapshot[] snapshot = {
            backend.createSnapshot(
                    WorkflowSnapshot.start("a", "d", Payload.of(new byte[1000])).moveTo(new AtTask("task-0")))
        };
        assertFlat(
                "saveSnapshot",
                step -> snapshot[0] = backend.saveSnapshot(snapshot[0]
                        .completeTask("task-" + step, Payload.of(new byte[100]))
                        .moveTo(new AtTask("task-" + (step + 1)))));
        assertThat(backend.loadSnapshot("a").completedTasks().size()).isEqualTo(STEPS);
    }

    @Test
    void saving_the_thousandth_task_result_costs_what_the_first_did() {
        backend.createSnapshot(WorkflowSnapshot.start("a", "d", Payload.of(new byte[1000])));
        assertFlat("saveTaskResult", step -> backend.saveTaskResult("a", "task-" + step, Payload.of(new byte[100])));
        assertThat(backend.loadSnapshot("a").completedTasks().size()).isEqualTo(STEPS);
    }

    private interface Step {
        void run(int step);
    }

    private record Cost(double walBytes, double statements) {}

    private void assertFlat(String operation, Step step) {
        Cost first = measure(0, step);
        for (int i = SAMPLE; i < STEPS - SAMPLE; i++) {
            step.run(i);
        }
        Cost last = measure(STEPS - SAMPLE, step);

        System.out.printf(
                "%-15s WAL bytes per checkpoint: %.0f at first, %.0f after %d (%.2f x); statements: %.1f and %.1f%n",
                operation,
                first.walBytes(),
                last.walBytes(),
                STEPS - SAMPLE,
                last.walBytes() / first.walBytes(),
                first.statements(),
                last.statements());
        assertThat(last.walBytes()).isLessThanOrEqualTo(1.5 * first.walBytes());
        assertThat(first.statements()).isOne();
        assertThat(last.statements()).isOne();
    }

    private Cost measure(int from, Step step) {
        String before = jdbc.queryForObject("SELECT pg_current_wal_insert_lsn()::text", String.class);
        long count = statements.during(() -> {
            for (int i = from; i < from + SAMPLE; i++) {
                step.run(i);
            }
        });
        Long bytes =
                jdbc.queryForObject("SELECT (pg_current_wal_insert_lsn() - ?::pg_lsn)::bigint", Long.class, before);
        return new Cost((double) bytes / SAMPLE, (double) count / SAMPLE);
    }
}
