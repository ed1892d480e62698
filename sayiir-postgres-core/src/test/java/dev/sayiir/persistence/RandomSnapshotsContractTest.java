package dev.sayiir.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.SayiirException;
import dev.sayiir.workflow.Snapshots;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class RandomSnapshotsContractTest extends ContractTest {

    @Test
    void R9_any_snapshot_is_loaded_as_it_was_saved() {
        SplittableRandom random = Snapshots.seeded("any snapshot");
        for (int i = 0; i < 200; i++) {
            WorkflowSnapshot any = Snapshots.random(random);
            WorkflowSnapshot saved = store.saveSnapshot(any);

            assertThat(saved).isEqualTo(any.storedAs(1, any.incarnation()));
            assertThat(store.loadSnapshot(any.instanceId())).isEqualTo(saved);
            assertThat(results.loadTaskResults(any.instanceId()))
                    .isEqualTo(any.completedTasks().asMap());
            store.deleteSnapshot(any.instanceId());
        }
    }

    /** The in-memory backend is simple enough to be right by inspection; whatever happens, the others do the same. */
    @Test
    void R9_any_sequence_of_operations_ends_as_it_does_in_memory() {
        SplittableRandom random = Snapshots.seeded("any sequence");
        for (int i = 0; i < 20; i++) {
            Stores model = Stores.of(new InMemoryBackend());
            new Walk(random.split(), model.snapshots(), store).run(40);

            for (String id : model.snapshots().listSnapshots()) {
                assertSame(model, id);
                store.deleteSnapshot(id);
            }
            assertThat(store.listSnapshots()).isEmpty();
        }
    }

    private void assertSame(Stores model, String id) {
        assertThat(store.loadSnapshot(id)).isEqualTo(model.snapshots().loadSnapshot(id));
        assertThat(ordered(results.loadTaskResults(id)))
                .isEqualTo(ordered(model.results().loadTaskResults(id)));
        List<HistoryEntry> expected = model.history().listVersions(id, 0, Integer.MAX_VALUE);
        assertThat(versionsOf(id))
                .usingRecursiveFieldByFieldElementComparatorIgnoringFields("savedAt")
                .isEqualTo(expected);
        for (HistoryEntry entry : expected) {
            assertThat(history.loadVersion(id, entry.version()))
                    .isEqualTo(model.history().loadVersion(id, entry.version()));
        }
        assertThat(queries.findWorkflow(id))
                .usingRecursiveComparison()
                .ignoringFields("value.updatedAt", "value.completedAt")
                .isEqualTo(model.queries().findWorkflow(id));
        for (String task : Changes.TASKS) {
            WorkflowQuery atTask = WorkflowQuery.all().atTask(task);
            assertThat(idsOf(atTask).isEmpty())
                    .as("whether nobody is at " + task)
                    .isEqualTo(model.queries().findWorkflows(atTask).workflows().isEmpty());
        }
    }

    private static List<Map.Entry<String, Payload>> ordered(Map<String, Payload> results) {
        return new ArrayList<>(results.entrySet());
    }

    /** Does the same to two stores, at random, and sees that both answer the same. */
    private static final class Walk {

        private static final String ID = "order-1";

        private final SplittableRandom random;
        private final SnapshotStore model;
        private final SnapshotStore store;
        private final List<Twins> known = new ArrayList<>();

        Walk(SplittableRandom random, SnapshotStore model, SnapshotStore store) {
            this.random = random;
            this.model = model;
            this.store = store;
            WorkflowSnapshot first = Examples.orderCreatedAt(ID, Examples.THEN);
            known.add(new Twins(first, first));
        }

        void run(int steps) {
            for (int step = 0; step < steps; step++) {
                step();
            }
        }

        private void step() {
            Twins base = known.get(Math.max(0, known.size() - 1 - random.nextInt(3)));
            switch (random.nextInt(16)) {
                case 0 -> save((it, snapshot) -> it.createSnapshot(snapshot), base);
                case 1, 2 -> {
                    String task = Changes.TASKS.get(random.nextInt(Changes.TASKS.size()));
                    Payload output = Payload.utf8("output " + random.nextInt());
                    same((it, snapshot) -> it.saveTaskResult(ID, task, output), base);
                }
                case 3 -> {
                    long version = Math.max(1, base.model().version());
                    save((it, snapshot) -> it.saveSnapshotIfVersion(snapshot, version), base);
                }
                case 4 -> save((it, snapshot) -> it.loadSnapshot(ID), base);
                case 5 -> recreate(base);
                default -> save((it, snapshot) -> it.saveSnapshot(snapshot), changed(base));
            }
        }

        private void recreate(Twins base) {
            if (random.nextInt(4) == 0) {
                same(
                        (it, snapshot) -> {
                            it.deleteSnapshot(ID);
                            return "deleted";
                        },
                        base);
                WorkflowSnapshot fresh = Examples.orderCreatedAt(ID, Examples.THEN.plusSeconds(known.size()));
                known.add(new Twins(fresh, fresh));
            }
        }

        private Twins changed(Twins base) {
            Twins changed = base;
            for (int i = random.nextInt(4); i >= 0; i--) {
                long seed = random.nextLong();
                changed = new Twins(changed(changed.model(), seed), changed(changed.store(), seed));
            }
            return changed;
        }

        private static WorkflowSnapshot changed(WorkflowSnapshot snapshot, long seed) {
            return Changes.random(new SplittableRandom(seed), snapshot).toBuilder()
                    .updatedAt(Examples.THEN)
                    .build();
        }

        private void save(BiFunction<SnapshotStore, WorkflowSnapshot, WorkflowSnapshot> operation, Twins given) {
            Outcomes saved = same(operation, given);
            if (saved.model() instanceof WorkflowSnapshot fromModel
                    && saved.store() instanceof WorkflowSnapshot fromStore) {
                known.add(new Twins(fromModel, fromStore));
            }
        }

        private Outcomes same(BiFunction<SnapshotStore, WorkflowSnapshot, ?> operation, Twins given) {
            Outcomes outcomes = new Outcomes(
                    outcome(() -> operation.apply(model, given.model())),
                    outcome(() -> operation.apply(store, given.store())));
            assertThat(outcomes.store()).isEqualTo(outcomes.model());
            return outcomes;
        }

        private static Object outcome(Supplier<?> operation) {
            try {
                return operation.get();
            } catch (SayiirException e) {
                return e.getClass();
            }
        }

        /** The same snapshot as each of the two stores gave it: they number their instances differently. */
        private record Twins(WorkflowSnapshot model, WorkflowSnapshot store) {}

        private record Outcomes(Object model, Object store) {}
    }
}
