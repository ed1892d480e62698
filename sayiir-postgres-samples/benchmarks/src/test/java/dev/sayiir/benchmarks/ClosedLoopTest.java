package dev.sayiir.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.stream.IntStream;
import org.HdrHistogram.Recorder;
import org.junit.jupiter.api.Test;

class ClosedLoopTest {

    private static final Load LOAD = new Load(4, 100, 1, Duration.ofMinutes(1));

    private final Recorder latencies = new Recorder(3);

    @Test
    void each_portion_is_done_once_and_each_call_is_timed() throws Exception {
        Queue<Integer> done = new ConcurrentLinkedQueue<>();

        long operations;
        try (ClosedLoop loop = new ClosedLoop(LOAD, 25, (number, timer) -> {
            timer.time(() -> done.add(number));
            timer.time(() -> done.add(-1));
            return 4;
        })) {
            operations = loop.run(latencies);
        }

        assertThat(operations).isEqualTo(100);
        assertThat(done.stream().filter(number -> number >= 0))
                .containsExactlyInAnyOrderElementsOf(
                        IntStream.range(0, 25).boxed().toList());
        assertThat(latencies.getIntervalHistogram().getTotalCount()).isEqualTo(50);
    }

    @Test
    void what_a_call_throws_ends_the_run() {
        try (ClosedLoop loop = ClosedLoop.ofCalls(LOAD, () -> {
            throw new IOException("the server is gone");
        })) {
            assertThatThrownBy(() -> loop.run(latencies))
                    .isInstanceOf(IOException.class)
                    .hasMessage("the server is gone");
        }
    }

    @Test
    void a_run_that_takes_longer_than_its_limit_fails_and_says_what_to_do() {
        CountDownLatch never = new CountDownLatch(1);
        Load brief = new Load(2, 2, 1, Duration.ofMillis(50));

        try (ClosedLoop loop = ClosedLoop.ofCalls(brief, never::await)) {
            assertThatIllegalStateException()
                    .isThrownBy(() -> loop.run(latencies))
                    .withMessage(
                            "Not done within PT0.05S: 0 operations so far. Give it more time (--limit) or less to do"
                                    + " (--operations)");
        }
    }
}
