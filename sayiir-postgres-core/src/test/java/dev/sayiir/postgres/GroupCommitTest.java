package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.CommitResult;
import dev.sayiir.persistence.CommitResult.Locked;
import dev.sayiir.persistence.CommitResult.NotStored;
import dev.sayiir.persistence.CommitResult.Stored;
import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskCommit;
import dev.sayiir.testing.CountedStatements;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.LockWaits;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.sql.Timestamp;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What is committed together, and what a lock or a failure of one means to the others: nothing. */
@ParameterizedClass
@MethodSource("versions")
class GroupCommitTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    /** The common pool may have one thread, and what waits for a lock would keep it. */
    private static final Executor NEW_THREAD = task -> new Thread(task).start();

    @Parameter
    private int major;

    private Database database;
    private CountedStatements counts;
    private JdbcTemplate jdbc;
    private TransactionTemplate transaction;
    private PostgresBackend backend;

    static List<Integer> versions() {
        return PostgresServer.SUPPORTED;
    }

    @BeforeEach
    void migrate() {
        database = PostgresServer.of(major).newDatabase();
        counts = new CountedStatements(database.dataSource());
        jdbc = new JdbcTemplate(database.dataSource());
        transaction = new TransactionTemplate(new DataSourceTransactionManager(database.dataSource()));
        new SchemaMigrator(database.dataSource(), "sayiir").migrate();
        backend = PostgresBackend.builder(counts.dataSource())
                .migration(MigrationMode.NONE)
                .notifyMode(NotifyMode.POLL)
                .build();
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void R20_any_number_of_steps_is_one_statement() {
        List<TaskCommit> commits = steps(claimed("order-", 64));

        assertThat(counts.during(() -> assertThat(backend.commitTasks(commits))
                        .allSatisfy(result -> assertThat(result).isInstanceOf(Stored.class))))
                .isOne();
    }

    @Test
    void R20_alone_and_in_a_group_of_64_steps_leave_the_same_rows() {
        claimed("alone-", 64).forEach(task -> commitAlone(task));
        List<Map<String, Object>> alone = rowsOf("alone-");
        List<CommitResult> results = backend.commitTasks(steps(claimed("group-", 64)));

        assertThat(results)
                .allSatisfy(result -> assertThat(((Stored) result).next()).isPresent());
        assertThat(rowsOf("group-")).isEqualTo(alone).hasSize(64 * (1 + 2 + 2));
    }

    @Test
    void R27_an_instance_that_somebody_has_locked_delays_only_itself() {
        List<ClaimedTask> tasks = claimed("order-", 10);

        List<CommitResult> results = whileLocked("order-3", () -> backend.commitTasks(steps(tasks)));

        for (int i = 0; i < 10; i++) {
            assertThat(results.get(i)).isInstanceOf(i == 3 ? Locked.class : Stored.class);
        }
        assertThat(backend.loadSnapshot("order-3").version()).isEqualTo(1);
        assertThat(backend.commitTasks(steps(tasks.subList(3, 4))))
                .allSatisfy(result -> assertThat(result).isInstanceOf(Stored.class));
    }

    @Test
    void R27_every_kind_of_commit_of_a_locked_instance_says_so_and_waits_for_nobody() {
        List<ClaimedTask> tasks = claimed("order-", 1);
        ClaimedTask task = tasks.get(0);
        WorkflowSnapshot done = task.snapshot().completeTask("reserve", Payload.empty());
        for (WorkflowSnapshot snapshot : List.of(
                done.moveTo(new AtTask("charge")),
                done.complete(Payload.empty()),
                task.snapshot().fail("declined"))) {
            List<TaskCommit> commit = List.of(new TaskCommit.OfTask(task.claim(), snapshot, Optional.of(MINUTE)));

            assertThat(whileLocked("order-0", () -> backend.commitTasks(commit)))
                    .singleElement()
                    .isInstanceOf(Locked.class);
            assertThat(whileTaskLocked("order-0", () -> backend.commitTasks(commit)))
                    .singleElement()
                    .isInstanceOf(Locked.class);
        }
    }

    @Test
    void R27_a_statement_that_the_server_refuses_for_one_instance_is_its_own_failure() {
        List<ClaimedTask> tasks = claimed("order-", 10);
        jdbc.execute("""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION 'damaged' USING ERRCODE = 'XX001';
                END
                $$""");
        jdbc.execute("""
                CREATE TRIGGER refuse BEFORE INSERT ON sayiir.sayiir_workflow_history
                FOR EACH ROW WHEN (NEW.instance_id = 'order-4') EXECUTE FUNCTION refuse()""");

        List<CommitResult> results = backend.commitTasks(steps(tasks));

        for (int i = 0; i < 10; i++) {
            assertThat(results.get(i)).isInstanceOf(i == 4 ? NotStored.class : Stored.class);
            assertThat(backend.loadSnapshot("order-" + i).version()).isEqualTo(i == 4 ? 1 : 2);
        }
    }

    @Test
    void R28_claims_are_renewed_but_for_the_one_that_somebody_is_changing() {
        List<TaskClaim> held =
                claimed("order-", 5).stream().map(ClaimedTask::claim).toList();

        List<TaskClaim> extended =
                whileTaskLocked("order-2", () -> backend.extendTaskClaims(held, Duration.ofHours(1)));

        assertThat(extended).hasSize(5).allSatisfy(claim -> {
            TaskClaim before = held.stream()
                    .filter(it -> it.claimToken() == claim.claimToken())
                    .findFirst()
                    .orElseThrow();
            if (claim.instanceId().equals("order-2")) {
                assertThat(claim).isEqualTo(before);
            } else {
                assertThat(claim.expiresAt()).isAfter(before.expiresAt().plus(Duration.ofMinutes(50)));
            }
        });
        assertThat(whileTaskLocked("order-2", () -> backend.releaseTaskClaims(held, Duration.ZERO)))
                .isEqualTo(4);
        assertThat(whileTaskLocked("order-2", () -> backend.releaseTaskClaims("w")))
                .isZero();
    }

    @Test
    void R5_a_claim_that_is_carried_on_behind_a_lock_begins_after_it() throws Exception {
        ClaimedTask task = claimed("order-", 1).get(0);

        Instant unlocked = transaction.execute(status -> {
            lock("order-0");
            CompletableFuture<CommittedTask> committing =
                    CompletableFuture.supplyAsync(() -> commitAlone(task), NEW_THREAD);
            await().until(() -> LockWaits.count(jdbc) == 1);
            waiting = committing;
            return databaseTime();
        });

        TaskClaim next = waiting.get(10, TimeUnit.SECONDS).next().orElseThrow();
        assertThat(next.claimedAt()).isAfterOrEqualTo(unlocked);
        assertThat(next.expiresAt()).isEqualTo(task.claim().expiresAt());
    }

    private CompletableFuture<CommittedTask> waiting = new CompletableFuture<>();

    @Test
    void R5_a_claim_of_a_task_that_was_locked_begins_after_that() throws Exception {
        backend.createSnapshot(order("order-0"));

        CompletableFuture<Optional<TaskClaim>> claiming = new CompletableFuture<>();
        Instant unlocked = transaction.execute(status -> {
            lockTask("order-0");
            NEW_THREAD.execute(
                    () -> claiming.complete(backend.claimTask("order-0", "reserve", "w", Duration.ofSeconds(5))));
            await().until(() -> LockWaits.count(jdbc) == 1);
            return databaseTime();
        });

        assertThat(claiming.get(10, TimeUnit.SECONDS).orElseThrow().claimedAt()).isAfterOrEqualTo(unlocked);
    }

    private <T> T whileLocked(String instanceId, Supplier<T> work) {
        return transaction.execute(status -> {
            lock(instanceId);
            return elsewhere(work);
        });
    }

    private <T> T whileTaskLocked(String instanceId, Supplier<T> work) {
        return transaction.execute(status -> {
            lockTask(instanceId);
            return elsewhere(work);
        });
    }

    /** In another thread, and so not in the transaction of this one. */
    private static <T> T elsewhere(Supplier<T> work) {
        return CompletableFuture.supplyAsync(work, NEW_THREAD)
                .orTimeout(20, TimeUnit.SECONDS)
                .join();
    }

    private void lock(String instanceId) {
        jdbc.queryForList(
                "SELECT instance_id FROM sayiir.sayiir_workflows WHERE instance_id = ? FOR UPDATE", instanceId);
    }

    private void lockTask(String instanceId) {
        jdbc.queryForList("SELECT task_id FROM sayiir.sayiir_task_claims WHERE instance_id = ? FOR UPDATE", instanceId);
    }

    private Instant databaseTime() {
        return jdbc.queryForObject("SELECT clock_timestamp()", Timestamp.class).toInstant();
    }

    private List<ClaimedTask> claimed(String prefix, int count) {
        for (int i = 0; i < count; i++) {
            backend.createSnapshot(order(prefix + i));
        }
        List<ClaimedTask> tasks = new ArrayList<>(
                backend.claimAvailableTasks(ClaimQuery.of("w", count, MINUTE).taskIds(Set.of("reserve"))));
        assertThat(tasks).hasSize(count);
        tasks.sort(Comparator.comparing(
                task -> Integer.parseInt(task.claim().instanceId().substring(prefix.length()))));
        return tasks;
    }

    private static WorkflowSnapshot order(String instanceId) {
        return WorkflowSnapshot.start(instanceId, "fulfilment-v1", Payload.utf8("tea")).toBuilder()
                .taskTags(List.of("gpu", "a \"quoted\" \\ tag, {of} many", "NULL"))
                .traceParent(Optional.of("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"))
                .build()
                .moveTo(new AtTask("reserve"));
    }

    private static List<TaskCommit> steps(List<ClaimedTask> tasks) {
        return tasks.stream()
                .<TaskCommit>map(task -> new TaskCommit.OfTask(task.claim(), done(task), Optional.of(MINUTE)))
                .toList();
    }

    private CommittedTask commitAlone(ClaimedTask task) {
        return backend.commitTask(task.claim(), done(task), Optional.of(MINUTE));
    }

    private static WorkflowSnapshot done(ClaimedTask task) {
        return task.snapshot().completeTask("reserve", Payload.utf8("shelf 7")).moveTo(new AtTask("charge"));
    }

    /** All columns but times, tokens, numbers drawn at random, and the part of the id that tells the two apart. */
    private List<Map<String, Object>> rowsOf(String prefix) {
        List<Map<String, Object>> rows = new ArrayList<>();
        for (String table :
                List.of("sayiir_workflows", "sayiir_workflow_history", "sayiir_task_claims", "sayiir_workflow_tasks")) {
            rows.addAll(jdbc.queryForList("""
                    SELECT substr(r.instance_id, 7) AS id,
                           (to_jsonb(r) - ARRAY['instance_id', 'incarnation', 'created_at', 'updated_at', 'saved_at', 'write_id',
                                                'data', 'started_at', 'completed_at', 'ready_at', 'claimed_at',
                                                'expires_at', 'claim_token'])::text AS row
                    FROM sayiir.%s AS r
                    WHERE r.instance_id LIKE ?
                    ORDER BY 1, 2
                    """.formatted(table), prefix + "%"));
        }
        return rows;
    }
}
