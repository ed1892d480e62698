package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Collectors;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DriverManagerDataSource;

class SchemaMigratorTest {

    static List<Integer> supported() {
        return PostgresServer.SUPPORTED;
    }

    @ParameterizedTest
    @MethodSource("supported")
    void migrating_makes_exactly_the_objects_that_validation_expects(int major) {
        try (Database database = PostgresServer.of(major).newDatabase()) {
            SchemaMigrator migrator = new SchemaMigrator(database.dataSource(), "sayiir");
            migrator.migrate();
            migrator.migrate();

            Map<String, String> made = new SchemaCatalog(jdbc(database), new SchemaName("sayiir")).objects();
            assertThat(lines(made)).isEqualTo(lines(SchemaCatalog.expected()));
            migrator.validate();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"we\"ird; drop", "Käse 'n'; --", "select", "a.b", ":name", "{x}", "UPPER"})
    void a_schema_of_any_name_works(String schema) {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            PostgresBackend backend = PostgresBackend.builder(database.dataSource())
                    .schema(schema)
                    .build();
            WorkflowSnapshot snapshot = WorkflowSnapshot.start("a", "d", Payload.utf8("in"));
            WorkflowSnapshot saved =
                    backend.saveSnapshot(backend.saveSnapshot(snapshot).completeTask("t", Payload.empty()));

            assertThat(backend.loadSnapshot("a")).isEqualTo(saved);
            assertThat(backend.loadVersion("a", 2)).isEqualTo(saved);
            backend.deleteSnapshot("a");
            SchemaMigrator migrator = new SchemaMigrator(database.dataSource(), schema);
            migrator.migrate();
            migrator.validate();
            assertThat(jdbc(database).queryForList("SELECT nspname FROM pg_namespace", String.class))
                    .contains(schema);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "pg_mine", "information_schema", "a\0b", "a$b", "a?b", "100%", "$$; DROP TABLE x; --"})
    void a_schema_name_that_cannot_be_is_refused(String schema) {
        assertThatThrownBy(() -> SchemaMigrator.sql(schema))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("schema name");
    }

    @Test
    void a_schema_name_that_postgresql_would_cut_off_is_refused() {
        assertThat(SchemaMigrator.sql("ä".repeat(31))).contains("\"" + "ä".repeat(31) + "\"");
        assertThatThrownBy(() -> SchemaMigrator.sql("ä".repeat(32)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("63 bytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"flow_history", "Flow 'History'", "sayiir_history"})
    void the_history_table_may_have_any_name(String table) {
        try (Database database = PostgresServer.of(13).newDatabase()) {
            SchemaMigrator migrator = new SchemaMigrator(database.dataSource(), "sayiir", table);
            migrator.migrate();
            migrator.migrate();
            migrator.validate();
            assertThat(jdbc(database)
                            .queryForList("SELECT tablename FROM pg_tables WHERE schemaname = 'sayiir'", String.class))
                    .contains(table)
                    .doesNotContain(SchemaMigrator.HISTORY_TABLE);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a$b", "a\"b", "sayiir_workflows", "sayiir_task_claims", "sayiir_claim_token"})
    void a_history_table_name_that_cannot_be_is_refused(String table) {
        assertThatThrownBy(() -> SchemaMigrator.requireHistoryTable(table))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("history table name");
    }

    @Test
    void a_history_table_name_that_leaves_no_room_for_its_index_is_refused() {
        assertThat(SchemaMigrator.requireHistoryTable("h".repeat(57))).hasSize(57);
        assertThatThrownBy(() -> SchemaMigrator.requireHistoryTable("h".repeat(58)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("57 bytes");
    }

    @Test
    void a_schema_whose_history_is_in_another_table_is_not_migrated_again() {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            new SchemaMigrator(database.dataSource(), "sayiir").migrate();
            SchemaMigrator other = new SchemaMigrator(database.dataSource(), "sayiir", "other_history");
            assertThatThrownBy(other::migrate)
                    .isInstanceOf(SchemaMigrationException.class)
                    .hasMessageContaining("no record of migrations in other_history")
                    .hasMessageContaining("name that table");
        }
    }

    /** As the version before the next one finds it, in a fleet that is being upgraded or set back. */
    @Test
    void a_schema_that_a_newer_version_has_upgraded_is_left_as_it_is() {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            SchemaMigrator migrator = new SchemaMigrator(database.dataSource(), "sayiir");
            migrator.migrate();
            jdbc(database).execute("""
                    INSERT INTO sayiir.sayiir_schema_history
                    SELECT installed_rank + 1, '99', 'more', type, 'V99__more.sql', 7, installed_by, now(), 1, true
                    FROM sayiir.sayiir_schema_history WHERE version = '1';
                    ALTER TABLE sayiir.sayiir_workflows ADD COLUMN more text;
                    """);

            migrator.migrate();

            assertThat(PostgresBackend.builder(database.dataSource())
                            .build()
                            .createSnapshot(WorkflowSnapshot.start("a", "d", Payload.empty()))
                            .version())
                    .isEqualTo(1);
        }
    }

    @Test
    void a_schema_that_was_made_by_another_text_of_a_script_is_refused() {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            SchemaMigrator migrator = new SchemaMigrator(database.dataSource(), "sayiir");
            migrator.migrate();
            jdbc(database).update("UPDATE sayiir.sayiir_schema_history SET checksum = 7 WHERE version = '1'");

            assertThatThrownBy(migrator::migrate)
                    .isInstanceOf(SchemaMigrationException.class)
                    .hasMessageContaining("checksum");
        }
    }

    @Test
    void a_schema_that_has_other_tables_is_fine() {
        try (Database database = PostgresServer.of(13).newDatabase()) {
            jdbc(database).execute("CREATE TABLE public.orders (id bigint PRIMARY KEY)");
            SchemaMigrator migrator = new SchemaMigrator(database.dataSource(), "public");
            migrator.migrate();
            migrator.validate();
            assertThat(jdbc(database).queryForObject("SELECT count(*) FROM public.orders", Long.class))
                    .isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("supported")
    void ten_processes_may_migrate_at_once(int major) throws Exception {
        try (Database database = PostgresServer.of(major).newDatabase()) {
            int processes = 10;
            CyclicBarrier start = new CyclicBarrier(processes);
            ExecutorService threads = Executors.newFixedThreadPool(processes);
            try {
                List<Future<?>> migrations = new ArrayList<>();
                for (int i = 0; i < processes; i++) {
                    migrations.add(threads.submit(() -> {
                        DataSource ofProcess =
                                new DriverManagerDataSource(database.url(), database.username(), database.password());
                        start.await();
                        new SchemaMigrator(ofProcess, "sayiir").migrate();
                        return null;
                    }));
                }
                for (Future<?> migration : migrations) {
                    migration.get();
                }
            } finally {
                threads.shutdownNow();
            }
            new SchemaMigrator(database.dataSource(), "sayiir").validate();
            assertThat(jdbc(database)
                            .queryForObject(
                                    "SELECT count(*) FROM sayiir.sayiir_schema_history WHERE version = '1'",
                                    Long.class))
                    .isOne();
        }
    }

    @Test
    void validation_reports_each_object_that_is_missing_or_different() {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            SchemaMigrator migrator = new SchemaMigrator(database.dataSource(), "sayiir");
            migrator.migrate();
            JdbcTemplate jdbc = jdbc(database);
            jdbc.execute("DROP INDEX sayiir.sayiir_workflows_by_status");
            jdbc.execute("ALTER TABLE sayiir.sayiir_workflows ALTER COLUMN definition_hash DROP NOT NULL");
            jdbc.execute("ALTER TABLE sayiir.sayiir_workflow_history DISABLE TRIGGER sayiir_refuse_history_update");
            jdbc.execute("DROP VIEW sayiir.sayiir_tasks");
            jdbc.execute("CREATE OR REPLACE FUNCTION sayiir.sayiir_forget_instance() RETURNS trigger LANGUAGE plpgsql "
                    + "AS 'BEGIN RETURN NULL; END'");

            assertThatThrownBy(migrator::validate)
                    .isInstanceOfSatisfying(
                            SchemaValidationException.class,
                            e -> assertThat(e.differences())
                                    .contains(
                                            "missing: view sayiir_tasks",
                                            "missing: index sayiir_workflows_by_status",
                                            "different: column sayiir_workflows.definition_hash is text collate C instead of "
                                                    + "text collate C not null",
                                            "different: trigger sayiir_workflow_history.sayiir_refuse_history_update is "
                                                    + "sayiir_refuse_history_change type 19 disabled instead of "
                                                    + "sayiir_refuse_history_change type 19")
                                    .anyMatch(line ->
                                            line.startsWith("different: function sayiir_forget_instance is body"))
                                    .noneMatch(line -> line.contains("sayiir_workflow_events")))
                    .hasMessageContaining("missing: view sayiir_tasks");
        }
    }

    /** As a later version will: a function does more, and a table has one column more. */
    @Test
    void a_process_goes_on_and_starts_on_a_schema_that_a_later_version_has_upgraded() {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            SchemaMigrator migrator = new SchemaMigrator(database.dataSource(), "sayiir");
            migrator.migrate();
            PostgresBackend before = backend(database);
            before.createSnapshot(
                    WorkflowSnapshot.start("order-1", "d", Payload.empty()).moveTo(new AtTask("charge")));
            JdbcTemplate jdbc = jdbc(database);
            jdbc.execute("ALTER TABLE sayiir.sayiir_task_claims ADD COLUMN added_later timestamptz");
            jdbc.execute("CREATE FUNCTION sayiir.sayiir_commit_tasks_2(p_ids text[]) RETURNS bigint LANGUAGE sql AS"
                    + " 'SELECT cardinality(p_ids)'");
            for (String function : List.of("sayiir_commit_tasks", "sayiir_claim_due", "sayiir_checkpoint")) {
                String definition = jdbc.queryForObject(
                        "SELECT pg_get_functiondef(oid) FROM pg_proc WHERE proname = ?", String.class, function);
                jdbc.execute(definition.replaceFirst("\nBEGIN\n", "\nBEGIN\n    PERFORM 1;\n"));
            }
            assertThatThrownBy(migrator::validate).hasMessageContaining("different: function sayiir_commit_tasks");

            jdbc.queryForList(
                            "SELECT oid::regprocedure::text FROM pg_proc WHERE proname IN"
                                    + " ('sayiir_commit_tasks', 'sayiir_claim_due', 'sayiir_checkpoint')",
                            String.class)
                    .forEach(function ->
                            jdbc.execute("COMMENT ON FUNCTION " + function + " IS 'sayiir-postgres schema version 2'"));
            migrator.validate();

            for (PostgresBackend backend : List.of(before, backend(database))) {
                ClaimedTask task = backend.claimAvailableTasks(ClaimQuery.of("w", 1, Duration.ofMinutes(1)))
                        .get(0);
                backend.commitTask(
                        task.claim(),
                        task.snapshot()
                                .completeTask(task.claim().taskId(), Payload.empty())
                                .moveTo(new AtTask("next-" + task.snapshot().version())),
                        Optional.empty());
            }
            assertThat(before.loadSnapshot("order-1").version()).isEqualTo(3);
        }
    }

    private static PostgresBackend backend(Database database) {
        return PostgresBackend.builder(database.dataSource())
                .migration(MigrationMode.VALIDATE)
                .notifyMode(NotifyMode.POLL)
                .build();
    }

    @Test
    void validation_of_an_empty_schema_changes_nothing() {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            assertThatThrownBy(() -> PostgresBackend.builder(database.dataSource())
                            .migration(MigrationMode.VALIDATE)
                            .build())
                    .isInstanceOf(SchemaValidationException.class)
                    .hasMessageContaining("missing: table sayiir_workflows");
            assertThat(jdbc(database)
                            .queryForObject("SELECT count(*) FROM pg_namespace WHERE nspname = 'sayiir'", Long.class))
                    .isZero();
        }
    }

    @ParameterizedTest
    @MethodSource("supported")
    void the_written_out_sql_makes_a_schema_that_validates(int major) throws SQLException {
        try (Database database = PostgresServer.of(major).newDatabase();
                Connection connection = database.dataSource().getConnection();
                Statement statement = connection.createStatement()) {
            statement.execute(SchemaMigrator.sql("by hand"));
            SchemaMigrator migrator = new SchemaMigrator(database.dataSource(), "by hand");
            migrator.validate();
            assertThatThrownBy(migrator::migrate)
                    .isInstanceOf(SchemaMigrationException.class)
                    .hasMessageContaining("made by hand")
                    .hasMessageContaining("Use the mode validate");
        }
    }

    @Test
    void a_server_that_is_too_old_is_refused() {
        try (Database database = PostgresServer.of(12).newDatabase()) {
            assertThatThrownBy(() -> PostgresBackend.connect(database.url(), database.username(), database.password()))
                    .isInstanceOf(UnsupportedServerException.class)
                    .hasFieldOrPropertyWithValue("reason", UnsupportedServerException.Reason.TOO_OLD)
                    .hasMessageContaining("PostgreSQL 12 is not supported")
                    .hasMessageContaining("13 or later");
            assertThat(jdbc(database)
                            .queryForObject("SELECT count(*) FROM pg_namespace WHERE nspname = 'sayiir'", Long.class))
                    .isZero();
        }
    }

    @Test
    void a_read_only_server_is_refused() {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            jdbc(database).execute((ConnectionCallback<Void>) connection -> {
                String name = connection.getCatalog();
                connection
                        .createStatement()
                        .execute("ALTER DATABASE " + name + " SET default_transaction_read_only = on");
                return null;
            });
            assertThatThrownBy(() -> PostgresBackend.connect(database.url(), database.username(), database.password()))
                    .isInstanceOf(UnsupportedServerException.class)
                    .hasMessageContaining("read-only")
                    .hasMessageContaining("primary");
        }
    }

    @Test
    void a_server_in_recovery_is_refused() throws IOException {
        try (StandbyServer standby = StandbyServer.start(17)) {
            assertThatThrownBy(() -> new SchemaMigrator(standby.dataSource(), "sayiir").migrate())
                    .isInstanceOf(UnsupportedServerException.class)
                    .hasMessageContaining("in recovery")
                    .hasMessageContaining("connect to the primary");
        }
    }

    private static String lines(Map<String, String> objects) {
        return objects.entrySet().stream()
                .map(object ->
                        object.getValue().isEmpty() ? object.getKey() : object.getKey() + " = " + object.getValue())
                .collect(Collectors.joining("\n"));
    }

    private static JdbcTemplate jdbc(Database database) {
        return new JdbcTemplate(database.dataSource());
    }
}
