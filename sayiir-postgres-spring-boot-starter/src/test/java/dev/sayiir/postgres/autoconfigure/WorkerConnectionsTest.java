package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.testing.LogLines;
import dev.sayiir.worker.TaskWorker;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** The connections that the worker keeps for itself. */
class WorkerConnectionsTest extends WorkerStarterTest {

    private ApplicationContextRunner withPool(int size) {
        return fulfilment()
                .withPropertyValues(
                        "spring.datasource.hikari.maximum-pool-size=" + size,
                        "spring.datasource.hikari.minimum-idle=0",
                        "sayiir.postgres.notify.mode=poll");
    }

    private static List<String> warnings(LogLines log) {
        return log.lines().stream()
                .filter(line -> line.startsWith("WARN The worker does"))
                .toList();
    }

    @Test
    void R28_the_worker_has_connections_of_its_own_until_it_stops() {
        try (LogLines log = LogLines.of("dev.sayiir.postgres.autoconfigure")) {
            withPool(20).run(context -> {
                HikariDataSource pool = context.getBean(HikariDataSource.class);
                await().until(() -> pool.getHikariPoolMXBean().getActiveConnections() == TaskWorker.CONNECTIONS);
                assertThat(run(context, FULFILMENT, String.class)).isEqualTo("tea paid, shipped");

                context.getBean(TaskWorkerLifecycle.class).stop();

                await().until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 0);
                context.getBean(TaskWorkerLifecycle.class).start();
                await().until(() -> pool.getHikariPoolMXBean().getActiveConnections() == TaskWorker.CONNECTIONS);
            });
            assertThat(warnings(log)).isEmpty();
        }
    }

    @Test
    void R28_a_pool_that_is_too_small_for_the_concurrency_is_said_with_the_numbers() {
        try (LogLines log = LogLines.of("dev.sayiir.postgres.autoconfigure")) {
            withPool(6)
                    .withPropertyValues("sayiir.postgres.worker.concurrency=12")
                    .run(context -> {
                        HikariDataSource pool = context.getBean(HikariDataSource.class);
                        await().until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 3);
                        assertThat(run(context, FULFILMENT, String.class)).isEqualTo("tea paid, shipped");
                    });
            assertThat(warnings(log))
                    .singleElement()
                    .asString()
                    .contains(
                            "up to 12 tasks",
                            "keeps 3 connections",
                            "has 6:",
                            "maximum-pool-size to 15",
                            "to 3 or less");
        }
    }

    @Test
    void a_pool_of_one_connection_is_shared_and_works() {
        try (LogLines log = LogLines.of("dev.sayiir.postgres.autoconfigure")) {
            withPool(1)
                    .run(context ->
                            assertThat(run(context, FULFILMENT, String.class)).isEqualTo("tea paid, shipped"));
            assertThat(warnings(log)).singleElement().asString().contains("keeps 0 connections", "has 1:");
        }
    }
}
