package dev.sayiir.samples.orders.demonstration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class OptionsTest {

    @Test
    void nothing_has_to_be_said() {
        assertThat(Options.parse()).isEqualTo(Options.DEFAULTS);
    }

    @Test
    void everything_can_be_said_and_the_rest_is_for_spring_boot() {
        Options options = Options.parse(
                "--workers=2",
                "--seconds=60",
                "--kill-every=500ms",
                "--kill-server=true",
                "--cut-every=5s",
                "--server.port=8081");

        assertThat(options)
                .isEqualTo(new Options(
                        false,
                        false,
                        2,
                        60,
                        Duration.ofMillis(500),
                        true,
                        Optional.of(Duration.ofSeconds(5)),
                        List.of("--server.port=8081")));
        assertThat(Options.parse("--serve").serve()).isTrue();
        assertThat(Options.parse("--kill-server=false").killServer()).isFalse();
    }

    @Test
    void properties_of_a_build_replace_what_was_said_of_them() {
        Options options = Options.parse("--workers=2", "--orders.work-time=1ms", "--server.port=8081");

        assertThat(options.withSpring(Map.of("orders.work-time", "2ms")))
                .containsExactly("--server.port=8081", "--orders.work-time=2ms");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--wrokers=3",
                "--workers=0",
                "--workers=many",
                "--seconds=0",
                "--kill-every=often",
                "--kill-every=0s",
                "--cut-every=-1s"
            })
    void what_cannot_be_understood_is_refused_with_its_name(String argument) {
        assertThatThrownBy(() -> Options.parse(argument))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("--" + Options.name(argument));
    }
}
