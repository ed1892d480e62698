package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.SchemaMigrator;
import dev.sayiir.postgres.SchemaValidationException;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.jdbc.core.JdbcTemplate;

class SchemaSetupTest extends StarterTest {

    @Test
    void the_schema_is_migrated_by_default() {
        onApplicationDatabase()
                .run(context -> assertThatCode(() -> new SchemaMigrator(database.dataSource(), "sayiir").validate())
                        .doesNotThrowAnyException());
    }

    @Test
    void validation_of_an_empty_schema_lists_what_is_missing_and_changes_nothing() {
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.migration.mode=validate")
                .run(context -> {
                    assertThat(context)
                            .getFailure()
                            .rootCause()
                            .isInstanceOf(SchemaValidationException.class)
                            .hasMessageContaining("missing: table sayiir_workflows")
                            .hasMessageContaining("missing: table sayiir_workflow_history")
                            .hasMessageContaining("missing: table sayiir_workflow_tasks")
                            .hasMessageContaining("missing: view sayiir_task_claims")
                            .hasMessageContaining("missing: table sayiir_workflow_events");
                    assertThat(hasTable(database.dataSource(), "sayiir", "sayiir_workflows"))
                            .isFalse();
                });
    }

    @ParameterizedTest
    @ValueSource(strings = {"validate", "none"})
    void a_schema_that_was_made_by_hand_is_used(String mode) {
        new JdbcTemplate(database.dataSource()).execute(SchemaMigrator.sql("sayiir"));
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.migration.mode=" + mode)
                .run(context -> {
                    assertThat(context)
                            .getBean(SnapshotStore.class)
                            .satisfies(store -> store.createSnapshot(order("order-1")));
                    assertThat(hasTable(database.dataSource(), "sayiir", SchemaMigrator.HISTORY_TABLE))
                            .isFalse();
                });
    }

    @Test
    void without_migration_nothing_is_looked_at() {
        onApplicationDatabase()
                .withPropertyValues("sayiir.postgres.migration.mode=none")
                .run(context -> {
                    assertThat(context).hasSingleBean(PostgresBackend.class);
                    assertThat(hasTable(database.dataSource(), "sayiir", "sayiir_workflows"))
                            .isFalse();
                });
    }

    /** In schema public, too: the application's Flyway refuses one that has tables already, so it has to go first. */
    @ParameterizedTest
    @ValueSource(strings = {"sayiir", "public"})
    void the_application_s_flyway_and_ours_work_side_by_side(String schema) {
        var withFlyway = onApplicationDatabase()
                .withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class))
                .withPropertyValues(
                        "spring.flyway.locations=classpath:application-migration", "sayiir.postgres.schema=" + schema);
        for (int start = 1; start <= 2; start++) {
            withFlyway.run(context -> {
                assertThat(context).hasSingleBean(Flyway.class).hasSingleBean(PostgresBackend.class);
                assertThat(context.getBean(Flyway.class).info().applied()).hasSize(1);
                assertThat(context.getBean(Flyway.class).validateWithResult().validationSuccessful)
                        .isTrue();
                context.getBean(SnapshotStore.class).saveSnapshot(order("order-1"));
            });
        }
        assertThat(hasTable(database.dataSource(), "public", "application_orders"))
                .isTrue();
        assertThat(hasTable(database.dataSource(), "public", "flyway_schema_history"))
                .isTrue();
        assertThat(hasTable(database.dataSource(), schema, SchemaMigrator.HISTORY_TABLE))
                .isTrue();
        assertThat(hasTable(database.dataSource(), schema, "sayiir_workflows")).isTrue();
    }

    @Test
    void no_flyway_is_published() {
        onApplicationDatabase().run(context -> assertThat(context).doesNotHaveBean(Flyway.class));
    }

    @Test
    void the_application_s_scripts_run_first() {
        onApplicationDatabase()
                .withConfiguration(AutoConfigurations.of(DataSourceInitializationAutoConfiguration.class))
                .withPropertyValues(
                        "spring.sql.init.mode=always", "spring.sql.init.schema-locations=classpath:workflow-schema.sql")
                .run(context -> assertThat(context).hasSingleBean(PostgresBackend.class));
        assertThat(new JdbcTemplate(database.dataSource())
                        .queryForObject(
                                "SELECT obj_description(oid) FROM pg_namespace WHERE nspname = 'sayiir'", String.class))
                .isEqualTo("made by the application");
    }
}
