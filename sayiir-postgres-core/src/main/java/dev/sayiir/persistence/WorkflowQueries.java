package dev.sayiir.persistence;

import dev.sayiir.workflow.WorkflowStatus;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds instances by their indexed columns. No snapshot is decoded, so a damaged one does not get in the way. */
public interface WorkflowQueries {

    /**
     * Pages through instances, the newest first.
     *
     * <pre>{@code
     * WorkflowQuery failed = WorkflowQuery.all().withStatus(WorkflowStatus.FAILED).limit(50);
     * WorkflowPage page = queries.findWorkflows(failed);
     * while (page.next().isPresent()) {
     *     page = queries.findWorkflows(failed.after(page.next().get()));
     * }
     * }</pre>
     *
     * @param query what to look for, and from where on
     * @return the next page
     */
    WorkflowPage findWorkflows(WorkflowQuery query);

    /**
     * @param instanceId the instance
     * @return its columns, if there is such an instance
     */
    Optional<WorkflowSummary> findWorkflow(String instanceId);

    /**
     * Lists the tasks of an instance, open and closed, in the order in which the instance came to them; their outputs are
     * not read.
     *
     * @param instanceId the instance
     * @return its tasks; empty while it has come to none
     * @throws SnapshotNotFoundException if there is no such instance
     */
    List<TaskSummary> listTasks(String instanceId);

    /**
     * Pages through the tasks that are blocked, those first that have been so the longest.
     *
     * @param query which tasks, and from where on
     * @return the next tasks; fewer than the limit means that there are no more
     */
    List<BlockedTask> findBlockedTasks(BlockedQuery query);

    /** @return how many instances there are of each status; every status is present */
    Map<WorkflowStatus, Long> countByStatus();
}
