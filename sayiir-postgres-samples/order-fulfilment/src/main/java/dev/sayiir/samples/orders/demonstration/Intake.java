package dev.sayiir.samples.orders.demonstration;

import dev.sayiir.persistence.TerminalStateException;
import dev.sayiir.samples.orders.Approval;
import dev.sayiir.samples.orders.Order;
import dev.sayiir.samples.orders.OrderExistsException;
import dev.sayiir.samples.orders.OrderService;
import dev.sayiir.samples.orders.OrderStatus;
import java.util.ArrayList;
import java.util.List;

/** The customers, who order again and again what is in the file, and somebody who approves what is expensive. */
final class Intake {

    private static final int UNANSWERED_ONE_IN = 4;

    private final Run run;
    private final OrderService orders;
    private final List<Order> catalog;
    private final List<String> accepted = new ArrayList<>();

    Intake(Run run, OrderService orders, List<Order> catalog) {
        this.run = run;
        this.orders = orders;
        this.catalog = catalog;
    }

    /**
     * Places the next order. If that fails, nobody knows whether it was placed; so the next call tries the same one again.
     */
    void placeNext() {
        int number = accepted.size() + 1;
        Order order = catalog.get(number % catalog.size()).withId(run.orderId(number));
        try {
            orders.place(order);
        } catch (OrderExistsException e) {
            // It was placed, and only the answer got lost.
        }
        accepted.add(order.id());
    }

    /** Approves what waits for it; but for some, which are declined when their time is up. */
    void approve() {
        for (OrderStatus order : orders.waitingForApproval(1000)) {
            if (order.id().startsWith(run.name()) && Math.floorMod(order.id().hashCode(), UNANSWERED_ONE_IN) != 0) {
                try {
                    orders.approve(order.id(), new Approval("Grace"));
                } catch (TerminalStateException e) {
                    // Its time was up meanwhile.
                }
            }
        }
    }

    /** The numbers of the orders that were accepted, and so must be fulfilled. */
    List<String> accepted() {
        return List.copyOf(accepted);
    }

    int count() {
        return accepted.size();
    }
}
