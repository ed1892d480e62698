package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.testing.CuttingProxy;
import dev.sayiir.testing.CuttingProxy.Loss;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.LockWaits;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What passes is waited for, as far as the operation has a transaction of its own. */
class TransientFailureTest {

    private static final String ID = "order-1";

    private final Database database = PostgresServer.of(17).newDatabase();
    private final JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
    private final Logger logger = (Logger) LoggerFactory.getLogger(TransientFailures.class);
    private final ListAppender<ILoggingEvent> log = new ListAppender<>();
    private CuttingProxy proxy;
    private HikariDataSource pool;
    private PostgresBackend backend;
    private WorkflowSnapshot stored;

    @BeforeEach
    void create() {
        log.start();
        logger.setLevel(Level.DEBUG);
        logger.setAdditive(false);
        logger.addAppender(log);
        PostgresBackend.builder(database.dataSource()).build();
        proxy = CuttingProxy.before(database.url());
        connect("");
        stored = backend.createSnapshot(
                WorkflowSnapshot.start(ID, "d", Payload.utf8("in")).moveTo(new AtTask("reserve")));
    }

    /** With settings for each session. */
    private void connect(String settings) {
        disconnect();
        HikariConfig config = database.poolConfig(proxy.through(database.url()) + "?options=" + settings);
        config.setConnectionTimeout(250);
        pool = new HikariDataSource(config);
        backend = PostgresBackend.builder(pool)
                .migration(MigrationMode.NONE)
                .notifyMode(NotifyMode.POLL) // notifications would take requests of the operation for their own
                .build();
    }

    private void disconnect() {
        if (pool != null) {
            pool.close();
        }
    }

