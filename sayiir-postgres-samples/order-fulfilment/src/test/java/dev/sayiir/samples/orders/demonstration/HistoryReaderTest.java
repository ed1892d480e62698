package dev.sayiir.samples.orders.demonstration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.samples.orders.OrderCatalog;
import dev.sayiir.samples.orders.OrderIds;
import dev.sayiir.samples.orders.OrderService;
import dev.sayiir.samples.orders.database.EmbeddedDatabase;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.springframework.jdbc.core.simple.JdbcClient;

/** What the audit is told must be what is there, also when that is wrong. */
class HistoryReaderTest {

    @TempDir
    private Path directory;

    @Test
    void what_is_lost_unfinished_or_there_twice_is_seen() throws Exception {
        Run run = Run.begin(directory.resolve("logs"));
        try (EmbeddedDatabase database = new EmbeddedDatabase(directory).start();
                FrontDesk desk = FrontDesk.open(run, DatabaseSettings.of(database), List.of())) {
            JdbcClient jdbc = desk.get(JdbcClient.class);
            place(desk, run.orderId(1));
            place(desk, run.orderId(2));
            place(desk, "of-somebody-else");
            commitTwice(jdbc, run.orderId(2));
            log(jdbc, run.orderId(1), "Blocked");
            log(jdbc, run.orderId(1), "Unblocked");
            log(jdbc, run.orderId(2), "Blocked");
            log(jdbc, "of-somebody-else", "Blocked");
            jdbc.sql(
                            "INSERT INTO order_fulfilment.orders (id, customer, total_cents, content) VALUES (:id, '', 0, '{}')")
                    .param("id", run.orderId(3))
                    .update();
            HistoryReader history = new HistoryReader(jdbc, run);

            List<OrderHistory> orders = history.orders();

            assertThat(orders)
                    .containsExactly(
                            new OrderHistory(run.orderId(1), "InProgress", List.of(), 0, 0, 0, 0),
                            new OrderHistory(
                                    run.orderId(2), "InProgress", List.of("pack", "ship", "pack"), 1, -1, 1, 2),
                            new OrderHistory(run.orderId(3), "none", List.of(), 0, 0, 0, 0));
            assertThat(history.unfinished()).isEqualTo(2);
            assertThat(history.claims()).isZero();
            assertThat(history.dropped()).isOne();
            assertThat(history.blocks()).isEqualTo(new BlockCounts(2, 1));
            assertThat(history.failed()).isZero();
            Audit audit =
                    new Audit(List.of(run.orderId(1)), orders, 0, 0, history.blocks(), new FaultCounts(0, 0, 0, 0, 0));
            assertThat(audit.problems()).anyMatch(problem -> problem.endsWith("has more than one commit of pack"));
        }
    }

    private static void place(FrontDesk desk, String id) {
        desk.get(OrderService.class)
                .place(desk.get(OrderCatalog.class).orders().get(0).withId(id));
    }

    private static void log(JdbcClient jdbc, String order, String kind) {
        jdbc.sql("""
                        INSERT INTO sayiir.sayiir_workflow_events (instance_id, created_at, kind)
                        VALUES (:instance, now(), :kind)""")
                .param("instance", OrderIds.instanceId(order))
                .param("kind", kind)
                .update();
    }

    private static void commitTwice(JdbcClient jdbc, String order) {
        String instance = OrderIds.instanceId(order);
        jdbc.sql("""
                        INSERT INTO sayiir.sayiir_workflow_history
                            (instance_id, version, saved_at, baseline, status, completed_task_ids, outputs, write_id)
                        VALUES (:instance, 2, now(), false, 'Completed', '{pack,ship,pack}', '{"","",""}', 0)""").param("instance", instance).update();
        jdbc.sql("INSERT INTO order_fulfilment.payments (payment_key, cents, charged) VALUES (:key, 1, true)")
                .param("key", instance + "/payment")
                .update();
        for (int i = 0; i < 2; i++) {
            jdbc.sql("INSERT INTO order_fulfilment.bookings (order_id, cents) VALUES (:order, 1)")
                    .param("order", order)
                    .update();
        }
        jdbc.sql("""
                        INSERT INTO order_fulfilment.dropped_results (instance_id, task_id, worker_id, claim_token)
                        VALUES (:instance, 'pack', 'worker', 1)""").param("instance", instance).update();
    }
}
