package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.TaskClaim;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is to be thought of a task that came to no end. */
class CrashesTest {

    private final Crashes crashes = new Crashes(new Handlers(
            List.of(TaskHandler.of("first", String.class, (in, task) -> TaskOutcome.complete(in))),
            FailurePolicy.DEFAULT));

    private static TaskClaim claim(String taskId, long failures, int times) {
        return new TaskClaim(
                "i", taskId, "v1", "w", 1, 1, failures, times, Optional.empty(), Instant.EPOCH, Instant.EPOCH);
    }

    @Test
    void it_may_as_often_as_its_policy_says_however_often_it_failed() {
        assertThat(crashes.areTooMany(claim("first", 100, 4))).isFalse();
        assertThat(crashes.areTooMany(claim("first", 0, 5))).isTrue();
        assertThat(Crashes.describe(claim("first", 0, 5)))
                .isEqualTo(
                        "Task 'first' came to no end 5 times, which is all it may: each time its process ended, or it"
                                + " lost its claim");
    }

    @Test
    void it_is_a_suspect_if_it_is_to_be_done_once_more() {
        assertThat(crashes.makeSuspect(claim("first", 100, 0))).isFalse();
        assertThat(crashes.makeSuspect(claim("first", 0, 1))).isTrue();
        assertThat(crashes.makeSuspect(claim("first", 0, 5))).isFalse();
        assertThat(crashes.makeSuspect(claim("delay:first", 0, 1))).isFalse();
    }

    @Test
    void others_keep_out_of_its_way_for_longer_each_time_and_a_minute_at_most() {
        assertThat(Crashes.patience(claim("first", 0, 1))).isEqualTo(Duration.ofSeconds(2));
        assertThat(Crashes.patience(claim("first", 0, 4))).isEqualTo(Duration.ofSeconds(16));
        assertThat(Crashes.patience(claim("first", 0, 1_000))).isEqualTo(Duration.ofSeconds(64));
    }
}
