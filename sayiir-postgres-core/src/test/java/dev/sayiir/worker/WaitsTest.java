package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The ids of tasks, delays and waits, and how long they may take. */
class WaitsTest {

    @Test
    void a_task_id_takes_200_bytes_at_most() {
        assertThat(Waits.requireOwnTaskId("ü".repeat(100))).isEqualTo("ü".repeat(100));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Waits.requireOwnTaskId("x" + "ü".repeat(100)))
                .withMessageContaining("The task id 'xüüüüüüüüüüüüüüüüüüü…' takes 201 bytes");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "delay:x", "await:x", "a|b", "|"})
    void whoever_names_a_task_cannot_name_it_as_delays_and_waits_are_named(String taskId) {
        List<Function<String, Object>> names = List.of(
                id -> new Workflow("v1", id),
                id -> TaskHandler.of(id, String.class, (in, task) -> TaskOutcome.complete(in)),
                id -> TaskOutcome.next(id, "out"),
                id -> TaskOutcome.delay(Duration.ZERO, id, "out"),
                id -> TaskOutcome.delayUntil(Instant.EPOCH, id, "out"),
                id -> TaskOutcome.awaitEvent("paid", id, "out"),
                id -> TaskOutcome.awaitEvent("paid", "next", "out").orAfter(Duration.ZERO, id),
                id -> TaskOutcome.fork(id, "out"),
                id -> TaskOutcome.fork("join", "out").branch("a", id),
                id -> TaskOutcome.fork("join", "out").branch("a", id, "in"));

        for (Function<String, Object> named : names) {
            assertThatIllegalArgumentException().isThrownBy(() -> named.apply(taskId));
        }
    }

    @Test
    void a_wait_takes_a_hundred_years_at_most() {
        Duration longest = Duration.ofDays(36_500);

        assertThat(Waits.requireWait("delay", Duration.ZERO)).isZero();
        assertThat(Waits.requireWait("delay", longest)).isEqualTo(longest);
        for (Duration wrong : List.of(longest.plusNanos(1), Duration.ofNanos(-1))) {
            assertThatIllegalArgumentException()
                    .isThrownBy(() -> Waits.requireWait("delay", wrong))
                    .withMessageContaining("The delay is " + wrong);
            assertThatIllegalArgumentException().isThrownBy(() -> TaskOutcome.delay(wrong, "next", "out"));
            assertThatIllegalArgumentException().isThrownBy(() -> TaskOutcome.retry("declined", wrong));
            assertThatIllegalArgumentException()
                    .isThrownBy(
                            () -> TaskOutcome.awaitEvent("paid", "next", "out").orFailAfter(wrong));
        }
    }

    @Test
    void the_name_of_an_event_is_checked_with_the_task_of_its_time_limit() {
        String longest = "x".repeat(250);

        assertThat(Waits.waitId(longest, Optional.empty())).isEqualTo("await:" + longest);
        assertThatIllegalArgumentException().isThrownBy(() -> Waits.waitId("", Optional.empty()));
        assertThatIllegalArgumentException().isThrownBy(() -> TaskOutcome.awaitEvent(longest + "x", "next", "out"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TaskOutcome.awaitEvent(longest, "next", "out").orAfter(Duration.ZERO, "late"));
    }

    @Test
    void the_task_of_a_time_limit_is_found_in_the_id_whatever_the_event_is_called() {
        for (String event : List.of("paid", "a|b", "|")) {
            for (Optional<String> late : List.of(Optional.of("late"), Optional.<String>empty())) {
                AtSignal wait = new AtSignal(Waits.waitId(event, late), event, Optional.empty(), Optional.empty());
                assertThat(Waits.timeoutTaskId(wait)).isEqualTo(late);
            }
        }
    }

    @Test
    void branches_are_in_the_order_in_which_they_were_named() {
        TaskOutcome.Fork fork = TaskOutcome.fork("join", "out")
                .branch("b", "bill")
                .branch("a", "pack", "in")
                .branch("c", "call");

        assertThat(fork.branches().keySet()).containsExactly("b", "a", "c");
        assertThat(fork.branches())
                .isEqualTo(Map.of(
                        "b", new TaskOutcome.BranchStart("bill", Optional.empty()),
                        "a", new TaskOutcome.BranchStart("pack", Optional.of("in")),
                        "c", new TaskOutcome.BranchStart("call", Optional.empty())));
    }
}
