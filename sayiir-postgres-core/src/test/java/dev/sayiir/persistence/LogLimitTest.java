package dev.sayiir.persistence;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** How many lines of one kind get into the log, however often there is a reason for one. */
class LogLimitTest {

    private static final long INTERVAL = LogLimit.INTERVAL.toNanos();

    private final AtomicLong now = new AtomicLong(Long.MAX_VALUE - 5);
    private final LogLimit limit = new LogLimit(now::get);
    private final List<String> lines = Collections.synchronizedList(new ArrayList<>());

    @Test
    void R25_a_flood_becomes_a_few_lines_and_the_next_one_says_how_many_were_left_out() {
        for (int i = 0; i < 200_000; i++) {
            write("line " + i);
        }
        assertThat(lines).hasSize(LogLimit.LINES).allMatch(line -> line.matches("line \\d"));

        now.addAndGet(INTERVAL - 1);
        write("still too early");
        assertThat(lines).hasSize(LogLimit.LINES);

        now.addAndGet(1);
        write("again");
        assertThat(lines)
                .hasSize(LogLimit.LINES + 1)
                .endsWith("again (" + (200_001 - LogLimit.LINES) + " lines like this one were left out before it)");
        write("once more");
        assertThat(lines).endsWith("once more");
    }

    @Test
    void R25_what_comes_now_and_then_is_all_written() {
        for (int i = 0; i < 1_000; i++) {
            write("line");
            now.addAndGet(Duration.ofSeconds(7).toNanos());
        }
        assertThat(lines).hasSize(1_000).containsOnly("line");
    }

    @Test
    void R25_kinds_of_lines_do_not_take_each_other_s_place() {
        LogLimit other = new LogLimit(now::get);
        for (int i = 0; i < 100; i++) {
            write("one");
        }
        other.log(more -> lines.add("other" + more));
        assertThat(lines).endsWith("other");
    }

    @Test
    void R25_many_threads_together_write_no_more_and_count_every_line() throws InterruptedException {
        List<Thread> threads = new ArrayList<>();
        CountDownLatch start = new CountDownLatch(1);
        for (int t = 0; t < 8; t++) {
            threads.add(new Thread(() -> {
                try {
                    start.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                for (int i = 0; i < 10_000; i++) {
                    write("line");
                }
            }));
        }
        threads.forEach(Thread::start);
        start.countDown();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(lines).hasSize(LogLimit.LINES);
        now.addAndGet(INTERVAL);
        write("line");
        assertThat(lines).last().asString().contains("(" + (80_000 - LogLimit.LINES) + " lines");
    }

    private void write(String line) {
        limit.log(more -> lines.add(line + more));
    }
}
