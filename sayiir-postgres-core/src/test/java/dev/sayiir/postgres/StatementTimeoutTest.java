package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.springframework.dao.QueryTimeoutException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

class StatementTimeoutTest {

    @Test
    void a_statement_that_waits_too_long_is_cancelled() {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            PostgresBackend backend = PostgresBackend.builder(database.dataSource())
                    .statementTimeout(Duration.ofMillis(1_001))
                    .build();
            WorkflowSnapshot order = backend.createSnapshot(WorkflowSnapshot.start("a", "d", Payload.empty()));

            // Holds the instance's lock until the save has given up.
            new TransactionTemplate(new DataSourceTransactionManager(database.dataSource()))
                    .executeWithoutResult(transaction -> {
                        new JdbcTemplate(database.dataSource())
                                .execute("SELECT FROM sayiir.sayiir_workflows FOR UPDATE");
                        assertThatThrownBy(() -> onAnotherThread(
                                        () -> backend.saveSnapshot(order.completeTask("t", Payload.empty()))))
                                .hasCauseInstanceOf(QueryTimeoutException.class);
                    });

            assertThat(backend.loadSnapshot("a")).isEqualTo(order);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"PT0S", "PT0.999S", "PT-1S", "PT20000000H"})
    void a_timeout_that_cannot_be_is_refused(Duration timeout) {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            PostgresBackendBuilder builder = PostgresBackend.builder(database.dataSource());
            assertThatThrownBy(() -> builder.statementTimeout(timeout))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("statement timeout");
        }
    }

    private static void onAnotherThread(Runnable action) throws Exception {
        CompletableFuture.runAsync(action).get();
    }
}
