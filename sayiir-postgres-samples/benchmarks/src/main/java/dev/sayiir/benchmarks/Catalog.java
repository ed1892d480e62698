package dev.sayiir.benchmarks;

import dev.sayiir.postgres.NotifyMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** All workloads, in the order in which they are run. */
final class Catalog {

    private static final List<Workload> ALL = List.of(
            MinimalFloor.ofManyInstances(),
            MinimalFloor.ofOneChain(),
            new SameWritesFloor(),
            new CommitTask(),
            new LateSteps(0),
            new LateSteps(1_000),
            new Saves(),
            new TaskResults(),
            new Loads(),
            new ClaimBatches(),
            new Events(),
            new Figures(),
            WorkerWorkload.of(Flows.linear()),
            WorkerWorkload.notifying(Flows.linear(), NotifyMode.LISTEN),
            new FreshLinear(),
            Bookings.inTwo(),
            Bookings.apart(),
            Bookings.together(),
            new OneChain(),
            WorkerWorkload.of(Flows.fanout(10)),
            WorkerWorkload.of(Flows.fanout(100)),
            WorkerWorkload.of(Flows.signalDriven()),
            WorkerWorkload.of(Flows.delayStorm()),
            new WakeUpTimes(WakeUpTimes.Cause.START),
            new WakeUpTimes(WakeUpTimes.Cause.EVENT));

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
