package dev.sayiir.benchmarks;

import dev.sayiir.workflow.Payload;
import java.io.PrintStream;
import java.sql.SQLException;

/**
 * Fills stores with instances that are done with, or that wait for an event that does not come. They are written by plain
 * SQL, so their control state is of the right size but is no snapshot: they are there to be in the way, not to be loaded.
 */
final class Content {

    private static final int PORTION = 50_000;

    private static final String FINISHED = """
            INSERT INTO $.sayiir_workflows
                (instance_id, version, data_version, base_version, incarnation, created_at, updated_at, completed_task_count,
                 task_priority, status, definition_hash, task_tags)
            SELECT 'finished-' || i, 11, 11, 1, i, now() - i * interval '1 second', now() - i * interval '1 second', 10, 3,
                   'Completed', 'finished', '{}'
            FROM generate_series(?::int, ?::int) AS i
            """;

    private static final String HISTORY = """
            INSERT INTO $.sayiir_workflow_history
                (instance_id, version, saved_at, baseline, status, current_task_id, completed_task_ids, outputs, data,
                 initial_input, write_id)
            SELECT 'finished-' || i, v, now() - i * interval '1 second', v = 1,
                   CASE WHEN v = 11 THEN 'Completed' ELSE 'InProgress' END,
                   CASE WHEN v < 11 THEN 'step-' || v - 1 END,
                   CASE WHEN v > 1 THEN ARRAY['step-' || v - 2] END,
                   CASE WHEN v > 1 THEN ARRAY[?::bytea] END,
                   ?::bytea, CASE WHEN v = 1 THEN ?::bytea END, i
            FROM generate_series(?::int, ?::int) AS i
            CROSS JOIN generate_series(1, 11) AS v
            """;

    private static final String TASKS = """
            INSERT INTO $.sayiir_workflow_tasks
                (instance_id, task_id, status, completed_version, started_at, completed_at, attempts, worker_id)
            SELECT 'finished-' || i, 'step-' || v, 'completed', v + 2, now() - i * interval '1 second',
                   now() - i * interval '1 second', 1, 'worker'
            FROM generate_series(?::int, ?::int) AS i
            CROSS JOIN generate_series(0, 9) AS v
            """;

    private static final String PARKED = """
            INSERT INTO $.sayiir_workflows
                (instance_id, version, data_version, base_version, incarnation, created_at, updated_at, completed_task_count,
                 task_priority, status, definition_hash, position_kind, current_task_id, task_tags)
            SELECT 'parked-' || i, 1, 1, 1, i, now() - i * interval '1 second', now() - i * interval '1 second', 0, 3,
                   'InProgress', 'parked', 'AtSignal', 'await:never', '{}'
            FROM generate_series(?::int, ?::int) AS i
            """;

    private static final String PARKED_HISTORY = """
            INSERT INTO $.sayiir_workflow_history
                (instance_id, version, saved_at, baseline, status, current_task_id, data, initial_input, write_id)
            SELECT 'parked-' || i, 1, now() - i * interval '1 second', true, 'InProgress', 'await:never', ?::bytea, ?::bytea, i
            FROM generate_series(?::int, ?::int) AS i
            """;

    private static final String PARKED_CLAIMS = """
            INSERT INTO $.sayiir_task_claims
                (instance_id, branch, task_id, status, started_at, task_priority, definition_hash, task_tags)
            SELECT 'parked-' || i, '', 'await:never', 'waiting', now() - i * interval '1 second', 3, 'parked', '{}'
            FROM generate_series(?::int, ?::int) AS i
            """;

    private static final byte[] OUTPUT = Bytes.random(Steps.PAYLOAD_BYTES);

    private final Target target;
    private final PrintStream progress;
    private final byte[] data;
    private final byte[] input;

    Content(Target target, PrintStream progress) {
        this.target = target;
        this.progress = progress;
        this.data = Bytes.random(CommitTask.controlStateBytes());
        this.input = Instances.first("linear", "finished-0")
                .initialInput()
                .map(Payload::bytes)
                .orElseThrow();
    }

    /** Adds so many instances that ended after ten steps, with eleven checkpoints and ten tasks each. */
    void addFinished(int count) throws SQLException {
        inPortions(count, "finished", (from, to) -> {
            update(FINISHED, from, to);
            update(HISTORY, OUTPUT, data, input, from, to);
            update(TASKS, from, to);
        });
    }

    /** Adds so many instances that wait for an event. */
    void addParked(int count) throws SQLException {
        inPortions(count, "parked", (from, to) -> {
            update(PARKED, from, to);
            update(PARKED_HISTORY, data, input, from, to);
            update(PARKED_CLAIMS, from, to);
        });
    }

    /** Lets the server clean up and take statistics, as it would on its own some time later. */
    void settle() throws SQLException {
        target.database()
                .execute(("VACUUM (ANALYZE) $.sayiir_workflows, $.sayiir_workflow_history, $.sayiir_workflow_tasks,"
                                + " $.sayiir_task_claims, $.sayiir_workflow_events, $.sayiir_workflow_counts")
                        .replace("$", target.schema()));
    }

    @FunctionalInterface
    private interface Portion {
        void add(int from, int to) throws SQLException;
    }

    private void inPortions(int count, String what, Portion portion) throws SQLException {
        for (int from = 1; from <= count; from += PORTION) {
            int to = Math.min(count, from + PORTION - 1);
            portion.add(from, to);
            progress.printf("filling %s: %,d of %,d instances %s%n", target.schema(), to, count, what);
        }
    }

    private void update(String sql, Object... parameters) throws SQLException {
        target.database().update(sql.replace("$", target.schema()), parameters);
    }
}
