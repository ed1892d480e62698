package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.RedriveRequest;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.Plans;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/** How statements run on a database with a million checkpoints: by their indexes, whatever else is there. */
class PlanTest {

    private static final Pattern INDEX = Pattern.compile("using (\\w+) on|Bitmap Index Scan on (\\w+)");
    private static final int INSTANCES = 20_000;
    private static final SignalRequest ASKED = SignalRequest.of("bug 17 is fixed", "ada");
    private static final int VERSIONS = 50;

    private static Database database;

    @BeforeAll
    static void fill() {
        database = PostgresServer.of(17).newDatabase();
        PostgresBackend backend = PostgresBackend.builder(database.dataSource()).build();
        WorkflowSnapshot snapshot =
                WorkflowSnapshot.start("big", "d", Payload.utf8("in")).moveTo(new AtTask("next"));
        snapshot = backend.createSnapshot(snapshot);
        for (int i = 0; i < 200; i++) {
            snapshot = backend.saveSnapshot(snapshot.completeTask("task-" + i, Payload.utf8("out")));
        }
        JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
        jdbc.update("""
                INSERT INTO sayiir.sayiir_workflows
                    (instance_id, version, data_version, base_version, incarnation, created_at, updated_at,
                     completed_task_count, task_priority, status, definition_hash, task_tags, error)
                SELECT 'other-' || i, ?, ?, 1, i, timestamptz '2026-01-01' + i * interval '1 second', now(),
                       3, 3,
                       CASE i % 10 WHEN 0 THEN 'InProgress' WHEN 1 THEN 'Failed' ELSE 'Completed' END,
                       'd' || i % 500, '{}', CASE i % 10 WHEN 1 THEN 'connection refused' END
                FROM generate_series(1, ?) AS i
                """, VERSIONS, VERSIONS, INSTANCES);
        jdbc.update("""
                INSERT INTO sayiir.sayiir_workflow_history (instance_id, version, saved_at, baseline, status, data, write_id)
                SELECT 'other-' || i, v, now(), v = 1, 'InProgress', '\\x00', v
                FROM generate_series(1, ?) AS i, generate_series(1, ?) AS v
                """, INSTANCES, VERSIONS);
        jdbc.update("""
                INSERT INTO sayiir.sayiir_workflow_tasks
                    (instance_id, task_id, status, completed_version, started_at, completed_at, attempts)
                SELECT 'other-' || i, 'task-' || v, 'completed', v, now(), now(), 1
                FROM generate_series(1, ?) AS i, generate_series(1, 5) AS v
                WHERE v < 5 OR i % 10 > 0
                """, INSTANCES);
        jdbc.update("""
                INSERT INTO sayiir.sayiir_task_claims
                    (instance_id, branch, task_id, status, started_at, task_priority, definition_hash, task_tags)
                SELECT 'other-' || i, '', 'task-5', 'active', now(), 3, 'd', '{}'
                FROM generate_series(1, ?) AS i
                WHERE i % 10 = 0
                """, INSTANCES);
        jdbc.execute("VACUUM ANALYZE");
        assertThat(jdbc.queryForObject("SELECT count(*) FROM sayiir.sayiir_workflow_history", Long.class))
                .isGreaterThan(1_000_000);
    }

    @AfterAll
    static void drop() {
        database.close();
    }

    @Test
    void loading_uses_keys_only() {
        assertOnlyKeys(plans(backend -> backend.loadSnapshot("big")), 1);
    }

    @Test
    void saving_uses_keys_only() {
        WorkflowSnapshot big = backend(database).loadSnapshot("big");
        assertOnlyKeys(plans(backend -> backend.saveSnapshot(big.completeTask("task-200", Payload.utf8("out")))), 1);
    }

    @Test
    void committing_and_carrying_on_uses_keys_only() {
        TaskClaim claim = backend(database)
                .claimTask("big", "next", "worker-1", Duration.ofMinutes(1))
                .orElseThrow();
        WorkflowSnapshot done = backend(database)
                .loadSnapshot("big")
                .completeTask("next", Payload.utf8("out"))
                .moveTo(new AtTask("after"));

        List<String> plans = plans(backend -> backend.commitTask(claim, done, Optional.of(Duration.ofMinutes(1))));

        assertThat(plans).hasSize(1);
        assertThat(plans.get(0))
                .contains("Update on sayiir_workflows", "Insert on sayiir_workflow_history")
                .contains("Update on sayiir_task_claims", "Insert on sayiir_workflow_tasks")
                .doesNotContain("Seq Scan");
        assertThat(indexes(plans.get(0)))
                .containsExactlyInAnyOrder(
                        "sayiir_workflows_pkey",
                        "sayiir_task_claims_pkey",
                        "sayiir_workflow_events_pending_event",
                        "sayiir_workflow_events_pending_request");
    }

