package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.persistence.RedriveRequest;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.StaleSnapshotException;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.TransactionAwareDataSourceProxy;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

class CallerTransactionTest {

    private final Database database = PostgresServer.of(15).newDatabase();
    private final JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
    private final TransactionTemplate transaction =
            new TransactionTemplate(new DataSourceTransactionManager(database.dataSource()));
    private PostgresBackend backend;

    @BeforeEach
    void migrate() {
        backend = PostgresBackend.builder(database.dataSource()).build();
        jdbc.execute("CREATE TABLE orders (id text PRIMARY KEY)");
    }

    @AfterEach
    void drop() {
        database.close();
    }

    enum Operation {
        CREATE {
            @Override
            void run(PostgresBackend backend, WorkflowSnapshot stored) {
                backend.createSnapshot(WorkflowSnapshot.start("b", "d", Payload.empty()));
            }
        },
        SAVE {
            @Override
            void run(PostgresBackend backend, WorkflowSnapshot stored) {
                backend.saveSnapshot(stored.completeTask("t", Payload.utf8("out")));
            }
        },
        SAVE_IF_VERSION {
            @Override
            void run(PostgresBackend backend, WorkflowSnapshot stored) {
                backend.saveSnapshotIfVersion(stored.completeTask("t", Payload.utf8("out")), stored.version());
            }
        },
        REPLACE {
            @Override
            void run(PostgresBackend backend, WorkflowSnapshot stored) {
                backend.saveSnapshot(WorkflowSnapshot.start("a", "other", Payload.empty()));
            }
        },
        SAVE_TASK_RESULT {
            @Override
            void run(PostgresBackend backend, WorkflowSnapshot stored) {
                backend.saveTaskResult("a", "t", Payload.utf8("out"));
            }
        },
        REDRIVE {
            @Override
            void run(PostgresBackend backend, WorkflowSnapshot stored) {
                backend.redrive("a", RedriveRequest.fromVersion(1), SignalRequest.unexplained());
            }
        },
        FORK_OFF {
            @Override
            void run(PostgresBackend backend, WorkflowSnapshot stored) {
                backend.fork("a", 1, "b", SignalRequest.unexplained());
            }
        },
        DELETE {
            @Override
            void run(PostgresBackend backend, WorkflowSnapshot stored) {
                backend.deleteSnapshot("a");
            }
        };

        abstract void run(PostgresBackend backend, WorkflowSnapshot stored);
    }

    @Test
    void R7_a_transaction_aware_proxy_of_the_data_source_is_looked_through() {
        PostgresBackend behindProxy = PostgresBackend.builder(
                        new TransactionAwareDataSourceProxy(database.dataSource()))
                .migration(MigrationMode.NONE)
                .build();

        transaction.executeWithoutResult(status -> {
            behindProxy.createSnapshot(
                    WorkflowSnapshot.start("a", "d", Payload.empty()).moveTo(new AtTask("t")));
            assertThat(TransactionSynchronizationManager.getSynchronizations())
                    .as("the wake-up waits for the commit")
                    .anyMatch(it -> it.getClass().getName().startsWith(PostgresWakeUps.class.getName()));
            status.setRollbackOnly();
        });

        assertThat(backend.findSnapshot("a")).isEmpty();
        behindProxy.close();
    }

    @ParameterizedTest
    @EnumSource
    void R7_a_rollback_takes_back_the_operation_with_the_business_change(Operation operation) {
        WorkflowSnapshot stored = backend.createSnapshot(WorkflowSnapshot.start("a", "d", Payload.utf8("in")));
        Map<String, Object> before = content();

        transaction.executeWithoutResult(status -> {
            jdbc.update("INSERT INTO orders VALUES ('a')");
            operation.run(backend, stored);
            assertThat(content()).isNotEqualTo(before);
            status.setRollbackOnly();
        });

        assertThat(content()).isEqualTo(before);
        assertThat(backend.loadSnapshot("a")).isEqualTo(stored);
    }

    @ParameterizedTest
    @EnumSource
    void R7_a_commit_keeps_the_operation_with_the_business_change(Operation operation) {
        WorkflowSnapshot stored = backend.createSnapshot(WorkflowSnapshot.start("a", "d", Payload.utf8("in")));

        Map<String, Object> inside = transaction.execute(status -> {
            jdbc.update("INSERT INTO orders VALUES ('a')");
            operation.run(backend, stored);
            return content();
        });

        assertThat(content()).isEqualTo(inside).containsEntry("orders", 1L);
    }

    @Test
    void R7_nobody_else_sees_a_checkpoint_before_the_commit() {
        WorkflowSnapshot stored = backend.createSnapshot(WorkflowSnapshot.start("a", "d", Payload.utf8("in")));
        PostgresBackend elsewhere = PostgresBackend.connect(database.url(), database.username(), database.password());
        try (elsewhere) {
            transaction.executeWithoutResult(status -> {
                backend.saveSnapshot(stored.completeTask("t", Payload.utf8("out")));
                assertThat(elsewhere.loadSnapshot("a")).isEqualTo(stored);
            });
            assertThat(elsewhere.loadSnapshot("a").version()).isEqualTo(2);
        }
    }

    @Test
    void R7_a_refused_operation_leaves_the_callers_transaction_usable() {
        WorkflowSnapshot stored = backend.createSnapshot(WorkflowSnapshot.start("a", "d", Payload.utf8("in")));

        transaction.executeWithoutResult(status -> {
            jdbc.update("INSERT INTO orders VALUES ('a')");
            assertThatThrownBy(() -> backend.saveSnapshotIfVersion(stored, 7))
                    .isInstanceOf(StaleSnapshotException.class);
            backend.saveTaskResult("a", "t", Payload.utf8("out"));
        });

        assertThat(content()).containsEntry("orders", 1L).containsEntry("checkpoints", 2L);
    }

    private Map<String, Object> content() {
        return jdbc.queryForMap("""
                SELECT (SELECT count(*) FROM orders) AS orders,
                       (SELECT count(*) FROM sayiir.sayiir_workflows) AS instances,
                       (SELECT sum(version) FROM sayiir.sayiir_workflows) AS versions,
                       (SELECT count(*) FROM sayiir.sayiir_workflow_history) AS checkpoints,
                       (SELECT count(*) FROM sayiir.sayiir_workflow_tasks) AS tasks
                """);
    }
}
