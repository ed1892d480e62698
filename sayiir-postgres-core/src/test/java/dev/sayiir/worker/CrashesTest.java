package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.TaskClaim;
import java.time.Instant;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** How often a task may come to no end. */
class CrashesTest {

    private static TaskClaim claim(long failures, int crashes) {
        return new TaskClaim(
                "i", "first", "v1", "w", 1, 1, failures, crashes, Optional.empty(), Instant.EPOCH, Instant.EPOCH);
    }

    @Test
    void it_may_as_often_as_its_policy_says_however_often_it_failed() {
        assertThat(Crashes.tooMany(claim(100, 4), 5)).isEmpty();
        assertThat(Crashes.tooMany(claim(0, 5), 5))
                .contains("Task 'first' came to no end 5 times, which is all it may: each time its process ended, or it"
                        + " lost its claim");
    }
}