    @Test
    void claiming_what_is_due_walks_along_the_indexes_for_it() {
        List<String> plans =
                plans(backend -> backend.claimAvailableTasks(ClaimQuery.of("worker-1", 10, Duration.ofMinutes(1))));

        String claim = Arrays.stream(plans.get(0).split("duration: "))
                .filter(plan -> plan.contains("Update on sayiir_task_claims"))
                .findFirst()
                .orElseThrow();
        assertThat(claim).doesNotContain("Seq Scan", "Bitmap", "Hash Join", "Merge Join");
        assertThat(indexes(claim))
                .containsExactlyInAnyOrder(
                        "sayiir_task_claims_by_readiness", "sayiir_task_claims_by_failure", "sayiir_task_claims_pkey");
    }

    @Test
    void R25_branches_are_claimed_by_keys_only_and_without_the_control_state() {
        Map<String, Branch> branches = IntStream.range(0, 10)
                .boxed()
                .collect(Collectors.toMap(i -> "branch-" + i, i -> Branch.of("part-" + i)));
        backend(database)
                .createSnapshot(WorkflowSnapshot.start("forked", "forks", Payload.utf8("in"))
                        .forkInto("join", branches));
        List<ClaimedTask> claimed = new ArrayList<>();

        List<String> plans = plans(backend -> claimed.addAll(backend.claimAvailableTasks(
                ClaimQuery.of("worker-1", 10, Duration.ofMinutes(1)).definitions(Set.of("forks")))));

        assertThat(claimed).hasSize(10);
        List<String> reading = Arrays.stream(plans.get(0).split("duration: "))
                .filter(plan -> plan.contains("w.current_task_id"))
                .toList();
        assertThat(reading).hasSize(10);
        assertOnlyKeys(reading, 10);
        assertThat(plans.get(0)).doesNotContain("c.data, c.branch_inputs");
    }

    @Test
    void saving_a_task_result_uses_keys_only() {
        assertOnlyKeys(plans(backend -> backend.saveTaskResult("big", "task-7", Payload.utf8("again"))), 1);
    }

    @Test
    void replacing_a_snapshot_uses_keys_only() {
        WorkflowSnapshot other = WorkflowSnapshot.start("big", "d", Payload.utf8("in"));
        assertOnlyKeys(
                plans(backend -> {
                    WorkflowSnapshot before = backend.loadSnapshot("big");
                    backend.saveSnapshot(other);
                    backend.saveSnapshot(
                            before.toBuilder().state(before.state()).build().storedAs(0, 0));
                }),
                9);
    }

    @Test
    void redriving_and_forking_off_use_keys_only() {
        PostgresBackend stores = backend(database);
        WorkflowSnapshot lost = stores.createSnapshot(
                WorkflowSnapshot.start("lost", "d", Payload.utf8("in")).moveTo(new AtTask("next")));
        for (int i = 0; i < 50; i++) {
            lost = stores.saveSnapshot(lost.completeTask("task-" + i, Payload.utf8("out")));
        }
        stores.saveSnapshot(lost.fail("lost"));

        assertOnlyKeys(plans(backend -> backend.redrive("lost", RedriveRequest.fromFailure(), ASKED)), 8);
        assertOnlyKeys(plans(backend -> backend.redrive("lost", RedriveRequest.fromTask("next"), ASKED)), 8);
        assertOnlyKeys(plans(backend -> backend.fork("lost", 30, "forked-off", ASKED)), 6);
    }

    @Test
    void reading_results_uses_keys_only() {
        assertOnlyKeys(
                plans(backend -> {
                    backend.loadTaskResult("big", "task-7");
                    backend.loadTaskResults("big");
                }),
                2);
    }

    @Test
    void looking_back_uses_keys_only() {
        assertOnlyKeys(
                plans(backend -> {
                    backend.listVersions("big", 10, 10);
                    backend.loadVersion("big", 100);
                    backend.loadAsOf("big", Instant.now());
                }),
                3);
    }

    @Test
    void pages_come_in_the_order_of_an_index() {
        assertPage(query -> query, "sayiir_workflows_by_creation");
        assertPage(query -> query.withStatus(WorkflowStatus.IN_PROGRESS), "sayiir_workflows_by_status");
        assertPage(query -> query.ofDefinition("d3"), "sayiir_workflows_by_definition");
        assertPage(query -> query.createdBefore(Instant.parse("2026-01-01T01:00:00Z")), "sayiir_workflows_by_creation");
        assertPage(query -> query.withErrorContaining("refused"), "sayiir_workflows_by_status");
        assertPage(query -> query.withFailure("connection refused"), "sayiir_workflows_by_failure");
        assertPage(
                query -> query.withStatus(WorkflowStatus.FAILED)
                        .after(new WorkflowQuery.Cursor(Instant.parse("2026-01-01T01:00:00Z"), "other-3600")),
                "sayiir_workflows_by_status");
    }

