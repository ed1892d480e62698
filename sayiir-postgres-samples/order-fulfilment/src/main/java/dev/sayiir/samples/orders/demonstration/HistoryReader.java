package dev.sayiir.samples.orders.demonstration;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Reads in the tables of the library and of the application what became of the orders of one run. */
final class HistoryReader {

    private static final String ORDERS = """
            SELECT o.id, COALESCE(w.status, 'none') AS status, h.steps, h.endings,
                   COALESCE(w.version, 0) - h.versions AS missing,
                   (SELECT count(*) FROM order_fulfilment.payments AS p
                    WHERE p.payment_key = 'order-' || o.id || '/payment' AND p.charged) AS payments,
                   (SELECT count(*) FROM order_fulfilment.bookings AS b WHERE b.order_id = o.id) AS bookings
            FROM order_fulfilment.orders AS o
            LEFT JOIN sayiir.sayiir_workflows AS w ON w.instance_id = 'order-' || o.id
            CROSS JOIN LATERAL (
                SELECT count(*) AS versions,
                       count(*) FILTER (WHERE c.status = 'Completed') AS endings,
                       ARRAY(SELECT s.task_id
                             FROM sayiir.sayiir_workflow_history AS b
                             CROSS JOIN LATERAL unnest(b.completed_task_ids) WITH ORDINALITY AS s (task_id, place)
                             WHERE b.instance_id = w.instance_id
                             ORDER BY b.version, s.place) AS steps
                FROM sayiir.sayiir_workflow_history AS c
                WHERE c.instance_id = w.instance_id) AS h
            WHERE starts_with('order-' || o.id, :prefix)
            ORDER BY o.placed_at, o.id""";

    private static final String UNFINISHED = """
            SELECT count(*) FROM sayiir.sayiir_workflows
            WHERE starts_with(instance_id, :prefix) AND status IN ('InProgress', 'Paused')""";

    private static final String CLAIMS = """
            SELECT COALESCE(sum(attempts), 0) FROM sayiir.sayiir_tasks
            WHERE starts_with(instance_id, :prefix) AND task_id NOT LIKE 'delay:%' AND task_id NOT LIKE 'await:%'""";

    private static final String DROPPED = """
            SELECT count(*) FROM order_fulfilment.dropped_results
            WHERE starts_with(instance_id, :prefix)""";

    private static final String BLOCKS = """
            SELECT count(*) FILTER (WHERE kind = 'Blocked') AS blocked,
                   count(*) FILTER (WHERE kind = 'Unblocked') AS unblocked
            FROM sayiir.sayiir_workflow_events
            WHERE starts_with(instance_id, :prefix)""";

    private static final String FAILED = """
            SELECT count(*) FROM sayiir.sayiir_workflows
            WHERE starts_with(instance_id, :prefix) AND status = 'Failed'""";

    private final JdbcClient jdbc;
    private final Run run;

    HistoryReader(JdbcClient jdbc, Run run) {
        this.jdbc = jdbc;
        this.run = run;
    }

    /** All orders that were placed in this run. */
    List<OrderHistory> orders() {
        return jdbc.sql(ORDERS)
                .param("prefix", run.instancePrefix())
                .query((row, number) -> order(row))
                .list();
    }

    private static OrderHistory order(ResultSet row) throws SQLException {
        return new OrderHistory(
                row.getString("id"),
                row.getString("status"),
                List.of((String[]) row.getArray("steps").getArray()),
                row.getInt("endings"),
                row.getInt("missing"),
                row.getInt("payments"),
                row.getInt("bookings"));
    }

    /** How many orders are not finished. */
    int unfinished() {
        return count(UNFINISHED);
    }

    /** How often a worker had a task to do, be it that it came to an end with it or not. */
    int claims() {
        return count(CLAIMS);
    }

    /** How many results were refused because another worker had the task by then. */
    int dropped() {
        return count(DROPPED);
    }

    /** How often orders were blocked, and how often let go on. */
    BlockCounts blocks() {
        return jdbc.sql(BLOCKS)
                .param("prefix", run.instancePrefix())
                .query(BlockCounts.class)
                .single();
    }

    /** How many orders have failed. */
    int failed() {
        return count(FAILED);
    }

    private int count(String sql) {
        return jdbc.sql(sql)
                .param("prefix", run.instancePrefix())
                .query(Integer.class)
                .single();
    }
}
