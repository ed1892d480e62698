package dev.sayiir.codec;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.workflow.Snapshots;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FloatTextTest {

    private static final int FLOATS = Integer.getInteger("sayiir.test.floats", 300_000);

    @ParameterizedTest
    @CsvSource({
        "0, 0.0",
        "-0f, -0.0",
        "2, 2.0",
        "1.1, 1.1",
        "0.002, 0.002",
        "100, 100.0",
        "2e10, 20000000000.0",
        "8388608, 8388608.0",
        "33554432, 33554432.0",
        "1e12, 1000000000000.0",
        "1e13, 1e13",
        "1.5e-6, 0.0000015",
        "1e-7, 1e-7",
        "1.5e-7, 1.5e-7",
        "0.000015, 0.000015",
        "3.4028235e38, 3.4028235e38",
        "1.4e-45, 1e-45",
        "-1.25, -1.25",
    })
    void a_float_is_written_as_Sayiir_writes_it(float value, String text) {
        assertThat(FloatText.of(value)).isEqualTo(text);
    }

    @Test
    void the_text_is_the_shortest_that_reads_back_as_the_same_float() {
        SplittableRandom random = Snapshots.seeded("floats as text");
        int checked = 0;
        while (checked < FLOATS) {
            float value = Float.intBitsToFloat(random.nextInt());
            if (Float.isFinite(value) && value != 0) {
                String text = FloatText.of(value);
                assertThat(Float.parseFloat(text)).isEqualTo(value);
                assertThat(text).containsAnyOf(".", "e");
                assertNothingShorter(value, new BigDecimal(text).stripTrailingZeros());
                checked++;
            }
        }
    }

    private static void assertNothingShorter(float value, BigDecimal written) {
        if (written.precision() == 1) {
            return;
        }
        for (RoundingMode mode : new RoundingMode[] {RoundingMode.DOWN, RoundingMode.UP}) {
            BigDecimal shorter = new BigDecimal(value).round(new MathContext(written.precision() - 1, mode));
            assertThat(shorter.floatValue()).as("%s for %s", shorter, written).isNotEqualTo(value);
        }
    }
}
