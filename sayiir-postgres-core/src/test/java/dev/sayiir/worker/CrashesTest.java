package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.RetryPolicy;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How often a task may come to no end. */
class CrashesTest {

    private static final Optional<RetryPolicy> THRICE =
            Optional.of(new RetryPolicy(3, Duration.ZERO, 1, Optional.empty()));

    private static TaskClaim claim(long failures, int crashes) {
        return new TaskClaim(
                "i", "first", "v1", "w", 1, 1, failures, crashes, Optional.empty(), Instant.EPOCH, Instant.EPOCH);
    }

    @Test
    void without_a_policy_it_is_five_times_whatever_else_failed() {
        assertThat(Crashes.tooMany(claim(9, 5), Optional.empty())).isEmpty();
        assertThat(Crashes.tooMany(claim(9, 6), Optional.empty()))
                .contains("Task 'first' came to no end 6 times, which is all it may: each time its process ended, or it"
                        + " lost its claim");
    }

    @Test
    void with_a_policy_it_counts_as_a_failure() {
        assertThat(Crashes.tooMany(claim(2, 1), THRICE)).isEmpty();
        assertThat(Crashes.tooMany(claim(3, 1), THRICE))
                .hasValueSatisfying(
                        why -> assertThat(why).contains("came to no end 1 times and failed 3 times, which is all"));
        assertThat(Crashes.tooMany(claim(0, 4), THRICE))
                .hasValueSatisfying(why -> assertThat(why).contains("came to no end 4 times, which is all"));
    }

    @Test
    void failures_alone_are_no_crash() {
        assertThat(Crashes.tooMany(claim(100, 0), THRICE)).isEmpty();
        assertThat(Crashes.besides(claim(100, 0))).isEmpty();
        assertThat(Crashes.besides(claim(0, 2))).isEqualTo(" and came to no end 2 times");
    }
}
