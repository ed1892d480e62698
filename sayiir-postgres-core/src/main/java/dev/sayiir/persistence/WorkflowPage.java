package dev.sayiir.persistence;

import java.util.List;
import java.util.Optional;

/**
 * Some of the instances that a query found.
 *
 * @param workflows the instances, the newest first
 * @param next what to give to {@link WorkflowQuery#after} for the page that follows; empty if this is the last one
 */
public record WorkflowPage(List<WorkflowSummary> workflows, Optional<WorkflowQuery.Cursor> next) {

    /** Copies the list. */
    public WorkflowPage {
        workflows = List.copyOf(workflows);
    }

    /**
     * Makes a page from one instance more than the query asked for, which tells whether there are others.
     *
     * @param query what was asked for
     * @param found what was found, at most one more than the query's limit
     * @return the page
     */
    public static WorkflowPage of(WorkflowQuery query, List<WorkflowSummary> found) {
        if (found.size() <= query.limit()) {
            return new WorkflowPage(found, Optional.empty());
        }
        List<WorkflowSummary> page = found.subList(0, query.limit());
        WorkflowSummary last = page.get(page.size() - 1);
        return new WorkflowPage(page, Optional.of(new WorkflowQuery.Cursor(last.createdAt(), last.instanceId())));
    }
}
