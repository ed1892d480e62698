package dev.sayiir.benchmarks;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** All workloads, in the order in which they are run. */
final class Catalog {

    private static final List<Workload> ALL = Stream.concat(
                    Stream.of(
                            new MinimalFloor(),
                            new SameWritesFloor(),
                            new CommitTask(),
                            new Saves(),
                            new TaskResults(),
                            new Loads(),
                            new ClaimBatches(),
                            new Events()),
                    Flows.all().stream().map(WorkerWorkload::new))
            .toList();

    private Catalog() {}

    static List<String> names() {
        return ALL.stream().map(Workload::name).toList();
    }

    /**
     * @param names which ones; empty for all
     * @throws IllegalArgumentException if there is none of a name
     */
    static List<Workload> select(Set<String> names) {
        List<String> unknown = new ArrayList<>(names);
        unknown.removeAll(names());
        if (!unknown.isEmpty()) {
            throw new IllegalArgumentException("There is no workload " + unknown + "; there are " + names());
        }
        return ALL.stream()
                .filter(workload -> names.isEmpty() || names.contains(workload.name()))
                .toList();
    }
}
