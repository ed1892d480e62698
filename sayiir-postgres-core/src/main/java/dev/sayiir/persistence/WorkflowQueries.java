package dev.sayiir.persistence;

import dev.sayiir.workflow.WorkflowStatus;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Finds instances by their indexed columns. No snapshot is decoded, so a damaged one does not get in the way. */
public interface WorkflowQueries {

    /** How many failed instances are grouped at most. */
    int FAILURES_GROUPED = 10_000;

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
     * Groups failed instances by the {@linkplain FailureFingerprint fingerprint} of their errors, the largest group first. It
     * looks at the {@value #FAILURES_GROUPED} newest failed instances by their creation, and at no others, so that it costs no
     * more however many have failed. {@link WorkflowQuery#withFailure} finds all instances of a group.
     *
     * @param definitionHash only instances of this workflow
     * @param limit how many groups at most
     * @return the groups; of those of one size, the one first that has failed last
     * @throws IllegalArgumentException if the limit is less than 1, or the workflow's name not valid
     */
    List<FailureGroup> failuresByFingerprint(Optional<String> definitionHash, int limit);

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
