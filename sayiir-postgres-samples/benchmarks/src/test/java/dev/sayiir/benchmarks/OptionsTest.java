package dev.sayiir.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class OptionsTest {

    @ParameterizedTest
    @CsvSource({
        "--workloads=fast, There is no workload [fast]; there are [floor-minimal",
        "--concurrency=65, --concurrency is 65; it must be 1 to 64",
        "--processes=0, --processes is 0; it must be 1 to 16",
        "--rounds=none, Invalid value for option"
    })
    void a_wrong_option_is_refused_before_anything_is_started(String option, String message) {
        StringWriter err = new StringWriter();

        int status =
                new CommandLine(new Benchmarks()).setErr(new PrintWriter(err)).execute(option);

        assertThat(status).isEqualTo(2);
        assertThat(err.toString()).contains(message);
    }
}
