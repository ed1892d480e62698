package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.postgres.BackendStatus;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.SchemaMigrator;
import dev.sayiir.postgres.StandbyServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import javax.sql.DataSource;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.boot.health.contributor.Status;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.jdbc.core.JdbcTemplate;

class HealthTest extends StarterTest {

    private ApplicationContextRunner watched() {
        return onApplicationDatabase().withConfiguration(AutoConfigurations.of(SayiirHealthAutoConfiguration.class));
    }

    @Test
    void it_says_what_the_database_is() {
        watched().run(context -> {
            context.getBean(PostgresBackend.class)
                    .createSnapshot(order("order-1").moveTo(new AtTask("t")));
            Health health = context.getBean(SayiirHealthIndicator.class).health();
            assertThat(health.getStatus()).isEqualTo(Status.UP);
            assertThat(health.getDetails())
                    .containsEntry("schema", "sayiir")
                    .containsEntry("schemaVersion", "1")
                    .containsEntry("role", "primary")
                    .containsEntry("readyTasks", 1L)
                    .containsKeys("server", "oldestReadyAge");
        });
    }

    @Test
    void a_schema_made_by_hand_has_no_recorded_version() {
        new JdbcTemplate(database.dataSource()).execute(SchemaMigrator.sql("sayiir"));
        watched().withPropertyValues("sayiir.postgres.migration.mode=none").run(context -> {
            BackendStatus status = context.getBean(PostgresBackend.class).status();
            assertThat(status.schemaVersion()).isEmpty();
            assertThat(context.getBean(SayiirHealthIndicator.class).health().getStatus())
                    .isEqualTo(Status.UP);
        });
    }

    @Test
    void it_is_down_when_the_database_does_not_answer() {
        watched().run(context -> {
            ((HikariDataSource) context.getBean(DataSource.class)).close();
            assertThat(context.getBean(SayiirHealthIndicator.class).health().getStatus())
                    .isEqualTo(Status.DOWN);
        });
    }

    @Test
    void it_is_out_of_service_when_a_ready_task_waits_for_too_long() {
        watched().withPropertyValues("sayiir.postgres.health.max-ready-age=1ms").run(context -> {
            HealthIndicator health = context.getBean(SayiirHealthIndicator.class);
            assertThat(health.health().getStatus()).isEqualTo(Status.UP);
            context.getBean(PostgresBackend.class)
                    .createSnapshot(order("order-1").moveTo(new AtTask("t")));
            Awaitility.await()
                    .untilAsserted(() -> assertThat(health.health().getStatus()).isEqualTo(Status.OUT_OF_SERVICE));
        });
    }

    @Test
    void R26_a_blocked_task_is_shown_and_counts_as_the_property_says() {
        watched().run(context -> {
            block(context.getBean(PostgresBackend.class));
            Health health = context.getBean(SayiirHealthIndicator.class).health();
            assertThat(health.getStatus()).isEqualTo(Status.UP);
            assertThat(health.getDetails()).containsEntry("blockedTasks", 1L);
        });
        watched()
                .withPropertyValues("sayiir.postgres.health.blocked-status=OUT_OF_SERVICE")
                .run(context -> assertThat(context.getBean(SayiirHealthIndicator.class)
                                .health()
                                .getStatus())
                        .isEqualTo(Status.OUT_OF_SERVICE));
    }

    private static void block(PostgresBackend backend) {
        backend.createSnapshot(order("order-1").moveTo(new AtTask("t")));
        TaskClaim claim = backend.claimTask("order-1", "t", "worker", Duration.ofMinutes(1))
                .orElseThrow();
        backend.refuseTasks(List.of(new TaskRefusal(
                claim, BlockReason.NO_HANDLER, "no handler", Duration.ZERO, Duration.ZERO, Optional.empty())));
    }

    @Test
    void the_status_then_is_what_the_property_says() {
        watched()
                .withPropertyValues(
                        "sayiir.postgres.health.max-ready-age=1ms", "sayiir.postgres.health.max-ready-age-status=DOWN")
                .run(context -> {
                    context.getBean(PostgresBackend.class)
                            .createSnapshot(order("order-1").moveTo(new AtTask("t")));
                    Awaitility.await()
                            .untilAsserted(() -> assertThat(context.getBean(SayiirHealthIndicator.class)
                                            .health()
                                            .getStatus())
                                    .isEqualTo(Status.DOWN));
                });
    }

    @ParameterizedTest
    @CsvSource({"sayiir.postgres.enabled=true, OUT_OF_SERVICE", "sayiir.postgres.health.standby-status=UP, UP"})
    void a_standby_is_out_of_service_unless_the_property_says_otherwise(String setting, String status)
            throws IOException {
        try (StandbyServer standby =
                StandbyServer.start(17, primary -> new SchemaMigrator(primary, "sayiir").migrate())) {
            application
                    .withConfiguration(AutoConfigurations.of(SayiirHealthAutoConfiguration.class))
                    .withBean("dataSource", DataSource.class, standby::dataSource)
                    .withPropertyValues("sayiir.postgres.migration.mode=validate", setting)
                    .run(context -> {
                        Health health =
                                context.getBean(SayiirHealthIndicator.class).health();
                        assertThat(health.getStatus().getCode()).isEqualTo(status);
                        assertThat(health.getDetails()).containsEntry("role", "standby");
                    });
        }
    }

    @Test
    void a_limit_that_cannot_be_is_refused_with_the_name_of_the_property() {
        watched()
                .withPropertyValues("sayiir.postgres.health.max-ready-age=-1s")
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("sayiir.postgres.health.max-ready-age"));
    }

    @Test
    void it_can_be_switched_off() {
        watched()
                .withPropertyValues("management.health.sayiir.enabled=false")
                .run(context -> assertThat(context).doesNotHaveBean(SayiirHealthIndicator.class));
    }

    @Test
    void it_backs_off_from_one_of_the_application() {
        watched()
                .withBean(
                        "sayiirHealthIndicator",
                        HealthIndicator.class,
                        () -> () -> Health.up().build())
                .run(context -> assertThat(context)
                        .hasSingleBean(HealthIndicator.class)
                        .doesNotHaveBean(SayiirHealthIndicator.class));
    }

    @Test
    void without_actuator_there_is_none() {
        watched()
                .withConfiguration(AutoConfigurations.of(SayiirEndpointAutoConfiguration.class))
                .withClassLoader(
                        new FilteredClassLoader("org.springframework.boot.health", "org.springframework.boot.actuate"))
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .hasSingleBean(PostgresBackend.class)
                        .doesNotHaveBean("sayiirHealthIndicator")
                        .doesNotHaveBean("sayiirEndpoint")
                        .doesNotHaveBean("sayiirInfoContributor"));
    }
}
