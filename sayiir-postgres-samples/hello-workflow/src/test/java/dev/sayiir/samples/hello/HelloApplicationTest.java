package dev.sayiir.samples.hello;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

@ExtendWith(OutputCaptureExtension.class)
class HelloApplicationTest {

    @Test
    void it_greets_and_takes_leave(CapturedOutput output) throws Exception {
        HelloApplication.main(new String[] {"ada"});

        assertThat(output).containsSubsequence("Hello, ada", "Goodbye, ada");
    }
}
