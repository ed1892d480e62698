package dev.sayiir.persistence;

import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Instant;
import java.util.List;

/**
 * Looks back: every checkpoint of an instance is kept, unless retention is to delete old ones, and any that is listed can be
 * loaded as it was.
 */
public interface SnapshotHistory {

    /**
     * Pages through the checkpoints of an instance, oldest first, without reading any payload.
     *
     * @param instanceId the instance
     * @param afterVersion 0 for the first page, then the version of the last entry of the page before
     * @param limit how many entries at most, at least 1
     * @return the next entries; fewer than the limit means that there are no more
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws IllegalArgumentException if the version is negative or the limit is below 1
     */
    List<HistoryEntry> listVersions(String instanceId, long afterVersion, int limit);

    /**
     * @param instanceId the instance
     * @param version the version of a checkpoint
     * @return the snapshot as it was, with the results that it had then
     * @throws SnapshotNotFoundException if there is no such instance, or no such version of it
     * @throws IllegalArgumentException if the version is below 1
     * @throws dev.sayiir.codec.SnapshotSerializationException if what is stored cannot be decoded
     */
    WorkflowSnapshot loadVersion(String instanceId, long version);

    /**
     * @param instanceId the instance
     * @param time a moment, by the store's clock
     * @return the snapshot of the last checkpoint that was saved at or before that moment
     * @throws SnapshotNotFoundException if there is no such instance, or it had no checkpoint by then
     * @throws dev.sayiir.codec.SnapshotSerializationException if what is stored cannot be decoded
     */
    WorkflowSnapshot loadAsOf(String instanceId, Instant time);
}
