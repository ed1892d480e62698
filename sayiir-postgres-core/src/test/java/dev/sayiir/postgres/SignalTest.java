package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.persistence.EventOutcome;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalOutcome;
import dev.sayiir.persistence.SignalRefusedException;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.testing.CountedStatements;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.Plans;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/** Signals and events where PostgreSQL makes a difference: claims, statements, plans and transactions. */
class SignalTest {

    private static final SignalRequest ASKED = SignalRequest.of("customer changed her mind", "support");

    private final Database database = PostgresServer.of(17).newDatabase();
    private final JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
    private final CountedStatements statements = new CountedStatements(database.dataSource());
    private PostgresBackend backend;

    @BeforeEach
    void migrate() {
        backend = PostgresBackend.builder(statements.dataSource()).build();
        backend.createSnapshot(
                WorkflowSnapshot.start("order-1", "d", Payload.empty()).moveTo(new AtTask("charge")));
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void R15_a_cancel_reaches_an_idle_instance_at_once() {
        assertThat(backend.requestCancel("order-1", ASKED)).isEqualTo(SignalOutcome.APPLIED);

        assertThat(backend.loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.CANCELLED);
        assertThat(backend.listPendingSignals("order-1")).isEmpty();
        assertThat(openTasks()).isEmpty();
    }

    @Test
    void R15_a_live_claim_keeps_a_cancel_pending_until_the_holder_checks() {
        claim("1 minute");

        assertThat(backend.requestCancel("order-1", ASKED)).isEqualTo(SignalOutcome.PENDING);
        assertThat(backend.loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.IN_PROGRESS);

        assertThat(backend.checkAndCancel("order-1", Optional.of("charge"))).isTrue();
        assertThat(backend.loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.CANCELLED);
        assertThat(backend.getSignal("order-1", SignalKind.CANCEL)).isEmpty();
    }

    @Test
    void R15_an_expired_claim_holds_nothing() {
        claim("-1 second");

        assertThat(backend.requestPause("order-1", ASKED)).isEqualTo(SignalOutcome.APPLIED);
        assertThat(backend.loadSnapshot("order-1").status()).isEqualTo(WorkflowStatus.PAUSED);
    }

    @Test
    void a_paused_task_is_not_due_and_a_resumed_one_is() {
        assertThat(dueTasks()).containsExactly("charge");
        backend.requestPause("order-1", ASKED);
        assertThat(dueTasks()).isEmpty();
        assertThat(openTasks()).containsExactly("charge");
        backend.unpause("order-1");
        assertThat(dueTasks()).containsExactly("charge");
    }

    @Test
    void checking_for_a_signal_that_is_not_there_is_one_statement() {
        assertThat(statements.during(() -> backend.checkAndCancel("order-1", Optional.empty())))
                .isOne();
        assertThat(statements.during(() -> backend.checkAndPause("order-1"))).isOne();
    }

    @Test
    void storing_a_signal_is_one_statement() {
        assertThat(statements.during(() -> backend.storeSignal("order-1", SignalKind.CANCEL, ASKED)))
                .isOne();
        assertThat(statements.during(() -> backend.storeSignal("order-1", SignalKind.CANCEL, ASKED)))
                .isOne();
        assertThat(backend.listPendingSignals("order-1")).hasSize(1);
    }

    @Test
    void the_oldest_pending_event_comes_first_in_an_index_of_its_own() {
        jdbc.update("""
                INSERT INTO sayiir.sayiir_workflow_events (instance_id, created_at, consumed_at, kind, name, payload)
                SELECT 'order-' || i % 100, now(), CASE WHEN i % 50 > 1 THEN now() END, 'EventSent', 'approved', ''
                FROM generate_series(1, 50000) AS i
                """);
        jdbc.execute("ANALYZE sayiir.sayiir_workflow_events");

        List<String> plans = Plans.of(database.dataSource(), observed -> {
            PostgresBackend explained = PostgresBackend.builder(observed)
                    .migration(MigrationMode.NONE)
                    .build();
            explained.consumeEvent("order-1", "approved");
            explained.tailEvents(40_000, 10);
        });

        assertThat(plans.get(1))
                .contains("using sayiir_workflow_events_pending_event")
                .doesNotContain("Sort");
        assertThat(plans.get(3)).contains("using sayiir_workflow_events_by_id").doesNotContain("Sort");
    }

    @Test
    void R7_an_event_and_what_follows_from_it_are_taken_back_with_the_callers_transaction() {
        WorkflowSnapshot waiting = backend.saveSnapshot(backend.loadSnapshot("order-1")
                .completeTask("charge", Payload.empty())
                .moveTo(new AtSignal("wait", "approved", Optional.empty(), Optional.of("ship"))));
        TransactionTemplate transaction =
                new TransactionTemplate(new DataSourceTransactionManager(database.dataSource()));
        PostgresBackend joining = PostgresBackend.builder(database.dataSource()).build();

        transaction.executeWithoutResult(status -> {
            assertThat(joining.sendEvent("order-1", "approved", Payload.utf8("by ada")))
                    .isEqualTo(EventOutcome.DELIVERED);
            status.setRollbackOnly();
        });

        assertThat(backend.loadSnapshot("order-1")).isEqualTo(waiting);
        assertThat(backend.listPendingEvents("order-1")).isEmpty();
    }

    @Test
    void R7_a_refused_signal_leaves_the_callers_transaction_usable() {
        TransactionTemplate transaction =
                new TransactionTemplate(new DataSourceTransactionManager(database.dataSource()));
        PostgresBackend joining = PostgresBackend.builder(database.dataSource()).build();

        transaction.executeWithoutResult(status -> {
            assertThatThrownBy(() -> joining.unpause("order-1")).isInstanceOf(SignalRefusedException.class);
            joining.saveTaskResult("order-1", "charge", Payload.utf8("paid"));
        });

        assertThat(backend.loadTaskResult("order-1", "charge")).contains(Payload.utf8("paid"));
    }

    private void claim(String until) {
        jdbc.update("""
                UPDATE sayiir.sayiir_task_claims
                SET claim_token = nextval('sayiir.sayiir_claim_token'), claimed_at = now() - interval '1 hour',
                    expires_at = now() + ?::interval, worker_id = 'worker-1'
                WHERE instance_id = 'order-1' AND task_id = 'charge'
                """, until);
    }

    private List<String> openTasks() {
        return jdbc.queryForList(
                "SELECT task_id FROM sayiir.sayiir_task_claims WHERE status IN ('active', 'waiting')", String.class);
    }

    private List<String> dueTasks() {
        return jdbc.queryForList("SELECT task_id FROM sayiir.sayiir_task_claims WHERE ready_at <= now()", String.class);
    }
}
