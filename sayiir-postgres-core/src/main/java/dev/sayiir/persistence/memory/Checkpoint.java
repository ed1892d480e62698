package dev.sayiir.persistence.memory;

import dev.sayiir.persistence.HistoryEntry;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One version of an instance.
 *
 * @param snapshot the snapshot as it is loaded
 * @param completedTaskIds which results came with it
 * @param nextInBranch the task with which a branch went on after the result that came with it
 * @param savedAt when it was saved
 */
record Checkpoint(
        WorkflowSnapshot snapshot, List<String> completedTaskIds, Optional<String> nextInBranch, Instant savedAt) {

    long version() {
        return snapshot.version();
    }

    Optional<String> currentTaskId() {
        return snapshot.position().flatMap(ExecutionPosition::nodeId);
    }

    HistoryEntry toHistoryEntry() {
        return new HistoryEntry(version(), snapshot.status(), currentTaskId(), completedTaskIds, savedAt);
    }

    /** An instance has one trace, however old the version that is looked at. */
    WorkflowSnapshot loadedWith(Optional<String> traceParent) {
        return snapshot.traceParent().equals(traceParent)
                ? snapshot
                : snapshot.toBuilder().traceParent(traceParent).build();
    }
}
