package dev.sayiir.samples.orders;

import dev.sayiir.persistence.WorkflowSummary;
import java.time.Instant;
import java.util.Optional;

/**
 * What has become of an order so far.
 *
 * @param id the order number
 * @param status what its workflow says: InProgress, Paused, Completed, Failed or Cancelled
 * @param at the task at which it stands, or what it waits for
 * @param receipt the result, if it is completed; not in lists
 * @param error what went wrong, if it failed
 * @param placedAt when it was placed
 * @param finishedAt when it was completed, failed or cancelled
 */
public record OrderStatus(
        String id,
        String status,
        Optional<String> at,
        Optional<Receipt> receipt,
        Optional<String> error,
        Instant placedAt,
        Optional<Instant> finishedAt) {

    static OrderStatus of(WorkflowSummary workflow, Optional<Receipt> receipt) {
        return new OrderStatus(
                OrderIds.orderId(workflow.instanceId()),
                workflow.status().text(),
                workflow.currentTaskId(),
                receipt,
                workflow.error(),
                workflow.createdAt(),
                workflow.completedAt());
    }
}
