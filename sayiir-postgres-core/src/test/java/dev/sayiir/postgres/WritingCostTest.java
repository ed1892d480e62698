package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.testing.ServerWork;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Writing of an instance costs in proportion to what is written: ten times the branches or results are ten times the rows and
 * the pages, also by statistics of a time of small instances.
 */
class WritingCostTest {

    private static final int FEW = 100;
    private static final int MANY = 10 * FEW;
    private static final Payload OUTPUT = Payload.of(new byte[100]);
    private static final Duration HOUR = Duration.ofHours(1);

    private static Database database;
    private static PostgresBackend backend;

    @BeforeAll
    static void fill() {
        database = PostgresServer.of(17).newDatabase();
        backend = PostgresBackend.builder(database.dataSource())
                .notifyMode(NotifyMode.POLL)
                .build();
        for (int i = 0; i < 500; i++) {
            backend.createSnapshot(WorkflowSnapshot.start("small-" + i, "d", OUTPUT)
                    .completeTask("first", OUTPUT)
                    .moveTo(new AtTask("second")));
        }
        new JdbcTemplate(database.dataSource()).execute("ANALYZE");
    }

    @AfterAll
    static void drop() {
        database.close();
    }

    @Test
    void R25_a_snapshot_with_many_results_that_takes_the_place_of_another() {
        assertLinear("replace", (reader, size) -> {
            reader.saveSnapshot(withResults("replace-" + size, "old-", size));
            reader.saveSnapshot(withResults("replace-" + size, "new-", size));
        });
    }

    @Test
    void R25_a_fork_another_round_of_it_and_another_fork_in_its_place() {
        assertLinear("fork", (reader, size) -> {
            WorkflowSnapshot forked = reader.createSnapshot(WorkflowSnapshot.start("fork-" + size, "d", OUTPUT)
                    .completeTask("first", OUTPUT)
                    .forkInto("join", branches("a-", size)));
            WorkflowSnapshot done = forked;
            for (int i = 0; i < size; i++) {
                done = done.completeTask("a-" + i, OUTPUT);
            }
            WorkflowSnapshot again = reader.saveSnapshot(
                    reader.saveSnapshot(done.moveTo(new AtTask("join"))).forkInto("join", branches("a-", size)));
            reader.saveSnapshot(again.forkInto("join", branches("b-", size)));
        });
    }

    @Test
    void R25_a_pause_an_end_and_a_deletion_in_the_middle_of_a_fork() {
        assertLinear("pause", (reader, size) -> {
            String instanceId = "pause-" + size;
            reader.createSnapshot(
                    WorkflowSnapshot.start(instanceId, "d", OUTPUT).forkInto("join", branches("a-", size)));
            reader.requestPause(instanceId, SignalRequest.unexplained());
            reader.unpause(instanceId);
            reader.requestCancel(instanceId, SignalRequest.unexplained());
            reader.deleteSnapshot(instanceId);
        });
    }

    @Test
    void R25_claims_of_many_tasks() {
        assertLinear("claims", (reader, size) -> {
            backend.createSnapshot(WorkflowSnapshot.start("claims-" + size, "claims-" + size, OUTPUT)
                    .forkInto("join", branches("a-", size)));
            List<TaskClaim> claims =
                    reader
                            .claimAvailableTasks(ClaimQuery.of("w", size, HOUR).definitions(Set.of("claims-" + size)))
                            .stream()
                            .map(ClaimedTask::claim)
                            .toList();
            assertThat(claims).hasSize(size);
            assertThat(reader.extendTaskClaims(claims, HOUR)).hasSize(size);
            assertThat(reader.releaseTaskClaims("w")).isEqualTo(size);
        });
    }

    private static WorkflowSnapshot withResults(String instanceId, String prefix, int size) {
        WorkflowSnapshot snapshot = WorkflowSnapshot.start(instanceId, "d", OUTPUT);
        for (int i = 0; i < size; i++) {
            snapshot = snapshot.completeTask(prefix + i, OUTPUT);
        }
        return snapshot;
    }

    private static Map<String, Branch> branches(String prefix, int size) {
        Map<String, Branch> branches = new LinkedHashMap<>();
        for (int i = 0; i < size; i++) {
            branches.put("b" + i, Branch.of(prefix + i, OUTPUT));
        }
        return branches;
    }

    private static void assertLinear(String operation, BiConsumer<PostgresBackend, Integer> writing) {
        ServerWork few = work(writing, FEW);
        ServerWork many = work(writing, MANY);
        System.out.println(operation + ": " + few + " for " + FEW + ", " + many + " for " + MANY);
        assertThat(many.rows()).as(operation).isLessThan(12 * few.rows());
        assertThat(many.pages()).as(operation).isLessThan(15 * few.pages());
    }

    private static ServerWork work(BiConsumer<PostgresBackend, Integer> writing, int size) {
        return ServerWork.of(
                database.dataSource(),
                observed -> writing.accept(
                        PostgresBackend.builder(observed)
                                .migration(MigrationMode.NONE)
                                .notifyMode(NotifyMode.POLL)
                                .build(),
                        size));
    }
}