    @Test
    void failures_of_a_workflow_come_from_an_index_of_their_own() {
        List<String> plans = plans(backend -> {
            backend.findWorkflows(
                    WorkflowQuery.all().withStatus(WorkflowStatus.FAILED).ofDefinition("d1"));
            backend.failuresByFingerprint(Optional.of("d1"), 10);
        });
        assertThat(plans).hasSize(2);
        assertThat(indexes(plans.get(0))).as(plans.get(0)).containsExactly("sayiir_workflows_failed");
        assertThat(indexes(plans.get(1)))
                .as(plans.get(1))
                .containsExactlyInAnyOrder("sayiir_workflows_failed", "sayiir_workflows_pkey");
    }

    @Test
    void who_is_at_a_task_comes_from_the_indexes_on_idle_tasks_and_on_claims() {
        List<String> plans =
                plans(backend -> backend.findWorkflows(WorkflowQuery.all().atTask("next")));
        assertThat(indexes(plans.get(0)))
                .contains("sayiir_task_claims_idle", "sayiir_task_claims_by_worker", "sayiir_task_claims_blocked");
        assertThat(plans.get(0)).doesNotContain("Seq Scan");
    }

    @Test
    void who_is_to_be_cancelled_comes_from_the_index_on_pending_requests() {
        List<String> some = IntStream.range(1, 50).mapToObj(i -> "other-" + i).toList();
        List<String> plans = plans(backend -> backend.findSignalled(some, SignalKind.CANCEL));
        assertThat(plans).hasSize(1);
        assertThat(indexes(plans.get(0))).as(plans.get(0)).containsExactly("sayiir_workflow_events_pending_request");
    }

    @Test
    void what_is_blocked_comes_in_the_order_of_its_index_and_is_refused_and_unblocked_by_keys() {
        WorkflowSnapshot stored = backend(database)
                .createSnapshot(WorkflowSnapshot.start("stuck", "stuck", Payload.utf8("in"))
                        .moveTo(new AtTask("next")));
        TaskClaim claim = backend(database)
                .claimTask(stored.instanceId(), "next", "worker-1", Duration.ofMinutes(1))
                .orElseThrow();
        TaskRefusal refusal = new TaskRefusal(
                claim, BlockReason.NO_HANDLER, "no handler", Duration.ZERO, Duration.ZERO, Optional.empty());

        List<String> refused = plans(backend -> backend.refuseTasks(List.of(refusal)));
        List<String> found = plans(backend -> backend.findBlockedTasks(
                BlockedQuery.all().ofDefinition("stuck").limit(20)));
        List<String> unhandled =
                plans(backend -> backend.blockUnhandledTasks(ClaimQuery.of("w", 1, Duration.ofMinutes(1))
                        .definitions(Set.of("stuck"))
                        .taskIds(Set.of("other"))));
        List<String> unblocked = plans(
                backend -> backend.unblock(BlockedQuery.all().ofDefinition("stuck"), SignalRequest.unexplained()));

        assertOnlyKeys(refused, 1);
        assertThat(indexes(found.get(0))).as(found.get(0)).containsExactly("sayiir_task_claims_blocked");
        assertThat(found.get(0)).doesNotContain("Sort", "Seq Scan");
        assertThat(indexes(unhandled.get(0))).as(unhandled.get(0)).contains("sayiir_task_claims_idle");
        assertThat(indexes(unblocked.get(0)))
                .as(unblocked.get(0))
                .containsExactlyInAnyOrder(
                        "sayiir_task_claims_blocked", "sayiir_task_claims_pkey", "sayiir_workflows_pkey");
        assertThat(unblocked.get(0)).doesNotContain("Seq Scan");
    }

    private static void assertPage(UnaryOperator<WorkflowQuery> narrowed, String index) {
        List<String> plans = plans(backend ->
                backend.findWorkflows(narrowed.apply(WorkflowQuery.all()).limit(20)));
        assertThat(plans).hasSize(1);
        assertThat(indexes(plans.get(0))).as(plans.get(0)).containsExactly(index);
        assertThat(plans.get(0)).contains("Index Scan Backward").doesNotContain("Sort");
    }

    private static void assertOnlyKeys(List<String> plans, int statements) {
        assertThat(plans).hasSize(statements);
        for (String plan : plans) {
            assertThat(plan).doesNotContain("Seq Scan");
            assertThat(indexes(plan))
                    .as(plan)
                    .allMatch(
                            index -> index.endsWith("_pkey") || index.equals("sayiir_workflow_events_pending_request"));
        }
    }

    private static List<String> plans(Consumer<PostgresBackend> work) {
        return Plans.of(
                database.dataSource(),
                observed -> work.accept(PostgresBackend.builder(observed)
                        .migration(MigrationMode.NONE)
                        .build()));
    }

    private static PostgresBackend backend(Database database) {
        return PostgresBackend.builder(database.dataSource())
                .migration(MigrationMode.NONE)
                .build();
    }

    private static List<String> indexes(String plan) {
        Matcher matcher = INDEX.matcher(plan);
        return matcher.results()
                .map(match -> match.group(1) != null ? match.group(1) : match.group(2))
                .distinct()
                .toList();
    }
}
