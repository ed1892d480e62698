package dev.sayiir.codec;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class LimitedOutputTest {

    @Test
    void bytes_are_kept_whether_they_come_one_by_one_or_together() {
        byte[] expected = new byte[1500];
        LimitedOutput out = new LimitedOutput(expected.length);
        for (int i = 0; i < 700; i++) {
            expected[i] = (byte) i;
            out.write(i);
        }
        byte[] more = new byte[900];
        Arrays.fill(more, (byte) 7);
        Arrays.fill(expected, 700, 1500, (byte) 7);

        out.write(more, 100, 800);

        assertThat(out.size()).isEqualTo(1500);
        assertThat(out.toByteArray()).isEqualTo(expected);
    }

    @Test
    void bytes_beyond_the_limit_are_counted_and_take_no_memory() {
        byte[] part = new byte[1000];
        LimitedOutput out = new LimitedOutput(2000);

        long allocated = allocatedBy(() -> {
            for (int i = 0; i < 3_000_000; i++) {
                out.write(part, 0, part.length);
            }
        });

        assertThat(out.size()).isEqualTo(3_000_000_000L);
        assertThat(allocated).isLessThan(1_000_000);
    }

    @Test
    void R25_memory_grows_in_proportion_to_the_bytes() {
        byte[] part = new byte[1000];
        LimitedOutput out = new LimitedOutput(Integer.MAX_VALUE);

        long allocated = allocatedBy(() -> {
            for (int i = 0; i < 4000; i++) {
                out.write(part, 0, part.length);
            }
        });

        assertThat(out.size()).isEqualTo(4_000_000);
        assertThat(allocated).isLessThan(6 * out.size());
    }

    private static long allocatedBy(Runnable work) {
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        work.run();
        return threads.getCurrentThreadAllocatedBytes() - before;
    }
}
