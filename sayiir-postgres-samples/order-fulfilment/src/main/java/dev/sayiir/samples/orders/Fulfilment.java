package dev.sayiir.samples.orders;

import dev.sayiir.postgres.autoconfigure.WorkflowTask;
import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * How an order is fulfilled:
 *
 * <pre>
 * receive → reserve-stock                 ┐
 *         → charge-payment → book-payment ├→ pack → (packing line) → check → (approval, if expensive) → ship
 *         → print-label                   ┘                                          └ in vain → decline
 * </pre>
 *
 * <p>Each method does one task and says what comes next. That is stored with what the task gives back; a worker that dies
 * before loses no more than the task at hand, which another one does again. What a task does elsewhere, such as the charge,
 * needs a key by which it is done once; what it writes to the same database, such as the booking, is committed with the task.
 */
@Configuration(proxyBeanMethods = false)
class Fulfilment {

    static final Workflow WORKFLOW = new Workflow("fulfilment-v1", "receive");
    static final String APPROVAL = "approval";
    /** Where an order stands that waits for it: the name of the event, and the task for when it does not come. */
    static final String WAIT_FOR_APPROVAL = "await:" + APPROVAL + "|decline";

    private final PaymentProvider payments;
    private final Ledger ledger;
    private final FulfilmentProperties properties;

    Fulfilment(PaymentProvider payments, Ledger ledger, FulfilmentProperties properties) {
        this.payments = payments;
        this.ledger = ledger;
        this.properties = properties;
    }

    record Reservation(String warehouse, int pieces) {}

    record Label(String carrier, String destination) {}

    /** What the three branches gave, each under its label. */
    record Prepared(Reservation stock, Payment payment, Label label) {}

    record Parcel(int grams, String carrier) {}

    @Bean
    Workflow fulfilmentWorkflow() {
        return WORKFLOW;
    }

    @WorkflowTask("receive")
    TaskOutcome receive(Order order) throws InterruptedException {
        work();
        return TaskOutcome.fork("pack", order)
                .branch("stock", "reserve-stock")
                .branch("payment", "charge-payment")
                .branch("label", "print-label");
    }

    @WorkflowTask("reserve-stock")
    TaskOutcome reserveStock(Order order) throws InterruptedException {
        work();
        return TaskOutcome.complete(new Reservation(order.express() ? "front" : "main", order.pieces()));
    }

    /** Of a branch every try counts that a worker began, those that were killed too: hence so many. */
    @WorkflowTask(
            value = "charge-payment",
            timeout = "10s",
            maxRetries = 1000,
            retryDelay = "100ms",
            maxRetryDelay = "2s")
    TaskOutcome chargePayment(Order order, TaskContext task) throws InterruptedException {
        work();
        try {
            return TaskOutcome.next("book-payment", payments.charge(paymentKey(task), order.totalCents()));
        } catch (PaymentProviderBusyException e) {
            return TaskOutcome.retry(String.valueOf(e.getMessage()));
        }
    }

    /** The booking and the checkpoint of this task are one transaction, so there is one booking however often it is tried. */
    @WorkflowTask(value = "book-payment", transactional = true, maxRetries = 5)
    TaskOutcome bookPayment(Payment payment, TaskContext task) throws InterruptedException {
        ledger.book(task.workflowInput(Order.class).id(), payment.cents());
        work();
        return TaskOutcome.complete(payment);
    }

    @WorkflowTask("print-label")
    TaskOutcome printLabel(Order order) throws InterruptedException {
        work();
        Order.Address to = order.address();
        String carrier = order.express() ? "night-mail" : order.grams() > 2000 ? "freight" : "post";
        String destination = to.street() + ", " + to.postalCode() + " " + to.city() + ", " + to.country();
        return TaskOutcome.complete(new Label(carrier, destination));
    }

    @WorkflowTask("pack")
    TaskOutcome pack(Prepared prepared, TaskContext task) throws InterruptedException {
        work();
        Order order = task.workflowInput(Order.class);
        Parcel parcel = new Parcel(order.grams(), prepared.label().carrier());
        return TaskOutcome.delay(properties.packingTime(), "check", parcel);
    }

    @WorkflowTask("check")
    TaskOutcome check(Parcel parcel, TaskContext task) {
        return task.workflowInput(Order.class).totalCents() > properties.approvalAboveCents()
                ? TaskOutcome.awaitEvent(APPROVAL, "ship", parcel).orAfter(properties.approvalTimeout(), "decline")
                : TaskOutcome.next("ship", new Approval("nobody, it is cheap"));
    }

    @WorkflowTask("ship")
    TaskOutcome ship(Approval approval, TaskContext task) throws InterruptedException {
        work();
        Order order = task.workflowInput(Order.class);
        Parcel parcel = task.result("pack", Parcel.class).orElseThrow();
        return TaskOutcome.complete(
                new Receipt(order.id(), Receipt.Outcome.SHIPPED, parcel.carrier(), approval.by(), order.totalCents()));
    }

    @WorkflowTask(value = "decline", timeout = "10s", maxRetries = 1000, retryDelay = "100ms", maxRetryDelay = "2s")
    TaskOutcome decline(Parcel parcel, TaskContext task) throws InterruptedException {
        work();
        payments.refund(paymentKey(task));
        Order order = task.workflowInput(Order.class);
        return TaskOutcome.complete(
                new Receipt(order.id(), Receipt.Outcome.DECLINED, parcel.carrier(), "nobody in time", 0));
    }

    /** The same at every try, so that the provider knows a repeated request from a second payment. */
    private static String paymentKey(TaskContext task) {
        return task.instanceId() + "/payment";
    }

    private void work() throws InterruptedException {
        Thread.sleep(properties.workTime().toMillis());
    }
}
