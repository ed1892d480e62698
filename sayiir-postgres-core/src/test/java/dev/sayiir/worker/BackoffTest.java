package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.workflow.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** How long a failed task waits. */
class BackoffTest {

    private static Duration longest(long attempts, RetryPolicy policy) {
        return Backoff.before(attempts, policy, new Random(1) {
            private static final long serialVersionUID = 1L;

            @Override
            public double nextDouble() {
                return 0;
            }
        });
    }

    @Test
    void each_wait_is_a_multiple_of_the_one_before_up_to_the_longest() {
        RetryPolicy policy = new RetryPolicy(10, Duration.ofMillis(100), 3, Optional.of(Duration.ofSeconds(2)));

        assertThat(List.of(longest(1, policy), longest(2, policy), longest(3, policy), longest(4, policy)))
                .containsExactly(
                        Duration.ofMillis(100), Duration.ofMillis(300), Duration.ofMillis(900), Duration.ofSeconds(2));
    }

    @Test
    void nothing_overflows() {
        Duration century = Duration.ofDays(36_500);
        RetryPolicy doubling = new RetryPolicy(10, Duration.ofSeconds(1), 2, Optional.empty());
        RetryPolicy steep = new RetryPolicy(10, Duration.ofSeconds(Long.MAX_VALUE), Float.MAX_VALUE, Optional.empty());
        RetryPolicy patient =
                new RetryPolicy(10, Duration.ofSeconds(1), 2, Optional.of(Duration.ofSeconds(Long.MAX_VALUE)));
        RetryPolicy none = new RetryPolicy(10, Duration.ZERO, Float.MAX_VALUE, Optional.empty());

        assertThat(longest(0xFFFF_FFFFL, doubling)).isEqualTo(century);
        assertThat(longest(0xFFFF_FFFFL, patient)).isEqualTo(century);
        assertThat(longest(1, steep)).isEqualTo(century);
        assertThat(longest(0xFFFF_FFFFL, none)).isZero();
    }

    @Test
    void tasks_that_failed_together_are_not_tried_again_together() {
        RetryPolicy policy = new RetryPolicy(10, Duration.ofSeconds(10), 1, Optional.of(Duration.ofSeconds(10)));
        Random random = new Random(4711);
        Set<Duration> waits = new TreeSet<>();
        for (int i = 0; i < 100; i++) {
            waits.add(Backoff.before(1, policy, random));
        }

        assertThat(waits)
                .hasSizeGreaterThan(90)
                .allMatch(wait ->
                        wait.compareTo(Duration.ofSeconds(10)) <= 0 && wait.compareTo(Duration.ofSeconds(5)) >= 0);
    }
}
