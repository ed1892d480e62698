package dev.sayiir.persistence;

/** The four stores of one backend. */
record Stores(SnapshotStore snapshots, TaskResultStore results, SnapshotHistory history, WorkflowQueries queries) {

    static <B extends SnapshotStore & TaskResultStore & SnapshotHistory & WorkflowQueries> Stores of(B backend) {
        return new Stores(backend, backend, backend, backend);
    }
}
