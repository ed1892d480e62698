package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.zaxxer.hikari.HikariDataSource;
import dev.sayiir.persistence.WakeUpSource;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.LogLines;
import dev.sayiir.testing.PgBouncer;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Wake-ups through PgBouncer in transaction mode. */
class PgBouncerWakeUpTest {

    private final Database database = PostgresServer.of(17).newDatabase();
    private final HikariDataSource pool = new HikariDataSource();
    private final List<WakeUpSource> heard = new CopyOnWriteArrayList<>();
    private PgBouncer bouncer;

    @BeforeEach
    void connect() throws IOException {
        assumeTrue(PgBouncer.isInstalled(), PgBouncer.MISSING);
        new SchemaMigrator(database.dataSource(), "sayiir").migrate();
        bouncer = PgBouncer.before(database);
        pool.setJdbcUrl(bouncer.through(database.url()));
        pool.setUsername(database.username());
        pool.setPassword(database.password());
        pool.setMaximumPoolSize(4);
    }

    @AfterEach
    void disconnect() {
        pool.close();
        if (bouncer != null) {
            bouncer.close();
        }
        database.close();
    }

    @Test
    void R21_AUTO_falls_back_as_notifications_do_not_arrive() {
        try (LogLines log = LogLines.of("dev.sayiir.postgres");
                var backend = builder().build()) {
            backend.onWakeUp(heard::add);
            await().until(() -> backend.wakeUpState() == WakeUpState.FALLEN_BACK);
            assertThat(log.lines()).singleElement().asString().contains("notifyUrl");
        }
    }

    @Test
    void R21_a_URL_that_leads_to_the_server_directly_hears_what_is_sent_through_it() {
        try (var backend = builder()
                        .notifyUrl(database.url(), database.username(), database.password())
                        .build();
                var elsewhere = builder().build()) {
            backend.onWakeUp(heard::add);
            await().until(() -> backend.wakeUpState() == WakeUpState.LISTENING);

            elsewhere.createSnapshot(
                    WorkflowSnapshot.start("order-1", "d", Payload.empty()).moveTo(new AtTask("reserve")));

            await().until(() -> heard.contains(WakeUpSource.NOTIFICATION));
        }
    }

    private PostgresBackendBuilder builder() {
        return PostgresBackend.builder(pool).migration(MigrationMode.NONE);
    }
}
