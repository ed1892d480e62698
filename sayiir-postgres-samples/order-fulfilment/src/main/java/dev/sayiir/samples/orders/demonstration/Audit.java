package dev.sayiir.samples.orders.demonstration;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * What became of all orders, by the history, and whether it is what was promised: every order that was accepted is finished
 * exactly once, each of its steps was committed exactly once, and its payment was taken once and booked once.
 *
 * @param accepted the numbers of the orders that were accepted
 * @param orders what the database has of them
 * @param claims how often a worker had a step to do
 * @param dropped how many results came too late and were refused
 * @param blocks how often orders were blocked, and let go on
 * @param faults what was done to the processes and connections
 */
record Audit(
        List<String> accepted,
        List<OrderHistory> orders,
        int claims,
        int dropped,
        BlockCounts blocks,
        FaultCounts faults) {

    private static final Set<String> OF_EVERY_ORDER =
            Set.of("receive", "reserve-stock", "charge-payment", "book-payment", "print-label", "pack", "check");
    private static final Set<String> LAST = Set.of("ship", "decline");

    Audit {
        accepted = List.copyOf(accepted);
        orders = List.copyOf(orders);
    }

    /** How many orders are on their way. */
    int shipped() {
        return endedBy("ship");
    }

    /** How many orders nobody approved in time. */
    int declined() {
        return endedBy("decline");
    }

    private int endedBy(String step) {
        return (int)
                orders.stream().filter(order -> order.steps().contains(step)).count();
    }

    /** How many payments were booked, each in the transaction of its step. */
    int bookings() {
        return orders.stream().mapToInt(OrderHistory::bookings).sum();
    }

    /** How many steps were committed. */
    int steps() {
        return (int) orders.stream().flatMap(Audit::ownSteps).count();
    }

    private static Stream<String> ownSteps(OrderHistory order) {
        return order.steps().stream().filter(step -> OF_EVERY_ORDER.contains(step) || LAST.contains(step));
    }

    /** Everything that is not as it should be; empty after a good run. */
    List<String> problems() {
        List<String> problems = new ArrayList<>();
        Set<String> lost = new LinkedHashSet<>(accepted);
        orders.forEach(order -> lost.remove(order.orderId()));
        lost.forEach(order -> problems.add(order + " was accepted and is lost"));
        Set<String> unknown = new LinkedHashSet<>();
        orders.forEach(order -> unknown.add(order.orderId()));
        accepted.forEach(unknown::remove);
        unknown.forEach(order -> problems.add(order + " is there and was never accepted"));
        orders.forEach(order -> check(order, problems));
        if (blocks.blocked() != blocks.unblocked()) {
            problems.add("orders were blocked " + blocks.blocked() + " times, and let go on " + blocks.unblocked()
                    + " times");
        }
        return problems;
    }

    private static void check(OrderHistory order, List<String> problems) {
        String id = order.orderId();
        if (!order.status().equals("Completed")) {
            problems.add(id + " is not finished; the status of its workflow is " + order.status());
        }
        if (order.endings() != 1) {
            problems.add(id + " was finished " + order.endings() + " times");
        }
        if (order.missingVersions() != 0) {
            problems.add(id + " has gaps in its history");
        }
        if (order.payments() != 1) {
            problems.add(id + " was paid " + order.payments() + " times");
        }
        if (order.bookings() != 1) {
            problems.add(id + " was booked " + order.bookings() + " times");
        }
        Set<String> seen = new HashSet<>();
        order.steps().stream()
                .filter(step -> !seen.add(step))
                .distinct()
                .forEach(step -> problems.add(id + " has more than one commit of " + step));
        OF_EVERY_ORDER.stream()
                .filter(step -> !seen.contains(step))
                .sorted()
                .forEach(step -> problems.add(id + " has no commit of " + step));
        if (LAST.stream().filter(seen::contains).count() != 1) {
            problems.add(id + " was not either shipped or declined, but did " + order.steps());
        }
    }
}
