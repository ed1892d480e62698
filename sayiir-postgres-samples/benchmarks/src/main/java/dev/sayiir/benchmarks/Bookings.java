package dev.sayiir.benchmarks;

import dev.sayiir.worker.FunctionHandler;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Ten steps that each add a business row to the same database: in a transaction of its own before the step is committed, by a
 * worker or alone; or in the transaction that commits the step.
 */
final class Bookings implements Workload {

    private enum Kind {
        /** A business commit and {@code commitTask}, one after the other. */
        TWO_COMMITS("booked-in-two"),
        /** The same by a worker, which commits steps in groups. */
        APART("booked-apart"),
        /** Transactional tasks. */
        TOGETHER("booked-together");

        private final String label;

        Kind(String label) {
            this.label = label;
        }
    }

    private static final String TABLE = Floor.SCHEMA + ".bookings";

    private final Kind kind;

    private Bookings(Kind kind) {
        this.kind = kind;
    }

    static Bookings inTwo() {
        return new Bookings(Kind.TWO_COMMITS);
    }

    static Bookings apart() {
        return new Bookings(Kind.APART);
    }

    static Bookings together() {
        return new Bookings(Kind.TOGETHER);
    }

    @Override
    public String name() {
        return kind.label;
    }

    @Override
    public String comparedWith() {
        return kind == Kind.TOGETHER ? Kind.TWO_COMMITS.label : "";
    }

    @Override
    public String unit() {
        return "step";
    }

    @Override
    public Work prepare(Target target, Load load) throws Exception {
        createTable(target);
        JdbcTemplate jdbc = new JdbcTemplate(target.database().dataSource());
        if (kind == Kind.TWO_COMMITS) {
            return CommitTask.prepare(target, load, name(), () -> book(jdbc, name(), 0));
        }
        return WorkerWorkload.of(flow(jdbc)).prepare(target, load);
    }

    private static void createTable(Target target) throws SQLException {
        target.database()
                .execute(
                        "CREATE SCHEMA IF NOT EXISTS " + Floor.SCHEMA,
                        "DROP TABLE IF EXISTS " + TABLE,
                        "CREATE TABLE " + TABLE + " (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, order_id text,"
                                + " cents bigint, note text)");
    }

    private static void book(JdbcTemplate jdbc, String order, int step) {
        jdbc.update(
                "INSERT INTO " + TABLE + " (order_id, cents, note) VALUES (?, ?, 'booked by a benchmark')",
                order,
                step);
    }

    private Flow flow(JdbcTemplate jdbc) {
        List<TaskHandler<?>> handlers = new ArrayList<>();
        for (int step = 0; step < Steps.COUNT; step++) {
            int number = step;
            FunctionHandler<String> handler = TaskHandler.of(Steps.id(step), String.class, (text, task) -> {
                book(jdbc, task.instanceId(), number);
                return number + 1 < Steps.COUNT
                        ? TaskOutcome.next(Steps.id(number + 1), text)
                        : TaskOutcome.complete(text);
            });
            handlers.add(kind == Kind.TOGETHER ? handler.transactional() : handler);
        }
        return Flow.of(new Workflow(name(), Steps.id(0)), handlers, Steps.COUNT);
    }
}
