package dev.sayiir.benchmarks;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.List;

/**
 * Exactly the rows and indexes that {@code commitTask} touches when it carries on to the next task, written by one
 * prepared statement on copies of the tables that have neither triggers nor constraints: what the design of the schema
 * costs, without what the stores do to get there.
 */
final class SameWritesFloor extends Floor {

    static final String NAME = "floor-same-writes";

    private static final List<String> TABLES =
            List.of("sayiir_workflows", "sayiir_workflow_history", "sayiir_task_claims", "sayiir_workflow_tasks");

    private static final String STEP = """
            WITH moved AS (
                UPDATE sayiir_benchmark_floor.sayiir_workflows
                SET version = version + 1, data_version = version + 1, updated_at = clock_timestamp(),
                    completed_task_count = completed_task_count + 1, position_kind = 'AtTask', current_task_id = ?
                WHERE instance_id = ? AND status = 'InProgress'
                RETURNING instance_id, version, updated_at, current_task_id
            ), kept AS (
                INSERT INTO sayiir_benchmark_floor.sayiir_workflow_history
                    (instance_id, version, saved_at, baseline, status, current_task_id, completed_task_ids, outputs, data,
                     write_id)
                SELECT instance_id, version, updated_at, false, 'InProgress', current_task_id, ARRAY[?::text], ARRAY[?::bytea],
                       ?, ?
                FROM moved
            ), done AS (
                INSERT INTO sayiir_benchmark_floor.sayiir_workflow_tasks
                    (instance_id, task_id, status, completed_version, started_at, completed_at, attempts, worker_id)
                SELECT instance_id, ?, 'completed', version, updated_at, updated_at, 1, 'worker'
                FROM moved
            )
            UPDATE sayiir_benchmark_floor.sayiir_task_claims AS c
            SET task_id = m.current_task_id, started_at = m.updated_at, claim_token = ?, claimed_at = m.updated_at, attempts = 1
            FROM moved AS m
            WHERE c.instance_id = m.instance_id AND c.branch = ''
            """;

    private static final byte[] OUTPUT = Bytes.random(Steps.PAYLOAD_BYTES);
    private static final byte[] DATA = Bytes.random(CommitTask.controlStateBytes());

    @Override
    public String name() {
        return NAME;
    }

    @Override
    void fill(Target target, int instances) throws SQLException {
        for (String table : TABLES) {
            copy(target, table);
        }
        target.database().update("""
                INSERT INTO sayiir_benchmark_floor.sayiir_workflows
                    (instance_id, version, data_version, base_version, incarnation, created_at, updated_at,
                     completed_task_count, task_priority, status, definition_hash, position_kind, current_task_id, task_tags)
                SELECT 'instance-' || i, 1, 1, 1, i, now(), now(), 0, 3, 'InProgress', 'linear', 'AtTask', 'step-0', '{}'
                FROM generate_series(0, ? - 1) AS i""", instances);
        target.database().update("""
                INSERT INTO sayiir_benchmark_floor.sayiir_task_claims
                    (instance_id, branch, task_id, status, ready_at, started_at, claim_token, claimed_at, expires_at,
                     worker_id, attempts, task_priority, definition_hash, task_tags)
                SELECT 'instance-' || i, '', 'step-0', 'active', now(), now(), i, now(), now(), 'worker', 1, 3, 'linear', '{}'
                FROM generate_series(0, ? - 1) AS i""", instances);
    }

    private static void copy(Target target, String table) throws SQLException {
        String options = target.database()
                .row("SELECT array_to_string(reloptions, ', ') FROM pg_class WHERE oid = '" + target.schema() + "."
                        + table + "'::regclass")
                .get(0);
        target.database()
                .execute(
                        "DROP TABLE IF EXISTS sayiir_benchmark_floor." + table,
                        "CREATE TABLE sayiir_benchmark_floor." + table + " (LIKE " + target.schema() + "." + table
                                + " INCLUDING DEFAULTS INCLUDING GENERATED INCLUDING INDEXES INCLUDING STORAGE INCLUDING COMPRESSION)"
                                + " WITH (" + options + ")");
    }

    @Override
    String statement() {
        return STEP;
    }

    @Override
    void bind(PreparedStatement statement, String id, int step) throws SQLException {
        statement.setString(1, Steps.id(step + 1));
        statement.setString(2, id);
        statement.setString(3, Steps.id(step));
        statement.setBytes(4, OUTPUT);
        statement.setBytes(5, DATA);
        statement.setLong(6, System.nanoTime());
        statement.setString(7, Steps.id(step));
        statement.setLong(8, step);
    }
}
