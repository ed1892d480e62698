package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.testing.LogLines;
import dev.sayiir.worker.TaskWorker;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** The connections that the worker keeps for itself. */
class WorkerConnectionsTest extends WorkerStarterTest {

    private static final String LOG = "dev.sayiir.postgres.autoconfigure";

    private ApplicationContextRunner withPool(int size) {
        return fulfilment()
                .withPropertyValues(
                        "spring.datasource.hikari.maximum-pool-size=" + size,
                        "spring.datasource.hikari.minimum-idle=0",
                        "sayiir.postgres.notify.mode=poll");
    }

    private ApplicationContextRunner onDefaults() {
        return fulfilment().withPropertyValues("spring.datasource.hikari.minimum-idle=0");
    }

    private static List<String> saidOf(LogLines log) {
        return log.lines().stream()
                .filter(line -> line.contains("maximum-pool-size"))
                .toList();
    }

    @Test
    void R28_the_worker_has_connections_of_its_own_until_it_stops() {
        try (LogLines log = LogLines.of(LOG)) {
            withPool(20).run(context -> {
                HikariDataSource pool = context.getBean(HikariDataSource.class);
                await().until(() -> pool.getHikariPoolMXBean().getActiveConnections() == TaskWorker.CONNECTIONS);
                assertThat(run(context, FULFILMENT, String.class)).isEqualTo("tea paid, shipped");

                context.getBean(TaskWorkerLifecycle.class).stop();

                await().until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 0);
                context.getBean(TaskWorkerLifecycle.class).start();
                await().until(() -> pool.getHikariPoolMXBean().getActiveConnections() == TaskWorker.CONNECTIONS);
            });
            assertThat(saidOf(log)).isEmpty();
        }
    }

    @Test
    void the_defaults_are_no_reason_to_warn() {
        try (LogLines log = LogLines.of(LOG)) {
            onDefaults()
                    .run(context ->
                            assertThat(run(context, FULFILMENT, String.class)).isEqualTo("tea paid, shipped"));
            assertThat(saidOf(log))
                    .singleElement()
                    .asString()
                    .startsWith("INFO ")
                    .contains(
                            "Up to 16 handlers at once share 5 of the 10",
                            "maximum-pool-size to 21",
                            "concurrency to 5");
        }
    }

    @Test
    void R28_a_pool_that_leaves_handlers_one_connection_is_warned_of_with_the_numbers() {
        try (LogLines log = LogLines.of(LOG)) {
            withPool(2)
                    .withPropertyValues("sayiir.postgres.worker.concurrency=12")
                    .run(context -> {
                        HikariDataSource pool = context.getBean(HikariDataSource.class);
                        await().until(() -> pool.getHikariPoolMXBean().getActiveConnections() == 1);
                        assertThat(run(context, FULFILMENT, String.class)).isEqualTo("tea paid, shipped");
                    });
            assertThat(saidOf(log))
                    .singleElement()
                    .asString()
                    .startsWith("WARN ")
                    .contains("it has 2,", "keeps 1 for itself", "up to 12 handlers", "share 1 with", "to 16 or more");
        }
    }

    @Test
    void a_pool_that_leaves_handlers_two_connections_is_not_warned_of() {
        try (LogLines log = LogLines.of(LOG)) {
            withPool(3).run(context -> assertThat(context).hasNotFailed());
            assertThat(saidOf(log))
                    .singleElement()
                    .asString()
                    .startsWith("INFO ")
                    .contains("share 2 of the 3", "maximum-pool-size to 20");
        }
    }

    @Test
    void one_connection_is_enough_for_handlers_that_run_one_at_a_time() {
        try (LogLines log = LogLines.of(LOG)) {
            withPool(2)
                    .withPropertyValues("sayiir.postgres.worker.concurrency=1")
                    .run(context ->
                            assertThat(run(context, FULFILMENT, String.class)).isEqualTo("tea paid, shipped"));
            assertThat(saidOf(log)).isEmpty();
        }
    }

    @Test
    void a_pool_of_two_connections_one_of_which_listens_is_shared_and_works() {
        try (LogLines log = LogLines.of(LOG)) {
            onDefaults()
                    .withPropertyValues("spring.datasource.hikari.maximum-pool-size=2")
                    .run(context ->
                            assertThat(run(context, FULFILMENT, String.class)).isEqualTo("tea paid, shipped"));
            assertThat(saidOf(log))
                    .singleElement()
                    .asString()
                    .startsWith("WARN ")
                    .contains("it has 2,", "keeps 0 for itself", "share 1 with", "to 21 or more");
        }
    }

    @Test
    void a_pool_of_one_connection_is_shared_and_works() {
        try (LogLines log = LogLines.of(LOG)) {
            withPool(1)
                    .withPropertyValues("sayiir.postgres.worker.concurrency=1")
                    .run(context ->
                            assertThat(run(context, FULFILMENT, String.class)).isEqualTo("tea paid, shipped"));
            assertThat(saidOf(log))
                    .singleElement()
                    .asString()
                    .startsWith("WARN ")
                    .contains("it has 1,", "keeps 0 for itself", "share 1 with", "to 5 or more");
        }
    }

    @Test
    void a_pool_that_handlers_do_not_use_is_never_too_small_for_them() {
        try (LogLines log = LogLines.of(LOG)) {
            onDefaults()
                    .withPropertyValues(settings("sayiir.postgres", database))
                    .withPropertyValues("sayiir.postgres.hikari.maximum-pool-size=2")
                    .run(context ->
                            assertThat(run(context, FULFILMENT, String.class)).isEqualTo("tea paid, shipped"));
            assertThat(saidOf(log)).isEmpty();
        }
    }

    @Test
    void a_pool_of_the_worker_s_own_that_is_the_application_s_only_one_is_for_handlers_too() {
        try (LogLines log = LogLines.of(LOG)) {
            onOwnDatabase()
                    .withConfiguration(AutoConfigurations.of(SayiirWorkerAutoConfiguration.class))
                    .withUserConfiguration(Fulfilment.class)
                    .withPropertyValues("sayiir.postgres.hikari.maximum-pool-size=2")
                    .run(context -> assertThat(context).hasNotFailed());
            assertThat(saidOf(log)).singleElement().asString().startsWith("WARN ");
        }
    }
}
