package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.persistence.TaskRefusal.Outcome;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What is refused or unblocked while somebody else has locked it. */
class RefusedWhileLockedTest {

    private final Database database = PostgresServer.of(17).newDatabase();
    private final PostgresBackend backend =
            PostgresBackend.builder(database.dataSource()).build();

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void R26_a_refusal_of_a_locked_task_says_so_and_is_not_taken_for_a_lost_claim() throws SQLException {
        List<TaskRefusal> refusals = List.of(refusal());

        try (Connection other = locking("sayiir_task_claims")) {
            assertThat(backend.refuseTasks(refusals)).containsExactly(Outcome.LOCKED);
            other.rollback();
        }

        assertThat(backend.refuseTasks(refusals)).containsExactly(Outcome.BLOCKED);
        assertThat(backend.refuseTasks(refusals)).containsExactly(Outcome.LOST);
    }

    @Test
    void R26_to_unblock_does_not_wait_for_a_locked_instance() throws SQLException {
        backend.refuseTasks(List.of(refusal()));

        try (Connection other = locking("sayiir_workflows")) {
            assertThat(backend.unblock(BlockedQuery.all(), SignalRequest.unexplained()))
                    .isZero();
            other.rollback();
        }

        assertThat(backend.unblock(BlockedQuery.all(), SignalRequest.unexplained()))
                .isOne();
    }

    private TaskRefusal refusal() {
        backend.createSnapshot(WorkflowSnapshot.start("order-1", "fulfilment", Payload.utf8("tea"))
                .moveTo(new AtTask("reserve")));
        TaskClaim claim = backend.claimTask("order-1", "reserve", "worker", Duration.ofMinutes(1))
                .orElseThrow();
        return new TaskRefusal(
                claim, BlockReason.NO_HANDLER, "nobody can", Duration.ZERO, Duration.ZERO, Optional.empty());
    }

    private Connection locking(String table) throws SQLException {
        Connection connection = database.dataSource().getConnection();
        connection.setAutoCommit(false);
        try (var statement = connection.createStatement()) {
            statement.execute("SELECT FROM sayiir." + table + " FOR UPDATE");
        }
        return connection;
    }
}
