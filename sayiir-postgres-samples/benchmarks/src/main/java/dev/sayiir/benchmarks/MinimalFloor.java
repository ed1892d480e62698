package dev.sayiir.benchmarks;

import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * What a durable step costs at least: one prepared statement that updates the workflow's row and adds a row of about 350
 * bytes to its history and a task with an output of 100 bytes. The tables have primary keys and nothing else.
 */
final class MinimalFloor extends Floor {

    static final String NAME = "floor-minimal";

    /** The same with one instance and one connection. */
    static final String ONE_CHAIN = "floor-one-chain";

    private static final String STEP = """
            WITH moved AS (
                UPDATE sayiir_benchmark_floor.minimal_workflow
                SET version = version + 1, step = ?, updated_at = clock_timestamp()
                WHERE id = ?
                RETURNING id, version
            ), kept AS (
                INSERT INTO sayiir_benchmark_floor.minimal_history (id, version, data)
                SELECT id, version, ? FROM moved
            )
            INSERT INTO sayiir_benchmark_floor.minimal_task (id, task_id, output)
            SELECT id, ?, ? FROM moved
            """;

    /** With the key, the version and the header it makes a row of 350. */
    private static final byte[] DATA = Bytes.random(295);

    private static final byte[] OUTPUT = Bytes.random(100);

    private final boolean oneChain;

    private MinimalFloor(boolean oneChain) {
        this.oneChain = oneChain;
    }

    static MinimalFloor ofManyInstances() {
        return new MinimalFloor(false);
    }

    /** One instance of as many steps as {@link OneChain}. */
    static MinimalFloor ofOneChain() {
        return new MinimalFloor(true);
    }

    @Override
    public String name() {
        return oneChain ? ONE_CHAIN : NAME;
    }

    @Override
    int steps() {
        return oneChain ? OneChain.STEPS : super.steps();
    }

    @Override
    Load partOf(Load load) {
        return oneChain ? new Load(1, OneChain.STEPS, 1, load.limit()) : load;
    }

    @Override
    void fill(Target target, int instances) throws SQLException {
        target.database()
                .execute(
                        "DROP TABLE IF EXISTS sayiir_benchmark_floor.minimal_workflow, sayiir_benchmark_floor.minimal_history,"
                                + " sayiir_benchmark_floor.minimal_task",
                        """
                CREATE TABLE sayiir_benchmark_floor.minimal_workflow
                (id text COLLATE "C" PRIMARY KEY, version bigint NOT NULL, step text, updated_at timestamptz)
                WITH (fillfactor = 75)""",
                        """
                CREATE TABLE sayiir_benchmark_floor.minimal_history
                (id text COLLATE "C", version bigint, data bytea NOT NULL, PRIMARY KEY (id, version))""",
                        """
                CREATE TABLE sayiir_benchmark_floor.minimal_task
                (id text COLLATE "C", task_id text COLLATE "C", output bytea NOT NULL, PRIMARY KEY (id, task_id))""");
        target.database().update("""
                INSERT INTO sayiir_benchmark_floor.minimal_workflow
                SELECT 'instance-' || i, 1, 'step-0', clock_timestamp() FROM generate_series(0, ? - 1) AS i""", instances);
    }

    @Override
    String statement() {
        return STEP;
    }

    @Override
    void bind(PreparedStatement statement, String id, int step) throws SQLException {
        statement.setString(1, Steps.id(step));
        statement.setString(2, id);
        statement.setBytes(3, DATA);
        statement.setString(4, Steps.id(step));
        statement.setBytes(5, OUTPUT);
    }
}
