package dev.sayiir.persistence;

import dev.sayiir.workflow.WorkflowStatus;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * One checkpoint of an instance, without its payloads.
 *
 * @param version its number, growing by one with every checkpoint
 * @param status the status of the instance from then on
 * @param currentTaskId where the instance stood, if at a task or a wait
 * @param completedTaskIds the tasks whose results came with this checkpoint
 * @param savedAt when it was saved, by the store's clock
 */
public record HistoryEntry(
        long version,
        WorkflowStatus status,
        Optional<String> currentTaskId,
        List<String> completedTaskIds,
        Instant savedAt) {

    /** Copies the list. */
    public HistoryEntry {
        completedTaskIds = List.copyOf(completedTaskIds);
    }
}
