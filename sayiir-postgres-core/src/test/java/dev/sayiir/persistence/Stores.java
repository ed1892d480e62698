package dev.sayiir.persistence;

import dev.sayiir.event.InstanceEvent;
import java.util.List;

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
        RepairStore repairs,
        List<InstanceEvent> told) {

    static <
                    B extends
                            SnapshotStore & TaskResultStore & SnapshotHistory & WorkflowQueries & SignalStore
                                    & TaskClaimStore & EventLog & WakeUps & WorkflowStatistics & RepairStore>
            Stores of(B backend) {
        return of(backend, List.of());
    }

    /** @param told everything that the backend tells its listener */
    static <
                    B extends
                            SnapshotStore & TaskResultStore & SnapshotHistory & WorkflowQueries & SignalStore
                                    & TaskClaimStore & EventLog & WakeUps & WorkflowStatistics & RepairStore>
            Stores of(B backend, List<InstanceEvent> told) {
        return new Stores(
                backend, backend, backend, backend, backend, backend, backend, backend, backend, backend, told);
    }
}
