package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.THEN;
import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.orderCreatedAt;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.Together.Outcome;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ConcurrentDeletionContractTest extends ContractTest {

    private static final int ROUNDS = 25;
    private static final Instant FIRST = THEN;
    private static final Instant SECOND = THEN.plusSeconds(60);

    @Test
    void R12_whatever_races_with_a_delete_leaves_nothing_behind() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            WorkflowSnapshot base = store.createSnapshot(orderCreatedAt("order-1", FIRST));
            List<Outcome<Long>> outcomes = Together.<Long>run(List.<Callable<Long>>of(
                    this::delete,
                    () -> store.saveSnapshot(base.completeTask("a", output("a")))
                            .version(),
                    () -> store.saveSnapshot(
                                    base.toBuilder().state(base.state()).build())
                            .version(),
                    () -> store.saveSnapshotIfVersion(base.completeTask("b", output("b")), 1)
                            .version(),
                    () -> store.saveTaskResult("order-1", "reserve", output("shelf 7")),
                    () -> store.saveTaskResult("order-1", "c", output("c"))));

            assertThat(outcomes.get(0).failure()).isEmpty();
            assertThat(Together.failures(outcomes))
                    .allSatisfy(failure -> assertThat(failure)
                            .isInstanceOfAny(SnapshotNotFoundException.class, StaleSnapshotException.class));
            assertThat(Together.values(outcomes.subList(1, 6))).doesNotHaveDuplicates();
            assertIsGone();
        }
    }

    @Test
    void R12_of_several_deletes_exactly_one_succeeds() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            store.createSnapshot(order("order-1"));
            List<Outcome<Long>> outcomes = Together.run(4, i -> delete());

            assertThat(Together.failures(outcomes)).hasSize(3).hasOnlyElementsOfType(SnapshotNotFoundException.class);
            assertIsGone();
        }
    }

    /**
     * The creator of a second instance under the same id may come before or after the delete. Either way what is there
     * at the end is that instance, complete and with nothing of the first, or nothing at all.
     */
    @Test
    void R12_an_instance_created_during_a_delete_has_nothing_of_the_deleted_one() throws Exception {
        for (int round = 0; round < ROUNDS; round++) {
            WorkflowSnapshot first = store.createSnapshot(orderCreatedAt("order-1", FIRST));
            WorkflowSnapshot second = orderCreatedAt("order-1", SECOND);
            List<Outcome<Long>> outcomes = Together.<Long>run(List.<Callable<Long>>of(
                    this::delete,
                    () -> createUntilFree(second),
                    () -> store.saveSnapshot(first.completeTask("of-first", output("1")))
                            .version(),
                    () -> store.saveSnapshotIfVersion(first.completeTask("of-first", output("2")), 1)
                            .version(),
                    () -> store.saveTaskResult("order-1", "of-either", output("3"))));

            assertThat(outcomes.get(0).failure()).isEmpty();
            assertThat(outcomes.get(1).value()).contains(1L);
            assertThat(Together.failures(outcomes))
                    .allSatisfy(failure -> assertThat(failure)
                            .isInstanceOfAny(SnapshotNotFoundException.class, StaleSnapshotException.class));
            Optional<Long> result = outcomes.get(4).value();
            assertIsExplainedBy(second, result);
            store.deleteSnapshot("order-1");
        }
    }

    private void assertIsExplainedBy(WorkflowSnapshot created, Optional<Long> result) {
        WorkflowSnapshot loaded = store.loadSnapshot("order-1");
        assertThat(loaded.createdAt()).isEqualTo(SECOND);
        assertThat(history.loadVersion("order-1", 1)).isEqualTo(created.storedAs(1, created.incarnation()));
        List<HistoryEntry> versions = versionsOf("order-1");
        assertThat(versions)
                .extracting(HistoryEntry::version)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, loaded.version()).boxed().toList());
        Map<String, Payload> expected = new LinkedHashMap<>();
        if (versions.size() > 1) {
            assertThat(versions).hasSize(2);
            assertThat(versions.get(1).completedTaskIds()).containsExactly("of-either");
            assertThat(result).contains(2L);
            expected.put("of-either", output("3"));
        }
        assertThat(loaded.completedTasks().asMap()).isEqualTo(expected);
        assertThat(results.loadTaskResults("order-1")).isEqualTo(expected);
        assertThat(queries.findWorkflow("order-1").orElseThrow().completedTaskCount())
                .isEqualTo(expected.size());
    }

    @Test
    void R12_a_load_during_deletes_sees_a_whole_instance_or_none() throws Exception {
        AtomicBoolean changing = new AtomicBoolean(true);
        Callable<Long> reader = () -> {
            long seen = 0;
            while (changing.get()) {
                Optional<WorkflowSnapshot> order = store.findSnapshot("order-1");
                order.ifPresent(
                        found -> assertThat(found.completedTasks().size()).isEqualTo((int) found.version()));
                seen++;
            }
            return seen;
        };
        List<Outcome<Long>> outcomes = Together.<Long>run(List.<Callable<Long>>of(
                () -> {
                    try {
                        for (int round = 0; round < ROUNDS; round++) {
                            WorkflowSnapshot order =
                                    store.createSnapshot(order("order-1").completeTask("1", output("1")));
                            order = store.saveSnapshot(order.completeTask("2", output("2")));
                            store.saveTaskResult("order-1", "3", output("3"));
                            store.deleteSnapshot("order-1");
                        }
                        return 0L;
                    } finally {
                        changing.set(false);
                    }
                },
                reader,
                reader));

        assertThat(Together.failures(outcomes)).isEmpty();
    }

    private long delete() {
        store.deleteSnapshot("order-1");
        return 0;
    }

    private long createUntilFree(WorkflowSnapshot snapshot) {
        while (true) {
            try {
                return store.createSnapshot(snapshot).version();
            } catch (InstanceAlreadyExistsException e) {
                // the first one is still there: that is what is being tried here
            }
        }
    }

    /** Rows left behind would show in a new instance with that id, or keep it from being made. */
    private void assertIsGone() {
        assertThat(store.findSnapshot("order-1")).isEmpty();
        assertThat(queries.findWorkflow("order-1")).isEmpty();
        assertThat(queries.countByStatus().values()).containsOnly(0L);
        WorkflowSnapshot anew = store.createSnapshot(orderCreatedAt("order-1", SECOND));
        assertThat(anew.version()).isEqualTo(1);
        assertThat(versionsOf("order-1")).hasSize(1);
        assertThat(results.loadTaskResults("order-1")).isEmpty();
        assertThat(store.loadSnapshot("order-1")).isEqualTo(anew);
        assertThat(queries.findWorkflow("order-1").orElseThrow().completedTaskCount())
                .isZero();
        store.deleteSnapshot("order-1");
    }
}
