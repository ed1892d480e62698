package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.codec.SnapshotSerializationException;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.ConnectionCallback;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What the tables promise to whoever looks into them directly. */
@ParameterizedClass
@MethodSource("versions")
class HistoryTableTest {

    @Parameter
    private int major;

    private Database database;
    private JdbcTemplate jdbc;
    private PostgresBackend backend;

    static List<Integer> versions() {
        return PostgresServer.SUPPORTED;
    }

    @BeforeEach
    void migrate() {
        database = PostgresServer.of(major).newDatabase();
        jdbc = new JdbcTemplate(database.dataSource());
        // Nothing is sent meanwhile, so that all is done, and counted, in one connection.
        backend = PostgresBackend.builder(database.dataSource())
                .notifyMode(NotifyMode.POLL)
                .build();
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void a_checkpoint_is_never_changed_and_never_deleted_by_itself() {
        backend.createSnapshot(WorkflowSnapshot.start("a", "d", Payload.empty()));

        assertThatThrownBy(() -> jdbc.update("UPDATE sayiir.sayiir_workflow_history SET data = '\\x00'"))
                .isInstanceOf(DataAccessException.class)
                .hasMessageContaining("history of instance a is immutable");
        assertThatThrownBy(() -> jdbc.update("DELETE FROM sayiir.sayiir_workflow_history"))
                .isInstanceOf(DataAccessException.class)
                .hasMessageContaining("version 1 cannot be changed or deleted");
        assertThat(count("sayiir_workflow_history", "a")).isOne();
    }

    @Test
    void retention_may_delete_within_a_transaction_that_says_so() {
        backend.createSnapshot(WorkflowSnapshot.start("a", "d", Payload.empty()));
        TransactionTemplate transaction =
                new TransactionTemplate(new DataSourceTransactionManager(database.dataSource()));

        Integer deleted = transaction.execute(status -> {
            jdbc.queryForObject("SELECT set_config('sayiir.retention', 'on', true)", String.class);
            return jdbc.update("DELETE FROM sayiir.sayiir_workflow_history");
        });

        assertThat(deleted).isOne();
    }

    @Test
    void R12_deleting_removes_every_row_in_all_tables_and_no_other_instances() {
        for (String id : List.of("a", "b")) {
            WorkflowSnapshot snapshot = backend.createSnapshot(
                    WorkflowSnapshot.start(id, "d", Payload.empty()).moveTo(new AtTask("t")));
            backend.saveSnapshot(snapshot.completeTask("t", Payload.empty()).moveTo(new AtTask("u")));
            assertThat(backend.claimTask(id, "u", "w", Duration.ofMinutes(1))).isPresent();
            jdbc.update("""
                    INSERT INTO sayiir.sayiir_workflow_events (instance_id, created_at, kind, name, payload)
                    VALUES (?, now(), 'EventSent', 'approved', '')
                    """, id);
        }

        backend.deleteSnapshot("a");

        for (String table : List.of(
                "sayiir_workflows",
                "sayiir_workflow_history",
                "sayiir_workflow_tasks",
                "sayiir_task_claims",
                "sayiir_workflow_events")) {
            assertThat(count(table, "a")).as(table).isZero();
            assertThat(count(table, "b")).as(table).isPositive();
        }
    }

    @Test
    void a_task_output_is_stored_once_and_the_initial_input_too() {
        String output = "output-that-is-easy-to-find";
        String input = "input-that-is-easy-to-find";
        WorkflowSnapshot snapshot = backend.createSnapshot(WorkflowSnapshot.start("a", "d", Payload.utf8(input)));
        snapshot = backend.saveSnapshot(snapshot.completeTask("t", Payload.utf8(output)));
        for (int i = 0; i < 5; i++) {
            snapshot = backend.saveSnapshot(snapshot.moveTo(new AtTask("u" + i)));
        }

        String everything = String.join("\n", jdbc.queryForList("""
                SELECT convert_from(COALESCE(h.data, '') || COALESCE(h.initial_input, ''), 'UTF8')
                       || COALESCE(array_to_string(h.outputs::text[], ','), '')
                FROM sayiir.sayiir_workflow_history AS h
                """, String.class));
        assertThat(everything).containsOnlyOnce(input);
        assertThat(everything).containsOnlyOnce(hex(output));
        assertThat(everything).doesNotContain(bytesAsJson(output)).doesNotContain(bytesAsJson(input));
    }

    @Test
    void R3_a_damaged_snapshot_is_reported_with_instance_version_and_remedy_and_hinders_nobody_else() {
        backend.createSnapshot(WorkflowSnapshot.start("good", "d", Payload.empty()));
        backend.createSnapshot(WorkflowSnapshot.start("bad", "d", Payload.empty()));
        jdbc.execute("ALTER TABLE sayiir.sayiir_workflow_history DISABLE TRIGGER ALL");
        jdbc.update("UPDATE sayiir.sayiir_workflow_history SET data = '\\x53595253017b' WHERE instance_id = 'bad'");

        assertThatThrownBy(() -> backend.loadSnapshot("bad"))
                .isInstanceOf(SnapshotSerializationException.class)
                .hasMessageContaining("Instance 'bad', version 1")
                .hasMessageContaining("codec");
        assertThat(backend.loadSnapshot("good").version()).isOne();
        assertThat(backend.listSnapshots()).containsExactly("bad", "good");
        assertThat(backend.findWorkflow("bad")).isPresent();
        backend.deleteSnapshot("bad");
    }

    @Test
    void R6_tables_are_found_whatever_the_search_path() {
        jdbc.execute((ConnectionCallback<Void>) connection -> {
            connection.createStatement().execute("ALTER DATABASE " + connection.getCatalog() + " SET search_path = ''");
            return null;
        });
        try (PostgresBackend fresh =
                PostgresBackend.connect(database.url(), database.username(), database.password())) {
            WorkflowSnapshot saved =
                    fresh.saveSnapshot(fresh.createSnapshot(WorkflowSnapshot.start("a", "d", Payload.utf8("in")))
                            .completeTask("t", Payload.empty()));
            fresh.saveTaskResult("a", "u", Payload.empty());
            assertThat(fresh.loadVersion("a", 2)).isEqualTo(saved);
            assertThat(fresh.loadSnapshot("a").completedTasks().taskIds()).containsExactlyInAnyOrder("t", "u");
            fresh.deleteSnapshot("a");
        }
    }

    @Test
    void checkpoints_update_the_instances_row_in_place() {
        WorkflowSnapshot snapshot = backend.createSnapshot(
                WorkflowSnapshot.start("a", "d", Payload.utf8("in")).moveTo(new AtTask("t0")));
        for (int i = 0; i < 200; i++) {
            snapshot = backend.saveSnapshot(
                    snapshot.completeTask("t" + i, Payload.utf8("out")).moveTo(new AtTask("t" + (i + 1))));
        }
        // Counted in the backend's own connections, which report when idle: ask until it has.
        Awaitility.await().untilAsserted(() -> {
            var updates = jdbc.queryForMap("""
                    SELECT s.n_tup_upd AS all_updates, s.n_tup_hot_upd AS in_place
                    FROM pg_stat_user_tables AS s WHERE s.relname = 'sayiir_workflows'
                    """);
            assertThat(updates).containsEntry("all_updates", 200L);
            assertThat((Long) updates.get("in_place")).isGreaterThanOrEqualTo(195);
        });
    }

    private long count(String table, String instanceId) {
        return jdbc.queryForObject(
                "SELECT count(*) FROM sayiir." + table + " WHERE instance_id = ?", Long.class, instanceId);
    }

    private static String hex(String text) {
        return HexFormat.of().formatHex(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String bytesAsJson(String text) {
        return text.chars().mapToObj(Integer::toString).collect(Collectors.joining(","));
    }
}
