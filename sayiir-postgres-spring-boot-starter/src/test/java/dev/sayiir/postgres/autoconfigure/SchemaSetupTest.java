package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.postgres.MigrationMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.SchemaMigrator;
import dev.sayiir.postgres.SchemaValidationException;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.flyway.autoconfigure.FlywayAutoConfiguration;
import org.springframework.boot.jdbc.autoconfigure.DataSourceInitializationAutoConfiguration;
import org.springframework.boot.liquibase.autoconfigure.LiquibaseAutoConfiguration;
import org.springframework.context.support.GenericApplicationContext;
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
                            .hasMessageContaining("missing: view sayiir_tasks")
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

    @ParameterizedTest
    @ValueSource(strings = {"sayiir", "public"})
    void the_application_s_liquibase_and_our_flyway_work_side_by_side(String schema) {
        var withLiquibase = onApplicationDatabase()
                .withConfiguration(AutoConfigurations.of(LiquibaseAutoConfiguration.class))
                .withPropertyValues(
                        "spring.liquibase.change-log=classpath:application-changelog/changelog.yaml",
                        "sayiir.postgres.schema=" + schema);
        for (int start = 1; start <= 2; start++) {
            withLiquibase.run(context -> {
                assertThat(context).hasSingleBean(PostgresBackend.class).doesNotHaveBean(Flyway.class);
                assertThat(context.getBean(JdbcTemplate.class)
                                .queryForList("SELECT id FROM public.databasechangelog", String.class))
                        .containsExactly("invoices");
                context.getBean(SnapshotStore.class).saveSnapshot(order("order-1"));
            });
        }
        assertThat(hasTable(database.dataSource(), "public", "application_invoices"))
                .isTrue();
        assertThat(hasTable(database.dataSource(), schema, SchemaMigrator.HISTORY_TABLE))
                .isTrue();
    }

    @Test
    void without_a_flyway_or_liquibase_of_the_application_none_is_published() {
        // Spring Boot would take a published one for the application's, and leave its scripts unrun.
        onApplicationDatabase().run(context -> {
            assertThat(context).hasSingleBean(PostgresBackend.class).doesNotHaveBean(Flyway.class);
            context.getBean(SnapshotStore.class).createSnapshot(order("order-1"));
        });
    }

    /** By SQL, not by injection: nothing tells of the dependency but that it is one on the database. */
    @Test
    void the_schema_is_there_before_anything_that_uses_the_database() {
        onApplicationDatabase()
                .withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class))
                .withPropertyValues("spring.flyway.locations=classpath:application-migration")
                .withInitializer(context -> ((GenericApplicationContext) context).registerBean("aaa", Counting.class))
                .run(context ->
                        assertThat(context.getBean(Counting.class).found).isZero());
    }

    @Test
    void a_backend_of_the_application_waits_for_its_flyway() {
        onApplicationDatabase()
                .withConfiguration(AutoConfigurations.of(FlywayAutoConfiguration.class))
                .withPropertyValues("spring.flyway.locations=classpath:application-migration")
                .withInitializer(context -> ((GenericApplicationContext) context)
                        .registerBean(
                                "aaa",
                                PostgresBackend.class,
                                () -> PostgresBackend.builder(context.getBean(DataSource.class))
                                        .schema("public")
                                        .build()))
                .run(context -> assertThat(context)
                        .hasSingleBean(PostgresBackend.class)
                        .doesNotHaveBean(SayiirSchemaInitializer.class));
    }

    @Test
    void the_initializer_backs_off_from_one_of_the_application() {
        onApplicationDatabase()
                .withBean(
                        SayiirSchemaInitializer.class,
                        () -> new SayiirSchemaInitializer(
                                new SchemaMigrator(database.dataSource(), "sayiir", "own_history"),
                                MigrationMode.MIGRATE))
                .run(context -> {
                    assertThat(context).hasSingleBean(SayiirSchemaInitializer.class);
                    context.getBean(SnapshotStore.class).createSnapshot(order("order-1"));
                    assertThat(hasTable(database.dataSource(), "sayiir", "own_history"))
                            .isTrue();
                });
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

    static class Counting {

        final Long found;

        Counting(JdbcTemplate jdbc) {
            found = jdbc.queryForObject("SELECT count(*) FROM sayiir.sayiir_workflows", Long.class);
        }
    }
}