    @AfterEach
    void drop() {
        disconnect();
        proxy.close();
        database.close();
        logger.detachAppender(log);
        logger.setAdditive(true);
        logger.setLevel(null);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"40001", "40P01", "55P03", "57P01", "57P02", "57P03", "53300", "08000", "08003", "08006", "25006"
            })
    void R7_what_passes_is_tried_again(String state) {
        failHistory(state, 3);

        assertThat(backend.saveTaskResult(ID, "weigh", Payload.utf8("2 kg"))).isEqualTo(2);
        // A pool that makes no new connection in time, on a busy machine, has no SQLSTATE and passes as well.
        assertThat(retried()).filteredOn(it -> !it.equals("null")).containsExactly(state, state, state);
        assertThat(checkpoints()).isEqualTo(2);
    }

    @ParameterizedTest
    @ValueSource(strings = {"23505", "22001", "42501", "53100", "57014", "XX000"})
    void R7_what_does_not_pass_is_not(String state) {
        failHistory(state, 1);

        assertThatExceptionOfType(DataAccessException.class)
                .isThrownBy(() -> backend.saveTaskResult(ID, "weigh", Payload.utf8("2 kg")));
        assertThat(retried()).isEmpty();
        assertThat(backend.saveTaskResult(ID, "weigh", Payload.utf8("2 kg"))).isEqualTo(2);
    }

    @Test
    void R7_what_does_not_pass_in_time_is_reported_as_it_is() {
        failHistory("40P01", 100);

        assertThatExceptionOfType(DataAccessException.class)
                .isThrownBy(() -> backend.saveTaskResult(ID, "weigh", Payload.utf8("2 kg")))
                .isNotInstanceOf(UnknownOutcomeException.class);
        assertThat(retried()).hasSizeBetween(3, 7);
        assertThat(checkpoints()).isOne();
    }

    @Test
    void R7_in_the_callers_transaction_nothing_is_tried_again() {
        failHistory("40P01", 1);
        TransactionTemplate transaction = new TransactionTemplate(new DataSourceTransactionManager(pool));

        assertThatExceptionOfType(DataAccessException.class)
                .isThrownBy(() -> transaction.executeWithoutResult(
                        status -> backend.saveTaskResult(ID, "weigh", Payload.utf8("2 kg"))));
        assertThat(retried()).isEmpty();
        assertThat(checkpoints()).isOne();
        transaction.executeWithoutResult(status -> backend.saveTaskResult(ID, "weigh", Payload.utf8("2 kg")));
        assertThat(checkpoints()).isEqualTo(2);
    }

    /** Somebody has a task and wants its instance, which is the wrong way round. */
    @Test
    void R7_the_victim_of_a_deadlock_begins_again() throws Exception {
        connect("-c%20deadlock_timeout=10ms");
        backend.sendEvent(ID, "approved", Payload.utf8("by ada"));
        AtomicInteger rounds = new AtomicInteger();
        try (Connection other = database.dataSource().getConnection()) {
            execute(other, "SET deadlock_timeout = '1h'");
            other.setAutoCommit(false);
            execute(other, "SELECT FROM sayiir.sayiir_task_claims FOR UPDATE");
            WorkflowSnapshot saved = backend.consumeEventAndSave(ID, "approved", (snapshot, event) -> {
                        if (rounds.getAndIncrement() == 0) {
                            CompletableFuture.runAsync(() -> lockInstanceAndLetGo(other));
                            awaitWaiting();
                        }
                        return snapshot.completeTask("reserve", event);
                    })
                    .orElseThrow();

            assertThat(saved.version()).isEqualTo(2);
        }
        assertThat(retried()).containsExactly("40P01");
        assertThat(rounds).hasValue(2);
        assertThat(checkpoints()).isEqualTo(2);
    }

    private static void lockInstanceAndLetGo(Connection connection) {
        try {
            execute(connection, "SELECT FROM sayiir.sayiir_workflows FOR UPDATE");
            connection.rollback();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Test
    void R7_a_serialization_failure_is_tried_again() throws Exception {
        connect("-c%20default_transaction_isolation=repeatable%5C%20read");

        assertThat(whileLocked(this::save, () -> {}).version()).isEqualTo(2);
        assertThat(retried()).containsExactly("40001");
        assertThat(checkpoints()).isEqualTo(2);
    }

    @Test
    void R7_a_lock_that_is_not_got_in_time_is_waited_for_again() throws Exception {
        connect("-c%20lock_timeout=500ms"); // long enough for the wait to be seen between two looks for it

        assertThat(whileLocked(this::save, () -> await().until(() -> retried().size() > 1))
                        .version())
                .isEqualTo(2);
        assertThat(retried()).containsOnly("55P03");
        assertThat(checkpoints()).isEqualTo(2);
    }

    @Test
    void R7_a_connection_that_an_administrator_ends_is_replaced() throws Exception {
        assertThat(whileLocked(this::save, () -> jdbc.queryForList("""
                        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
                        WHERE datname = current_database() AND wait_event_type = 'Lock'
                        """)).version())
                .isEqualTo(2);
        assertThat(retried()).containsExactly("57P01");
        assertThat(checkpoints()).isEqualTo(2);
    }

    @Test
    void R7_a_server_that_is_down_for_a_moment_is_waited_for() throws Exception {
        proxy.refuse();
        proxy.cutAll();
        CompletableFuture<WorkflowSnapshot> saved = CompletableFuture.supplyAsync(this::save);
        await().until(() -> !retried().isEmpty());
        proxy.accept();

        assertThat(saved.get(30, TimeUnit.SECONDS).version()).isEqualTo(2);
        assertThat(checkpoints()).isEqualTo(2);
    }

    /** As after a failover: the pool's connections lead to what is a standby now, and new ones to the new primary. */
    @Test
    void R7_connections_to_a_server_that_has_become_read_only_are_given_up() {
        jdbc.execute("ALTER DATABASE " + database.name() + " SET default_transaction_read_only = on");
        connect("");
        assertThat(backend.countByStatus()).isNotEmpty();
        jdbc.execute("ALTER DATABASE " + database.name() + " RESET default_transaction_read_only");

        assertThat(save().version()).isEqualTo(2);
        assertThat(retried()).containsOnly("25006");
        assertThat(checkpoints()).isEqualTo(2);
    }

    @Test
    void R7_a_caller_is_told_when_nobody_knows_whether_a_checkpoint_was_saved() {
        assertOutcomeUnknown(0, this::save);

        assertThat(checkpoints()).isEqualTo(2);
    }

    @Test
    void R7_a_caller_is_told_when_nobody_knows_whether_a_transaction_was_committed() {
        assertOutcomeUnknown(2, () -> backend.sendEvent(ID, "approved", Payload.utf8("by ada")));

        proxy.accept();
        assertThat(backend.listPendingEvents(ID)).hasSize(1);
    }

    /** Where the last answer is lost, and the server with it. */
    private void assertOutcomeUnknown(int requestsBefore, Supplier<?> operation) {
        backend.countByStatus();
        proxy.loseNext(Loss.ANSWER, requestsBefore);
        proxy.refuse();
        assertThatExceptionOfType(UnknownOutcomeException.class)
                .isThrownBy(operation::get)
                .withMessageContaining(ID)
                .withMessageContaining("before doing it again");
    }

    private WorkflowSnapshot save() {
        return backend.saveSnapshot(stored.completeTask("reserve", Payload.utf8("shelf 7")));
    }

    /** Runs an operation into the lock of somebody who has changed the instance, does something, and lets go. */
    private <T> T whileLocked(Supplier<T> operation, Runnable meanwhile) throws Exception {
        try (Connection other = database.dataSource().getConnection()) {
            other.setAutoCommit(false);
            execute(other, "UPDATE sayiir.sayiir_workflows SET updated_at = updated_at");
            CompletableFuture<T> result = CompletableFuture.supplyAsync(operation);
            awaitWaiting();
            meanwhile.run();
            other.commit();
            return result.get(30, TimeUnit.SECONDS);
        }
    }

    private void awaitWaiting() {
        await().until(() -> LockWaits.count(jdbc) > 0);
    }

    /** Makes the server fail the next so many times that it appends to the history; a sequence is not rolled back. */
    private void failHistory(String state, int times) {
        jdbc.execute("CREATE SEQUENCE failures");
        jdbc.execute("""
                CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF nextval('public.failures') <= %d THEN
                        RAISE EXCEPTION 'on purpose' USING ERRCODE = '%s';
                    END IF;
                    RETURN NEW;
                END
                $$
                """.formatted(times, state));
        jdbc.execute("CREATE TRIGGER fail BEFORE INSERT ON sayiir.sayiir_workflow_history "
                + "FOR EACH ROW EXECUTE FUNCTION fail()");
    }

    /** The SQLSTATEs of the failures that were followed by another attempt. */
    private List<String> retried() {
        return List.copyOf(log.list).stream()
                .map(event -> String.valueOf(event.getArgumentArray()[0]))
                .toList();
    }

    private int checkpoints() {
        Integer count = jdbc.queryForObject("SELECT count(*) FROM sayiir.sayiir_workflow_history", Integer.class);
        return count == null ? 0 : count;
    }

    private static void execute(Connection connection, String sql) throws SQLException {
        try (var statement = connection.createStatement()) {
            statement.execute(sql);
        }
    }
}
