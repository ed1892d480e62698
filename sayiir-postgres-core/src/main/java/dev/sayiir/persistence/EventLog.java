package dev.sayiir.persistence;

import java.util.List;

/**
 * Tells what happened to instances, who wanted it and when, without decoding anything. Entries stay until retention
 * deletes them, if it is to.
 */
public interface EventLog {

    /**
     * Pages through what happened to one instance, oldest first.
     *
     * @param instanceId the instance
     * @param afterId 0 for the first page, then the id of the last entry of the page before
     * @param limit how many entries at most, at least 1
     * @return the next entries
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws IllegalArgumentException if the id is negative or the limit below 1
     */
    List<WorkflowEvent> listEvents(String instanceId, long afterId, int limit);

    /**
     * Pages through what happened to all instances, in the order of the ids. An entry becomes visible when its
     * transaction commits, so that one with a smaller id can appear after one with a greater id: who follows the log
     * should ask again from some way back.
     *
     * @param afterId 0 for the first page, then the id of the last entry of the page before
     * @param limit how many entries at most, at least 1
     * @return the next entries
     * @throws IllegalArgumentException if the id is negative or the limit below 1
     */
    List<WorkflowEvent> tailEvents(long afterId, int limit);
}
