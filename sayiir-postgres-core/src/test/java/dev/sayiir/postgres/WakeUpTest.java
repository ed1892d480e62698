package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.WakeUpSource;
import dev.sayiir.testing.CountedStatements;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Wake-ups from one process to another; here two backends, each with a pool of its own. */
class WakeUpTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);

    /** 256 bytes in UTF-8, outside of Unicode's first plane. */
    private static final String LONGEST_NAME = "\uD83D\uDE80".repeat(64);

    private final Database database = PostgresServer.of(17).newDatabase();
    private final JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
    private final CountedStatements statements = new CountedStatements(database.dataSource());
    private final HikariDataSource otherPool = pool();
    private final List<WakeUpSource> heard = new CopyOnWriteArrayList<>();
    private final List<WakeUpSource> heardElsewhere = new CopyOnWriteArrayList<>();
    private PostgresBackend here;
    private PostgresBackend elsewhere;

    @BeforeEach
    void build() {
        here = PostgresBackend.builder(statements.dataSource()).build();
        elsewhere = PostgresBackend.builder(otherPool).build();
    }

    @AfterEach
    void drop() {
        elsewhere.close();
        here.close();
        otherPool.close();
        database.close();
    }

    @Test
    void R21_a_start_wakes_a_worker_of_another_process() {
        listenElsewhere();

        here.createSnapshot(at("order-1", "reserve"));

        await().untilAsserted(() ->
                assertThat(heardElsewhere).containsExactly(WakeUpSource.RECONNECTED, WakeUpSource.NOTIFICATION));
    }

    @Test
    void R21_one_does_not_hear_oneself_through_the_database() {
        listenElsewhere();
        here.onWakeUp(heard::add);
        await().until(() -> here.wakeUpState() == WakeUpState.LISTENING);

        here.createSnapshot(at("order-1", "reserve"));
        await().until(() -> heardElsewhere.contains(WakeUpSource.NOTIFICATION));
        elsewhere.createSnapshot(at("order-2", "reserve"));

        await().untilAsserted(() -> assertThat(heard)
                .containsExactlyInAnyOrder(WakeUpSource.RECONNECTED, WakeUpSource.LOCAL, WakeUpSource.NOTIFICATION));
    }

    @Test
    void R21_a_transaction_wakes_once_after_its_commit_and_not_at_all_if_it_is_rolled_back() {
        here.onWakeUp(heard::add);
        await().until(() -> heard.contains(WakeUpSource.RECONNECTED));
        long proofs = statements.notifications();
        TransactionTemplate transaction =
                new TransactionTemplate(new DataSourceTransactionManager(statements.dataSource()));

        transaction.executeWithoutResult(status -> {
            here.createSnapshot(at("order-1", "reserve"));
            status.setRollbackOnly();
        });
        transaction.executeWithoutResult(status -> {
            here.createSnapshot(at("order-2", "reserve"));
            here.createSnapshot(at("order-3", "reserve"));
            assertThat(heard).doesNotContain(WakeUpSource.LOCAL);
        });

        await().until(() -> heard.contains(WakeUpSource.LOCAL));
        here.close();
        assertThat(heard).containsExactly(WakeUpSource.RECONNECTED, WakeUpSource.LOCAL);
        assertThat(statements.notifications() - proofs).isOne();
    }

    @Test
    void R21_many_hints_are_one_notification() throws InterruptedException {
        CountDownLatch sending = new CountDownLatch(1);
        CountDownLatch toGoOn = new CountDownLatch(1);
        try (var slow = PostgresBackend.builder(new SlowNotifications(statements.dataSource(), sending, toGoOn))
                .build()) {
            slow.createSnapshot(at("order-0", "reserve"));
            sending.await();
            for (int i = 1; i <= 500; i++) {
                slow.createSnapshot(at("order-" + i, "reserve"));
            }
            toGoOn.countDown();
        }
        assertThat(statements.notifications()).isEqualTo(2);
    }

    @Test
    void R21_in_mode_POLL_nobody_listens_and_nothing_is_sent() {
        try (var polling = PostgresBackend.builder(statements.dataSource())
                .notifyMode(NotifyMode.POLL)
                .build()) {
            polling.onWakeUp(heard::add);
            polling.createSnapshot(at("order-1", "reserve"));
            await().untilAsserted(() -> assertThat(heard).containsExactly(WakeUpSource.LOCAL));
            assertThat(polling.wakeUpState()).isEqualTo(WakeUpState.OFF);
        }
        assertThat(statements.notifications()).isZero();
    }

    @Test
    void R21_what_is_due_is_free_to_be_claimed_when_the_hint_arrives() {
        WorkflowSnapshot order = here.createSnapshot(
                at("order-1", "reserve").toBuilder().taskTags(List.of("gpu")).build());
        TaskClaim claim = here.claimTask("order-1", "reserve", "w1", MINUTE).orElseThrow();
        List<String> claimed = new CopyOnWriteArrayList<>();
        here.createSnapshot(WorkflowSnapshot.start("order-2", "d", Payload.empty()));
        elsewhere.onWakeUp(source ->
                claimed.addAll(namesOf(source, elsewhere.claimAvailableTasks(ClaimQuery.of("w2", 10, MINUTE)))));
        await().until(() -> claimed.contains("RECONNECTED"));

        here.commitTask(
                claim, order.completeTask("reserve", Payload.empty()).moveTo(new AtTask("charge")), Optional.empty());

        await().untilAsserted(
                        () -> assertThat(claimed).containsExactly("RECONNECTED", "NOTIFICATION", "order-1 charge"));
    }

    @Test
    void R21_no_name_is_too_long_or_too_odd_for_a_notification() {
        String schema = "größe \" 日本 " + "x".repeat(40);
        try (var odd = PostgresBackend.builder(statements.dataSource())
                        .schema(schema)
                        .build();
                var other = PostgresBackend.builder(otherPool).schema(schema).build()) {
            other.onWakeUp(heardElsewhere::add);
            await().until(() -> other.wakeUpState() == WakeUpState.LISTENING);

            WorkflowSnapshot order =
                    odd.createSnapshot(WorkflowSnapshot.start(LONGEST_NAME, LONGEST_NAME, Payload.empty()).toBuilder()
                            .taskTags(List.of(LONGEST_NAME, "\"'\\ \n"))
                            .build()
                            .moveTo(new AtTask(LONGEST_NAME)));

            await().until(() -> heardElsewhere.contains(WakeUpSource.NOTIFICATION));
            assertThat(odd.loadSnapshot(LONGEST_NAME)).isEqualTo(order);
        }
    }

    @Test
    void R21_a_URL_of_its_own_saves_the_pool_a_connection() {
        try (var own = PostgresBackend.builder(otherPool)
                .notifyUrl(database.url(), database.username(), database.password())
                .build()) {
            own.onWakeUp(heardElsewhere::add);
            await().until(() -> own.wakeUpState() == WakeUpState.LISTENING);
            assertThat(otherPool.getHikariPoolMXBean().getActiveConnections()).isZero();

            here.createSnapshot(at("order-1", "reserve"));
            await().until(() -> heardElsewhere.contains(WakeUpSource.NOTIFICATION));
        }
        await().untilAsserted(() -> assertThat(listeners()).isZero());
    }

    @Test
    void closing_leaves_no_thread_and_gives_back_a_connection_that_does_not_listen() throws SQLException {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        PostgresBackend backend = PostgresBackend.builder(otherPool).build();
        backend.onWakeUp(heard::add);
        await().until(() -> backend.wakeUpState() == WakeUpState.LISTENING);
        backend.createSnapshot(at("order-1", "reserve"));
        assertThat(threadsSince(before)).contains("sayiir-wake-up-listener");

        backend.close();

        await().untilAsserted(() -> assertThat(threadsSince(before)).isEmpty());
        assertThat(backend.wakeUpState()).isEqualTo(WakeUpState.OFF);
        assertThat(otherPool.getHikariPoolMXBean().getActiveConnections()).isZero();
        assertThat(listeningInPool()).isZero();
        backend.createSnapshot(at("order-2", "reserve"));
        assertThat(threadsSince(before)).isEmpty();
    }

    @Test
    void a_pool_that_is_closed_first_ends_the_listener() {
        Set<Thread> before = Thread.getAllStackTraces().keySet();
        HikariDataSource pool = pool();
        try (var backend = PostgresBackend.builder(pool).build()) {
            backend.onWakeUp(heard::add);
            await().until(() -> backend.wakeUpState() == WakeUpState.LISTENING);

            pool.close();

            await().untilAsserted(() -> assertThat(threadsSince(before)).doesNotContain("sayiir-wake-up-listener"));
            assertThat(backend.wakeUpState()).isEqualTo(WakeUpState.OFF);
        }
    }

    private void listenElsewhere() {
        elsewhere.onWakeUp(heardElsewhere::add);
        await().until(() -> heardElsewhere.contains(WakeUpSource.RECONNECTED));
        assertThat(elsewhere.wakeUpState()).isEqualTo(WakeUpState.LISTENING);
    }

    private HikariDataSource pool() {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(database.url());
        pool.setUsername(database.username());
        pool.setPassword(database.password());
        pool.setMaximumPoolSize(3);
        pool.setMinimumIdle(0);
        return pool;
    }

    private long listeners() {
        return jdbc.queryForObject(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'",
                Long.class);
    }

    /** Asks all connections of the other pool, by taking them all. */
    private int listeningInPool() throws SQLException {
        int channels = 0;
        List<AutoCloseable> taken = new ArrayList<>();
        for (int i = 0; i < otherPool.getMaximumPoolSize(); i++) {
            var connection = otherPool.getConnection();
            taken.add(connection);
            try (var found =
                    connection.createStatement().executeQuery("SELECT count(*) FROM pg_listening_channels()")) {
                found.next();
                channels += found.getInt(1);
            }
        }
        for (AutoCloseable connection : taken) {
            ((java.sql.Connection) connection).close();
        }
        return channels;
    }

    private static List<String> threadsSince(Set<Thread> before) {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> !before.contains(thread))
                .map(Thread::getName)
                .filter(name -> name.startsWith("sayiir-"))
                .toList();
    }

    private static List<String> namesOf(WakeUpSource source, List<ClaimedTask> claimed) {
        List<String> names = new ArrayList<>(List.of(source.name()));
        claimed.forEach(
                task -> names.add(task.claim().instanceId() + " " + task.claim().taskId()));
        return names;
    }

    private static WorkflowSnapshot at(String instanceId, String taskId) {
        return WorkflowSnapshot.start(instanceId, "d", Payload.empty()).moveTo(new AtTask(taskId));
    }
}
