package dev.sayiir.samples.orders.demonstration;

import java.util.List;

/**
 * What the database has of one order.
 *
 * @param orderId the order number
 * @param status the status of its workflow; "none" if there is no workflow
 * @param steps the steps that its checkpoints completed, once for each time, in their order
 * @param endings how many of its checkpoints say that it is completed
 * @param missingVersions how many of its checkpoints are not there
 * @param payments how many payments were charged for it
 * @param bookings how often the shop has booked its payment
 */
record OrderHistory(
        String orderId,
        String status,
        List<String> steps,
        int endings,
        int missingVersions,
        int payments,
        int bookings) {

    OrderHistory {
        steps = List.copyOf(steps);
    }
}
