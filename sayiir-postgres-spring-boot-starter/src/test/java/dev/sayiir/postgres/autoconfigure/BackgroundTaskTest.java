package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.LogLimit;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class BackgroundTaskTest {

    @Test
    void R25_a_task_that_fails_every_second_time_is_logged_a_few_times(CapturedOutput output) {
        AtomicInteger runs = new AtomicInteger();
        BackgroundTask task = new BackgroundTask("sweeping", Duration.ofHours(1), () -> {
            if (runs.getAndIncrement() % 2 == 0) {
                throw new IllegalStateException("broken");
            }
        });
        for (int i = 0; i < 200; i++) {
            task.runOnce();
        }
        assertThat(output.toString().lines().filter(line -> line.contains("The sweeping failed")))
                .hasSize(LogLimit.LINES);
        assertThat(output.toString().lines().filter(line -> line.contains("The sweeping works again")))
                .hasSize(LogLimit.LINES);
    }
}
