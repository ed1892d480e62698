package dev.sayiir.persistence;

/** The stores of one backend. */
record Stores(
        SnapshotStore snapshots,
        TaskResultStore results,
        SnapshotHistory history,
        WorkflowQueries queries,
        SignalStore signals,
        EventLog events) {

    static <B extends SnapshotStore & TaskResultStore & SnapshotHistory & WorkflowQueries & SignalStore & EventLog>
            Stores of(B backend) {
        return new Stores(backend, backend, backend, backend, backend, backend);
    }
}
