package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.LogLimit;
import dev.sayiir.persistence.WakeUpSource;
import dev.sayiir.testing.CountedStatements;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.LogLines;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.io.IOException;
import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import javax.sql.DataSource;
import net.ttddyy.dsproxy.support.ProxyDataSourceBuilder;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DelegatingDataSource;

/** Wake-ups when connections are lost, or do not carry notifications. */
@Tag("slow")
class WakeUpFailureTest {

    private static final Duration LONG = Duration.ofSeconds(60);

    private final Database database = PostgresServer.of(17).newDatabase();
    private final JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
    private final CountedStatements statements = new CountedStatements(database.dataSource());
    private final List<WakeUpSource> heard = new CopyOnWriteArrayList<>();
    private final LogLines log = LogLines.of("dev.sayiir.postgres");

    @AfterEach
    void drop() {
        log.close();
        database.close();
    }

    @Test
    void R21_AUTO_falls_back_with_one_line_when_notifications_do_not_arrive() {
        DataSource deaf = withoutListen(statements.dataSource());
        try (var backend = PostgresBackend.builder(deaf).build()) {
            backend.onWakeUp(heard::add);
            await().until(() -> backend.wakeUpState() == WakeUpState.FALLEN_BACK);
            long proofs = statements.notifications();

            backend.onWakeUp(source -> {});
            backend.createSnapshot(at("order-1"));

            await().untilAsserted(() -> assertThat(heard).containsExactly(WakeUpSource.LOCAL));
            backend.close();
            assertThat(statements.notifications()).isEqualTo(proofs).isOne();
            assertThat(backend.wakeUpState()).isEqualTo(WakeUpState.FALLEN_BACK);
            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .startsWith("WARN")
                    .contains("notifyUrl", "POLL");
        }
    }

    @Test
    void R21_LISTEN_asks_for_no_proof() {
        DataSource deaf = withoutListen(statements.dataSource());
        try (var backend =
                PostgresBackend.builder(deaf).notifyMode(NotifyMode.LISTEN).build()) {
            backend.onWakeUp(heard::add);
            await().until(() -> backend.wakeUpState() == WakeUpState.LISTENING);
        }
        assertThat(statements.notifications()).isZero();
    }

    @Test
    void R21_AUTO_falls_back_when_the_URL_leads_to_another_database() {
        try (var other = PostgresServer.of(17).newDatabase();
                var backend = PostgresBackend.builder(database.dataSource())
                        .notifyUrl(other.url(), other.username(), other.password())
                        .build()) {
            backend.onWakeUp(heard::add);
            await().until(() -> backend.wakeUpState() == WakeUpState.FALLEN_BACK);
        }
    }

    @Test
    void R21_the_only_connection_of_a_pool_is_not_taken_for_listening() {
        new SchemaMigrator(database.dataSource(), "sayiir").migrate();
        try (HikariDataSource small = new HikariDataSource()) {
            small.setJdbcUrl(database.url());
            small.setUsername(database.username());
            small.setPassword(database.password());
            small.setMaximumPoolSize(1);
            var builder = PostgresBackend.builder(small).migration(MigrationMode.NONE);
            try (var backend = builder.build()) {
                backend.onWakeUp(heard::add);
                await().until(() -> backend.wakeUpState() == WakeUpState.FALLEN_BACK);
                assertThat(log.lines()).singleElement().asString().contains("single connection");
            }
            assertThatThrownBy(builder.notifyMode(NotifyMode.LISTEN)::build)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("larger");
        }
    }

    @Test
    void R21_a_lost_connection_is_made_anew_and_a_poll_follows() {
        try (var backend = PostgresBackend.builder(database.dataSource()).build();
                var elsewhere = PostgresBackend.builder(database.dataSource()).build()) {
            backend.onWakeUp(heard::add);
            for (int times = 1; times <= 3; times++) {
                awaitReconnected(times);
                assertThat(killListeners()).isOne();
            }
            awaitReconnected(4);
            elsewhere.createSnapshot(at("order-1"));
            await().until(() -> heard.contains(WakeUpSource.NOTIFICATION));
        }
        assertThat(log.lines())
                .hasSize(6)
                .filteredOn(line -> line.startsWith("WARN"))
                .hasSize(3);
    }

