package dev.sayiir.benchmarks;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/** A step as one prepared statement through plain JDBC and the pool that the stores use, on tables of its own. */
abstract class Floor implements Workload {

    /** Where the tables of the floors are. */
    static final String SCHEMA = "sayiir_benchmark_floor";

    @Override
    public final String unit() {
        return "step";
    }

    @Override
    public final boolean usesStores() {
        return false;
    }

    /** How many steps an instance has. */
    int steps() {
        return Steps.COUNT;
    }

    /** As much of the load as it takes. */
    Load partOf(Load load) {
        return load;
    }

    /** Makes the tables anew, with so many instances at their first step: instance-0, instance-1 and so on. */
    abstract void fill(Target target, int instances) throws SQLException;

    /** The statement of a step; what it counts is the row that it adds to the last of its tables. */
    abstract String statement();

    /** Binds the values of a step. */
    abstract void bind(PreparedStatement statement, String id, int step) throws SQLException;

    @Override
    public final Work prepare(Target target, Load load) throws SQLException {
        Load part = partOf(load);
        int instances = part.portions(steps());
        target.database().execute("CREATE SCHEMA IF NOT EXISTS " + SCHEMA);
        fill(target, instances);
        return new ClosedLoop(part, instances, (number, timer) -> {
            for (int step = 0; step < steps(); step++) {
                int from = step;
                timer.time(() -> step(target, "instance-" + number, from));
            }
            return steps();
        });
    }

    private void step(Target target, String id, int step) throws SQLException {
        try (Connection connection = target.database().dataSource().getConnection();
                PreparedStatement statement = connection.prepareStatement(statement())) {
            bind(statement, id, step);
            int rows = statement.executeUpdate();
            if (rows != 1) { // one that writes nothing would be a low floor
                throw new SQLException(
                        "The step of " + id + " wrote " + rows + " rows of its last table; it must be 1");
            }
        }
    }
}
