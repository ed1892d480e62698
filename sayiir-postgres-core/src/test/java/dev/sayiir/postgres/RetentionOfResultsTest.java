package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.BranchOutcome.Done;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.HistoryEntry;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Retention where the latest checkpoints only add results: the control state is that of an earlier one, which nothing but
 * its being the last with data keeps.
 */
class RetentionOfResultsTest {

    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final Duration WEEK = Duration.ofDays(7);

    private final Database database = PostgresServer.of(17).newDatabase();
    private final JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
    private final PostgresBackend backend =
            PostgresBackend.builder(database.dataSource()).build();

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void the_control_state_stays_while_later_checkpoints_only_add_results() {
        WorkflowSnapshot order = backend.createSnapshot(order());
        order = backend.saveSnapshot(order.moveTo(new AtTask("pack")));
        order = backend.saveSnapshot(order.moveTo(new AtTask("ship")));
        backend.saveTaskResult("order-1", "weigh", Payload.utf8("2 kg"));
        backend.saveTaskResult("order-1", "label", Payload.utf8("A-17"));

        everyVersionThatStaysIsLoadedAsItWas();
    }

    @Test
    void the_control_state_stays_while_branches_of_a_fork_end() {
        WorkflowSnapshot order = backend.createSnapshot(order());
        order = backend.saveSnapshot(order.moveTo(new AtTask("pack")));
        Map<String, Branch> labels = new LinkedHashMap<>();
        for (String label : List.of("parcel", "invoice", "mail")) {
            labels.put(label, Branch.of("do-" + label));
        }
        backend.saveSnapshot(order.forkInto("ship", labels));
        List<ClaimedTask> branches = backend.claimAvailableTasks(ClaimQuery.of("w", 10, MINUTE));
        assertThat(branches).hasSize(3);
        for (ClaimedTask branch : branches.subList(0, 2)) {
            backend.commitBranchTask(branch.claim(), new Done(Payload.utf8("done")), Optional.empty());
        }

        everyVersionThatStaysIsLoadedAsItWas();
        backend.commitBranchTask(branches.get(2).claim(), new Done(Payload.utf8("last")), Optional.empty());
        assertThat(backend.claimAvailableTasks(ClaimQuery.of("w", 10, MINUTE)))
                .singleElement()
                .satisfies(
                        join -> assertThat(join.snapshot().fork().orElseThrow().completedBranches())
                                .containsOnlyKeys("parcel", "invoice", "mail"));
    }

    /** Cut at each version in turn, from the oldest on. */
    private void everyVersionThatStaysIsLoadedAsItWas() {
        Map<Long, WorkflowSnapshot> before = new LinkedHashMap<>();
        for (HistoryEntry entry : backend.listVersions("order-1", 0, 100)) {
            before.put(entry.version(), backend.loadVersion("order-1", entry.version()));
        }
        WorkflowSnapshot current = backend.loadSnapshot("order-1");
        for (long cut = 1; cut <= before.size(); cut++) {
            age(cut);
            Retention.builder(database.dataSource()).keepVersions(WEEK).build().run();

            assertThat(backend.listVersions("order-1", 0, 100))
                    .extracting(HistoryEntry::version)
                    .first()
                    .isEqualTo(cut);
            for (long version = cut; version <= before.size(); version++) {
                assertThat(backend.loadVersion("order-1", version)).isEqualTo(before.get(version));
            }
            assertThat(backend.loadSnapshot("order-1")).isEqualTo(current);
        }
    }

    private void age(long version) {
        new TransactionTemplate(new DataSourceTransactionManager(database.dataSource()))
                .executeWithoutResult(status -> {
                    jdbc.execute("SET LOCAL session_replication_role = replica");
                    jdbc.update(
                            "UPDATE sayiir.sayiir_workflow_history SET saved_at = saved_at - interval '8 days'"
                                    + " WHERE version = ?",
                            version);
                    jdbc.update("UPDATE sayiir.sayiir_workflows SET created_at = created_at - interval '8 days'");
                });
    }

    private static WorkflowSnapshot order() {
        return WorkflowSnapshot.start("order-1", "fulfilment-v1", Payload.utf8("tea"))
                .moveTo(new AtTask("reserve"));
    }
}
