package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.postgres.MigrationMode;
import dev.sayiir.postgres.NotifyMode;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.postgres.PostgresBackendBuilder;
import dev.sayiir.testing.CountedStatements;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.LogLines;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.worker.TaskWorkerListener.End;
import dev.sayiir.workflow.WorkflowStatus;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * One worker, set up as the starter does it, with one guilty instance and {@value #OTHERS} others of three tasks each. Some of
 * the others are in the hands of the worker when the fault comes, and stay there until it has renewed their claims; the rest
 * starts while the fault is on. What the scene itself asks of the database it asks by connections of its own.
 */
final class Bystanders implements AutoCloseable {

    static final Workflow WORKFLOW = new Workflow("fulfilment-v1", "first");
    static final String GUILTY = "guilty";
    static final int OTHERS = 200;
    static final int MOST_BYTES = 16 * 1024;
    static final Duration PATIENCE = Duration.ofMinutes(2);

    private static final int EARLY = 8;
    private static final int RENEWALS = 3;
    private static final Duration BEAT = Duration.ofMillis(200);
    private static final Duration POLL = Duration.ofMillis(50);

    private final BystanderFault fault;
    private final Database database = PostgresServer.of(17).newDatabase();
    private final HikariDataSource workersPool = (HikariDataSource) database.dataSource();
    private final HikariDataSource callersPool = new HikariDataSource(database.poolConfig(database.url()));
    private final CountedStatements statements = new CountedStatements(workersPool);
    private final JdbcTemplate jdbc = new JdbcTemplate(callersPool);
    private final PostgresBackend backend;
    private final PostgresBackend reserved;
    private final PostgresBackend caller;
    private final TaskWorker worker;
    private final LogLines log = LogLines.of("dev.sayiir");
    private final Map<String, AtomicInteger> runs = new ConcurrentHashMap<>();
    private final Map<String, List<End>> ends = new ConcurrentHashMap<>();
    private final CountDownLatch othersToBeDone = new CountDownLatch(OTHERS);
    private final CountDownLatch earlyHandled = new CountDownLatch(EARLY);
    private final CountDownLatch earlyGoOn = new CountDownLatch(1);
    private final CountDownLatch guiltyHandled = new CountDownLatch(1);
    private final CountDownLatch guiltyGoesOn = new CountDownLatch(1);
    private final CountDownLatch commit = new CountDownLatch(1);
    private Thread transaction = new Thread();

    Bystanders(BystanderFault fault) {
        this.fault = fault;
        PostgresBackendBuilder settings = PostgresBackend.builder(statements.dataSource())
                .notifyMode(NotifyMode.POLL)
                .maxPayloadBytes(MOST_BYTES);
        this.backend =
                (fault.hasStatementTimeout() ? settings.statementTimeout(Duration.ofSeconds(1)) : settings).build();
        this.reserved = backend.reserving(TaskWorker.CONNECTIONS);
        reserved.ping(); // has its connections from now on
        this.caller = PostgresBackend.builder(callersPool)
                .migration(MigrationMode.NONE)
                .notifyMode(NotifyMode.POLL)
                .build();
        this.worker = TaskWorker.builder(reserved)
                .handlerStores(backend, backend)
                .workflow(WORKFLOW)
                .handler(TaskHandler.of("first", String.class, this::first))
                .handler(TaskHandler.of("limited", String.class, this::first).timeout(BEAT))
                .handler(TaskHandler.of("second", String.class, (in, task) -> {
                    count(task);
                    return TaskOutcome.next("third", in);
                }))
                .handler(TaskHandler.of("third", String.class, (in, task) -> {
                    count(task);
                    return TaskOutcome.complete(in);
                }))
                .concurrency(16)
                .pollInterval(POLL)
                .claims(Duration.ofMinutes(1), BEAT)
                .interruptGrace(BEAT)
                .shutdownTimeout(Duration.ofSeconds(5))
                .listener(new TaskWorkerListener() {
                    @Override
                    public void taskEnded(TaskClaim claim, End end) {
                        ended(claim, end);
                    }
                })
                .build();
    }

    private void count(TaskContext task) {
        runs.computeIfAbsent(task.instanceId() + "/" + task.taskId(), it -> new AtomicInteger())
                .incrementAndGet();
    }

    private TaskOutcome first(String input, TaskContext task) throws Exception {
        count(task);
        if (task.instanceId().startsWith(GUILTY)) {
            return fault.handle(input, task, this);
        } else if (task.instanceId().startsWith("early-")) {
            earlyHandled.countDown();
            earlyGoOn.await();
        }
        return TaskOutcome.next("second", input);
    }

    private void ended(TaskClaim claim, End end) {
        String instance = claim.instanceId();
        ends.computeIfAbsent(instance, it -> new CopyOnWriteArrayList<>()).add(end);
        if (!instance.startsWith(GUILTY) && claim.taskId().equals("third") && end == End.COMMITTED) {
            othersToBeDone.countDown();
        }
    }

    /** What it took to do the others. */
    record Cost(long statements, Duration time) {}

    /** Has all of the others done while the fault is on, and then ends it. */
    Cost run() throws Exception {
        fault.prepare(this);
        worker.start();
        for (int i = 0; i < EARLY; i++) {
            start("early-" + i);
        }
        await().atMost(PATIENCE).until(() -> earlyHandled.getCount() == 0);
        fault.begin(this);
        awaitRenewals();
        if (fault.goesOn()) {
            guiltyGoesOn.countDown();
        }
        statements.clear();
        long begin = System.nanoTime();
        for (int i = EARLY; i < OTHERS; i++) {
            start("order-" + i);
        }
        earlyGoOn.countDown();
        await().atMost(PATIENCE).until(() -> {
            fault.meanwhile(this);
            return othersToBeDone.getCount() == 0;
        });
        Cost cost = new Cost(statements.soFar(), Duration.ofNanos(System.nanoTime() - begin));
        fault.status().ifPresent(status -> assertThat(statusOfGuilty()).isEqualTo(status));
        assertBystandersUnharmed();
        end();
        return cost;
    }

    private void start(String instanceId) {
        Workflows.of(caller).start(WORKFLOW, instanceId, "in");
    }

    /** The end of each claim moves on, several times. */
    private void awaitRenewals() {
        for (int i = 0; i < RENEWALS; i++) {
            Timestamp before = firstEnd();
            await().atMost(PATIENCE).until(() -> {
                fault.meanwhile(this);
                return firstEnd().after(before);
            });
        }
    }

    private Timestamp firstEnd() {
        return jdbc.queryForObject(
                "SELECT min(expires_at) FROM sayiir.sayiir_task_claims WHERE instance_id LIKE 'early-%'",
                Timestamp.class);
    }

    private void assertBystandersUnharmed() {
        assertThat(runs.entrySet().stream().filter(entry -> !entry.getKey().startsWith(GUILTY)))
                .hasSize(3 * OTHERS)
                .allMatch(entry -> entry.getValue().get() == 1);
        assertThat(ends.entrySet().stream().filter(entry -> !entry.getKey().startsWith(GUILTY)))
                .hasSize(OTHERS)
                .allMatch(entry -> entry.getValue().equals(List.of(End.COMMITTED, End.COMMITTED, End.COMMITTED)));
        assertThat(jdbc.queryForObject("""
                        SELECT count(*) FROM sayiir.sayiir_workflows
                        WHERE status = 'Completed' AND completed_task_count = 3 AND version = 4 AND instance_id NOT LIKE 'guilty%'
                        """, Integer.class)).isEqualTo(OTHERS);
        assertThat(log.lines())
                .noneMatch(line -> line.contains("The store can"))
                .filteredOn(line -> !line.startsWith("DEBUG") && !line.startsWith("INFO"))
                .hasSizeLessThan(50);
    }

    private void end() throws Exception {
        fault.end(this);
        guiltyGoesOn.countDown();
        fault.statusAfter().ifPresent(status -> await().atMost(PATIENCE).until(() -> statusOfGuilty() == status));
    }

    WorkflowStatus statusOfGuilty() {
        return caller.findWorkflow(GUILTY).orElseThrow().status();
    }

    PostgresBackend caller() {
        return caller;
    }

    List<End> endsOf(String instanceId) {
        return ends.getOrDefault(instanceId, List.of());
    }

    void startGuilty(String firstTask) {
        Workflows.of(caller).start(new Workflow(WORKFLOW.name(), firstTask), GUILTY, "in");
    }

    void guiltyIsHandled() {
        guiltyHandled.countDown();
    }

    void awaitGuiltyHandled() {
        await().atMost(PATIENCE).until(() -> guiltyHandled.getCount() == 0);
    }

    void awaitGoOn() throws InterruptedException {
        guiltyGoesOn.await();
    }

    void awaitGoOnWhateverComes() {
        FailureTest.waitWhateverComes(guiltyGoesOn);
    }

    int connectionsOfHandlers() {
        return workersPool.getMaximumPoolSize() - TaskWorker.CONNECTIONS;
    }

    Connection connectionOfWorker() throws SQLException {
        return workersPool.getConnection();
    }

    /** Does something in a transaction that stays open until {@link #commit}. */
    void holdTransaction(Runnable work) {
        CountDownLatch held = new CountDownLatch(1);
        TransactionTemplate template = new TransactionTemplate(new DataSourceTransactionManager(callersPool));
        transaction = new Thread(
                () -> template.executeWithoutResult(status -> {
                    work.run();
                    held.countDown();
                    FailureTest.waitWhateverComes(commit);
                }),
                "caller");
        transaction.start();
        await().atMost(PATIENCE)
                .failFast("the caller's operation failed", () -> !transaction.isAlive() && held.getCount() > 0)
                .until(() -> held.getCount() == 0);
    }

    boolean isTransactionOpen() {
        return transaction.isAlive();
    }

    void commit() {
        assertThat(isTransactionOpen()).as("the transaction is open still").isTrue();
        commit.countDown();
        await().atMost(PATIENCE).until(() -> !transaction.isAlive());
    }

    void lock(String table) {
        jdbc.queryForList("SELECT instance_id FROM sayiir." + table + " WHERE instance_id = 'guilty' FOR UPDATE");
    }

    void refuseResults(String sqlState) {
        jdbc.execute("""
                CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    RAISE EXCEPTION 'refused' USING ERRCODE = '%s';
                END
                $$
                """.formatted(sqlState));
        jdbc.execute("""
                CREATE TRIGGER refuse BEFORE INSERT ON sayiir.sayiir_workflow_history
                FOR EACH ROW WHEN (NEW.instance_id = 'guilty' AND NEW.version > 1) EXECUTE FUNCTION refuse()
                """);
    }

    /** Has the server fail as it does when the disk has lost a part of a large value. */
    void loseRows() {
        String columns = jdbc.queryForObject(
                "SELECT pg_get_function_result('sayiir.sayiir_claimed_snapshot(text)'::regprocedure)", String.class);
        jdbc.execute("ALTER FUNCTION sayiir.sayiir_claimed_snapshot(text) RENAME TO undamaged");
        jdbc.execute("""
                CREATE FUNCTION sayiir.sayiir_claimed_snapshot(instance text) RETURNS %s LANGUAGE plpgsql VOLATILE STRICT AS $$
                BEGIN
                    IF instance = 'guilty' THEN
                        RAISE EXCEPTION 'missing chunk number 0 for toast value 16531' USING ERRCODE = 'XX001';
                    END IF;
                    RETURN QUERY SELECT u.* FROM sayiir.undamaged(instance) AS u;
                END
                $$""".formatted(columns));
    }

    void damageBlobs() {
        jdbc.execute("ALTER TABLE sayiir.sayiir_workflow_history DISABLE TRIGGER USER");
        assertThat(jdbc.update("UPDATE sayiir.sayiir_workflow_history SET data = 'SYRS' WHERE instance_id = 'guilty'"))
                .isOne();
        jdbc.execute("ALTER TABLE sayiir.sayiir_workflow_history ENABLE TRIGGER USER");
    }

    /** As if whoever has the guilty instance had died a while ago. */
    void expireClaims() {
        jdbc.update("""
                UPDATE sayiir.sayiir_task_claims
                SET ready_at = now() - interval '1 second', expires_at = now() - interval '1 second'
                WHERE instance_id = 'guilty' AND claim_token IS NOT NULL AND expires_at > now()
                """);
    }

    @Override
    public void close() {
        earlyGoOn.countDown();
        guiltyGoesOn.countDown();
        commit.countDown();
        worker.close();
        await().atMost(PATIENCE).until(() -> !transaction.isAlive());
        reserved.close();
        backend.close();
        log.close();
        callersPool.close();
        database.close();
    }
}
