package dev.sayiir.persistence;

/** The stores of one backend. */
record Stores(
        SnapshotStore snapshots,
        TaskResultStore results,
        SnapshotHistory history,
        WorkflowQueries queries,
        SignalStore signals,
        TaskClaimStore claims,
        EventLog events,
        WakeUps wakeUps,
        WorkflowStatistics statistics,
        RepairStore repairs) {

    static <
                    B extends
                            SnapshotStore & TaskResultStore & SnapshotHistory & WorkflowQueries & SignalStore
                                    & TaskClaimStore & EventLog & WakeUps & WorkflowStatistics & RepairStore>
            Stores of(B backend) {
        return new Stores(backend, backend, backend, backend, backend, backend, backend, backend, backend, backend);
    }
}
