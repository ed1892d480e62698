package dev.sayiir.samples.orders.demonstration;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The verdict is worth something only if it can be a bad one. */
class AuditTest {

    private static final List<String> STEPS = List.of(
            "receive",
            "print-label",
            "charge-payment",
            "book-payment",
            "reserve-stock",
            "pack",
            "delay:check",
            "check",
            "ship");
    private static final OrderHistory GOOD = new OrderHistory("1", "Completed", STEPS, 1, 0, 1, 1);

    @Test
    void an_order_that_is_finished_once_with_each_step_once_is_fine() {
        Audit audit = audit(GOOD);

        assertThat(audit.problems()).isEmpty();
        assertThat(audit.shipped()).isOne();
        assertThat(audit.steps()).as("without the delay").isEqualTo(8);
    }

    @Test
    void an_order_that_is_declined_is_fine_too() {
        List<String> declined = Stream.concat(
                        STEPS.stream().filter(step -> !step.equals("ship")),
                        Stream.of("await:approval|decline", "decline"))
                .toList();

        Audit audit = audit(new OrderHistory("1", "Completed", declined, 1, 0, 1, 1));

        assertThat(audit.problems()).isEmpty();
        assertThat(audit.declined()).isOne();
    }

    @Test
    void an_order_that_was_accepted_and_is_not_there_is_a_problem() {
        assertThat(audit().problems()).containsExactly("1 was accepted and is lost");
    }

    @Test
    void an_order_that_nobody_placed_is_a_problem() {
        OrderHistory other = new OrderHistory("2", "Completed", STEPS, 1, 0, 1, 1);

        assertThat(audit(GOOD, other).problems()).containsExactly("2 is there and was never accepted");
    }

    @Test
    void an_order_without_a_workflow_is_a_problem() {
        OrderHistory order = new OrderHistory("1", "none", List.of(), 0, 0, 0, 0);

        assertThat(audit(order).problems()).contains("1 is not finished; the status of its workflow is none");
    }

    @Test
    void an_order_that_is_stuck_is_a_problem() {
        OrderHistory order = new OrderHistory("1", "InProgress", STEPS.subList(0, 7), 0, 0, 1, 1);

        assertThat(audit(order).problems())
                .contains("1 is not finished; the status of its workflow is InProgress", "1 has no commit of check");
    }

    @Test
    void a_step_that_was_committed_twice_is_a_problem() {
        List<String> twice = Stream.concat(STEPS.stream(), Stream.of("pack")).toList();

        assertThat(audit(new OrderHistory("1", "Completed", twice, 1, 0, 1, 1)).problems())
                .containsExactly("1 has more than one commit of pack");
    }

    @Test
    void an_order_that_is_shipped_and_declined_is_a_problem() {
        List<String> both = Stream.concat(STEPS.stream(), Stream.of("decline")).toList();

        assertThat(audit(new OrderHistory("1", "Completed", both, 1, 0, 1, 1)).problems())
                .anyMatch(problem -> problem.startsWith("1 was not either shipped or declined"));
    }

    @Test
    void a_second_end_a_gap_a_second_payment_or_a_second_booking_is_a_problem() {
        assertThat(audit(new OrderHistory("1", "Completed", STEPS, 2, 1, 2, 2)).problems())
                .containsExactly(
                        "1 was finished 2 times",
                        "1 has gaps in its history",
                        "1 was paid 2 times",
                        "1 was booked 2 times");
    }

    @Test
    void an_order_that_was_blocked_and_not_let_go_on_is_a_problem() {
        assertThat(audit(new BlockCounts(50, 50), GOOD).problems()).isEmpty();
        assertThat(audit(new BlockCounts(50, 49), GOOD).problems())
                .containsExactly("orders were blocked 50 times, and let go on 49 times");
    }

    private static Audit audit(OrderHistory... orders) {
        return audit(new BlockCounts(0, 0), orders);
    }

    private static Audit audit(BlockCounts blocks, OrderHistory... orders) {
        return new Audit(List.of("1"), List.of(orders), 7, 0, blocks, new FaultCounts(0, 0, 0, 0, 0));
    }
}
