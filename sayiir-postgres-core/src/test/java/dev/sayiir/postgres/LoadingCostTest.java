package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.testing.ServerWork;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * Reading an instance costs in proportion to what it has: ten times the results are ten times the rows and the pages. The
 * statistics are of a time of small instances, with which a join that goes over all of one side for each row of the other
 * looks cheap.
 */
class LoadingCostTest {

    private static final int FEW = 300;
    private static final int MANY = 10 * FEW;
    private static final Payload OUTPUT = Payload.of(new byte[100]);

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
        create(FEW);
        create(MANY);
    }

    /** A third of the results in one checkpoint, and a third of them given twice. */
    private static void create(int results) {
        WorkflowSnapshot snapshot =
                WorkflowSnapshot.builder("with-" + results, "d" + results).build();
        for (int i = 0; i < results / 3; i++) {
            snapshot = snapshot.completeTask("t" + i, OUTPUT);
        }
        backend.createSnapshot(snapshot.moveTo(new AtTask("next")));
        for (int i = 0; i < results; i++) {
            backend.saveTaskResult("with-" + results, "t" + i, OUTPUT);
        }
        assertThat(backend.loadSnapshot("with-" + results).completedTasks().size())
                .isEqualTo(results);
    }

    @AfterAll
    static void drop() {
        database.close();
    }

    @Test
    void R25_a_snapshot_costs_in_proportion_to_its_results() {
        assertLinear("loadSnapshot", results -> reader -> reader.loadSnapshot("with-" + results));
    }

    @Test
    void R25_the_snapshot_of_a_claimed_task_costs_in_proportion_to_its_results() {
        assertLinear("claimAvailableTasks", results -> reader -> {
            List<ClaimedTask> claimed = reader.claimAvailableTasks(
                    ClaimQuery.of("w", 1, Duration.ofHours(1)).definitions(Set.of("d" + results)));
            assertThat(claimed).hasSize(1);
            backend.releaseTaskClaims("w");
        });
    }

    @Test
    void R25_results_by_themselves_cost_in_proportion_to_their_number() {
        assertLinear("loadTaskResults", results -> reader -> reader.loadTaskResults("with-" + results));
    }

    @Test
    void R25_looking_back_costs_in_proportion_to_the_history() {
        assertLinear("loadVersion", results -> reader -> reader.loadVersion("with-" + results, results));
        assertLinear("loadAsOf", results -> reader -> reader.loadAsOf("with-" + results, Instant.now()));
    }

    @Test
    void R25_lists_cost_in_proportion_to_what_is_listed() {
        assertLinear("listTasks", results -> reader -> reader.listTasks("with-" + results));
        assertLinear("listVersions", results -> reader -> reader.listVersions("with-" + results, 0, results));
    }

    @Test
    void R25_one_result_costs_the_same_whatever_else_there_is() {
        ServerWork few = work(reader -> reader.loadTaskResult("with-" + FEW, "t" + (FEW - 1)));
        ServerWork many = work(reader -> reader.loadTaskResult("with-" + MANY, "t" + (MANY - 1)));
        assertThat(many.rows()).isEqualTo(few.rows());
        assertThat(many.pages()).isLessThanOrEqualTo(few.pages() + 4);
    }

    private interface Reading {
        Consumer<PostgresBackend> of(int results);
    }

    private static void assertLinear(String operation, Reading reading) {
        ServerWork few = work(reading.of(FEW));
        ServerWork many = work(reading.of(MANY));
        System.out.println(operation + ": " + few + " for " + FEW + " results, " + many + " for " + MANY);
        assertThat(many.rows()).as(operation).isLessThan(12 * few.rows());
        assertThat(many.pages()).as(operation).isLessThan(12 * few.pages());
    }

    private static ServerWork work(Consumer<PostgresBackend> reading) {
        return ServerWork.of(
                database.dataSource(),
                observed -> reading.accept(PostgresBackend.builder(observed)
                        .migration(MigrationMode.NONE)
                        .notifyMode(NotifyMode.POLL)
                        .build()));
    }
}
