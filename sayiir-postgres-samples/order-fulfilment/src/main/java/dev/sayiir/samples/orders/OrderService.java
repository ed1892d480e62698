package dev.sayiir.samples.orders;

import dev.sayiir.persistence.EventOutcome;
import dev.sayiir.persistence.SignalOutcome;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.List;
import java.util.Optional;
import org.springframework.dao.DuplicateKeyException;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Service;
import org.springframework.transaction.annotation.Transactional;
import tools.jackson.databind.json.JsonMapper;

/** Places orders and follows them. */
@Service
public class OrderService {

    private final JdbcClient jdbc;
    private final Workflows workflows;
    private final WorkflowQueries queries;
    private final JsonMapper mapper;

    OrderService(JdbcClient jdbc, Workflows workflows, WorkflowQueries queries, JsonMapper mapper) {
        this.jdbc = jdbc;
        this.workflows = workflows;
        this.queries = queries;
        this.mapper = mapper;
    }

    /**
     * Places an order. Its row and its workflow are stored in one transaction: there is no order that nobody fulfils, and
     * no workflow without its order.
     *
     * @param order the order
     * @throws OrderExistsException if there is one of that number
     */
    @Transactional
    public void place(Order order) {
        try {
            jdbc.sql("""
                            INSERT INTO order_fulfilment.orders (id, customer, total_cents, content)
                            VALUES (:id, :customer, :cents, :content::jsonb)""")
                    .param("id", order.id())
                    .param("customer", order.customer())
                    .param("cents", order.totalCents())
                    .param("content", mapper.writeValueAsString(order))
                    .update();
        } catch (DuplicateKeyException e) {
            throw new OrderExistsException(order.id(), e);
        }
        workflows.start(
                Fulfilment.WORKFLOW,
                OrderIds.instanceId(order.id()),
                order,
                instance -> instance.taskPriority(order.express() ? TaskPriority.HIGH : TaskPriority.NORMAL));
    }

    /**
     * @param orderId the order number
     * @return what has become of it so far
     * @throws SnapshotNotFoundException if there is no such order
     */
    public OrderStatus find(String orderId) {
        String instanceId = OrderIds.instanceId(orderId);
        WorkflowSummary workflow =
                queries.findWorkflow(instanceId).orElseThrow(() -> new SnapshotNotFoundException(instanceId));
        Optional<Receipt> receipt = workflow.status() == WorkflowStatus.COMPLETED
                ? workflows.result(instanceId, Receipt.class)
                : Optional.empty();
        return OrderStatus.of(workflow, receipt);
    }

    /**
     * @param status only orders with this status
     * @param limit how many at most, 1 to 1000
     * @return orders, the newest first, without their receipts
     * @throws IllegalArgumentException if the limit is out of its range
     */
    public List<OrderStatus> list(Optional<WorkflowStatus> status, int limit) {
        WorkflowQuery all =
                WorkflowQuery.all().ofDefinition(Fulfilment.WORKFLOW.name()).limit(limit);
        return list(status.map(all::withStatus).orElse(all));
    }

    /**
     * @param limit how many at most, 1 to 1000
     * @return orders that wait for an approval, the newest first
     * @throws IllegalArgumentException if the limit is out of its range
     */
    public List<OrderStatus> waitingForApproval(int limit) {
        return list(WorkflowQuery.all().atTask(Fulfilment.WAIT_FOR_APPROVAL).limit(limit));
    }

    private List<OrderStatus> list(WorkflowQuery query) {
        return queries.findWorkflows(query).workflows().stream()
                .map(workflow -> OrderStatus.of(workflow, Optional.empty()))
                .toList();
    }

    /**
     * Approves an order; once, however often it is called.
     *
     * @param orderId the order number
     * @param approval who approves it
     * @return whether the order has gone on, keeps the approval for later, or had one before
     * @throws SnapshotNotFoundException if there is no such order
     * @throws dev.sayiir.persistence.TerminalStateException if it is finished
     */
    public EventOutcome approve(String orderId, Approval approval) {
        return workflows.sendEvent(OrderIds.instanceId(orderId), Fulfilment.APPROVAL, approval, Fulfilment.APPROVAL);
    }

    /**
     * Cancels an order.
     *
     * @param orderId the order number
     * @return whether it is cancelled, or will be when the worker that has it notices
     * @throws SnapshotNotFoundException if there is no such order
     * @throws dev.sayiir.persistence.SignalRefusedException if it has completed or failed
     */
    public SignalOutcome cancel(String orderId) {
        return workflows.cancel(OrderIds.instanceId(orderId), SignalRequest.of("cancelled by the customer", "shop"));
    }
}