    @Test
    void R21_a_restart_of_the_server_is_one_outage_in_the_log_and_a_poll_follows() throws IOException {
        try (RestartableServer server = RestartableServer.start(17);
                HikariDataSource pool = server.pool();
                HikariDataSource otherPool = server.pool();
                var backend = PostgresBackend.builder(pool).build();
                var elsewhere = PostgresBackend.builder(otherPool).build()) {
            backend.onWakeUp(heard::add);
            awaitReconnected(1);

            server.stop();
            await().atMost(LONG).until(() -> backend.wakeUpState() == WakeUpState.CONNECTING);
            server.startAgain();

            awaitReconnected(2);
            elsewhere.createSnapshot(at("order-1"));
            await().until(() -> heard.contains(WakeUpSource.NOTIFICATION));
        }
        assertThat(log.lines().stream().filter(line -> line.contains("heard"))).hasSize(2);
    }

    @Test
    void R21_a_server_that_is_gone_without_a_word_is_noticed() throws Exception {
        int port = URI.create(database.url().substring("jdbc:".length())).getPort();
        NotifyChannel channel = NotifyChannel.random();
        try (SilencingRelay relay = new SilencingRelay(port);
                NotificationSender sender = new NotificationSender(database.dataSource(), channel, "somebody");
                NotificationListener listener = new NotificationListener(
                        new ListenerSettings(
                                () -> DriverManager.getConnection(
                                        database.url().replace(":" + port, ":" + relay.port()),
                                        database.username(),
                                        database.password()),
                                () -> false,
                                channel,
                                "somebody else",
                                Optional.empty(),
                                Duration.ofMillis(300)),
                        heard::add)) {
            listener.start();
            awaitReconnected(1);

            relay.silence();

            awaitReconnected(2);
            sender.send();
            await().until(() -> heard.contains(WakeUpSource.NOTIFICATION));
        }
    }

    @Test
    void R21_no_hint_fails_a_save_and_no_URL_is_logged() {
        try (var backend = PostgresBackend.builder(database.dataSource())
                .notifyMode(NotifyMode.LISTEN)
                .notifyUrl("jdbc:postgresql://localhost:1/x?password=s3cret", "nobody", "s3cret")
                .build()) {
            backend.onWakeUp(heard::add);
            await().until(() -> !log.lines().isEmpty());
            assertThat(backend.wakeUpState()).isEqualTo(WakeUpState.CONNECTING);
            assertThat(backend.createSnapshot(at("order-1")).version()).isEqualTo(1);
        }
        assertThat(log.lines()).singleElement().asString().startsWith("WARN").doesNotContain("s3cret", "jdbc:");
        assertThatThrownBy(() -> PostgresBackend.builder(database.dataSource())
                        .notifyUrl("jdbc:postgresql://me:s3cret@localhost/x", "me", "s3cret"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining("s3cret");
    }

    @Test
    void R25_a_database_that_comes_and_goes_all_the_time_is_logged_a_few_times() {
        AtomicBoolean gone = new AtomicBoolean();
        AtomicInteger asked = new AtomicInteger();
        DataSource unsteady = new DelegatingDataSource(database.dataSource()) {
            @Override
            public Connection getConnection() throws SQLException {
                asked.incrementAndGet();
                if (gone.get()) {
                    throw new SQLException("gone", "08006");
                }
                return super.getConnection();
            }
        };
        try (NotificationSender sender = new NotificationSender(unsteady, NotifyChannel.random(), "somebody")) {
            for (int i = 0; i < 4 * LogLimit.LINES; i++) {
                gone.set(i % 2 == 0);
                int before = asked.get();
                sender.send();
                await().pollInterval(Duration.ofMillis(1)).until(() -> asked.get() > before);
            }
        }
        assertThat(log.lines()).filteredOn(line -> line.startsWith("WARN")).hasSize(LogLimit.LINES);
        assertThat(log.lines()).filteredOn(line -> line.startsWith("INFO")).hasSize(LogLimit.LINES);
    }

    private void awaitReconnected(int times) {
        await().atMost(LONG).until(() -> Collections.frequency(heard, WakeUpSource.RECONNECTED) == times);
    }

    private long killListeners() {
        return jdbc.queryForObject("""
                SELECT count(*) FILTER (WHERE pg_terminate_backend(pid))
                FROM pg_stat_activity
                WHERE datname = current_database() AND query LIKE 'LISTEN%'
                """, Long.class);
    }

    /** As through a pooler in transaction mode: LISTEN seems to work. */
    private static DataSource withoutListen(DataSource target) {
        return ProxyDataSourceBuilder.create(target)
                .queryTransformer(
                        statement -> statement.getQuery().startsWith("LISTEN") ? "SELECT 1" : statement.getQuery())
                .build();
    }

    private static WorkflowSnapshot at(String instanceId) {
        return WorkflowSnapshot.start(instanceId, "d", Payload.empty()).moveTo(new AtTask("reserve"));
    }
}
