package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.Retention;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

class RetentionAutoConfigurationTest extends StarterTest {

    private ApplicationContextRunner retaining() {
        return onApplicationDatabase().withConfiguration(AutoConfigurations.of(SayiirRetentionAutoConfiguration.class));
    }

    @Test
    void it_is_off_by_default() {
        retaining()
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(Retention.class)
                        .doesNotHaveBean(BackgroundTask.class));
    }

    @ParameterizedTest
    @ValueSource(strings = {"finished-instances", "history-versions", "events"})
    void it_is_on_if_something_is_to_be_deleted(String property) {
        retaining()
                .withPropertyValues("sayiir.postgres.retention." + property + "=30d")
                .run(context ->
                        assertThat(context).hasSingleBean(Retention.class).hasSingleBean(BackgroundTask.class));
    }

    @Test
    void finished_instances_go_at_the_next_interval() {
        retaining()
                .withPropertyValues(
                        "sayiir.postgres.retention.finished-instances=1ms", "sayiir.postgres.retention.interval=50ms")
                .run(context -> {
                    PostgresBackend backend = context.getBean(PostgresBackend.class);
                    backend.createSnapshot(finished("order-1"));
                    backend.createSnapshot(order("order-2"));
                    Awaitility.await()
                            .untilAsserted(
                                    () -> assertThat(backend.listSnapshots()).containsExactly("order-2"));
                });
    }

    @Test
    void history_and_events_go_too() {
        retaining()
                .withPropertyValues(
                        "sayiir.postgres.retention.history-versions=1ms",
                        "sayiir.postgres.retention.events=1ms",
                        "sayiir.postgres.retention.batch-size=1",
                        "sayiir.postgres.retention.interval=50ms")
                .run(context -> {
                    PostgresBackend backend = context.getBean(PostgresBackend.class);
                    WorkflowSnapshot order = backend.createSnapshot(order("order-1"));
                    backend.saveSnapshot(order.completeTask("t", Payload.empty()));
                    Awaitility.await().untilAsserted(() -> {
                        assertThat(backend.listVersions("order-1", 0, 10)).hasSize(1);
                        assertThat(backend.listEvents("order-1", 0, 10)).isEmpty();
                    });
                });
    }

    @ParameterizedTest
    @CsvSource({
        "finished-instances, 0s",
        "history-versions, -1d",
        "events, 0ms",
        "interval, 0s",
        "batch-size, 0",
    })
    void a_value_that_cannot_be_is_refused_with_the_name_of_the_property(String property, String value) {
        retaining()
                .withPropertyValues(
                        "sayiir.postgres.retention.finished-instances=30d",
                        "sayiir.postgres.retention." + property + "=" + value)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("sayiir.postgres.retention." + property));
    }

    @Test
    void it_backs_off_from_a_retention_of_the_application() {
        retaining()
                .withPropertyValues("sayiir.postgres.retention.events=30d")
                .withBean(
                        Retention.class,
                        () -> Retention.builder(database.dataSource()).build())
                .run(context -> assertThat(context).hasSingleBean(Retention.class));
    }

    private static WorkflowSnapshot finished(String id) {
        return order(id).complete(Payload.empty());
    }
}
