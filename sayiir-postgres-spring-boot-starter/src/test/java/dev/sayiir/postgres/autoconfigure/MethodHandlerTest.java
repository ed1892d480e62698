package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.worker.FailurePolicy;
import dev.sayiir.worker.TaskOutcome;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.util.ReflectionUtils;

/** What a marked method says of its failures, and what the application says for all. */
class MethodHandlerTest {

    private static final FailurePolicy FOR_ALL = new FailurePolicy(
            Set.of(IllegalStateException.class), Set.of(UnsupportedOperationException.class), Optional.of("tell"), 2);

    static class Tasks {

        @WorkflowTask("plain")
        TaskOutcome plain(String in) {
            return TaskOutcome.complete(in);
        }

        @WorkflowTask(
                value = "own",
                retryFor = IOException.class,
                noRetryFor = {FileNotFoundException.class, InterruptedException.class},
                orElse = "compensate",
                crashLimit = 9)
        TaskOutcome own(String in) {
            return TaskOutcome.complete(in);
        }
    }

    private static Optional<FailurePolicy> policyOf(String name, FailurePolicy forAll) {
        var method = ReflectionUtils.findMethod(Tasks.class, name, String.class);
        var task = AnnotatedElementUtils.findMergedAnnotation(method, WorkflowTask.class);
        return new MethodHandler(new Tasks(), method, task, forAll).failurePolicy();
    }

    @Test
    void what_a_method_does_not_say_the_application_does() {
        assertThat(policyOf("plain", FOR_ALL)).contains(FOR_ALL);
    }

    @Test
    void what_a_method_says_goes_before_that() {
        assertThat(policyOf("own", FOR_ALL))
                .contains(new FailurePolicy(
                        Set.of(IOException.class),
                        Set.of(FileNotFoundException.class, InterruptedException.class),
                        Optional.of("compensate"),
                        9));
    }
}
