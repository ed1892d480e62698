package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.sayiir.worker.FailurePolicy;
import dev.sayiir.worker.FailurePolicy.OnExhausted;
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
            Set.of(IllegalStateException.class),
            Set.of(UnsupportedOperationException.class),
            OnExhausted.FAIL,
            Optional.of("tell"),
            2);

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

    static class Odd {

        @WorkflowTask(value = "odd", onExhausted = OnExhausted.BLOCK, orElse = "compensate")
        TaskOutcome odd(String in) {
            return TaskOutcome.complete(in);
        }

        @WorkflowTask(value = "blocked", onExhausted = OnExhausted.BLOCK)
        TaskOutcome blocked(String in) {
            return TaskOutcome.complete(in);
        }
    }

    @Test
    void a_method_says_one_thing_that_becomes_of_its_task() {
        assertThat(policyOf(Odd.class, "blocked", FOR_ALL).orElseThrow().onExhausted())
                .isEqualTo(OnExhausted.BLOCK);
        assertThatIllegalStateException()
                .isThrownBy(() -> policyOf(Odd.class, "odd", FOR_ALL))
                .withMessageContaining("The method of task 'odd' says more than one thing");
    }

    private static Optional<FailurePolicy> policyOf(Class<?> tasks, String name, FailurePolicy forAll) {
        var method = ReflectionUtils.findMethod(tasks, name, String.class);
        var task = AnnotatedElementUtils.findMergedAnnotation(method, WorkflowTask.class);
        return new MethodHandler(tasks, method, task, forAll).failurePolicy();
    }

    @Test
    void what_a_method_does_not_say_the_application_does() {
        assertThat(policyOf(Tasks.class, "plain", FOR_ALL)).contains(FOR_ALL);
    }

    @Test
    void what_a_method_says_goes_before_that() {
        assertThat(policyOf(Tasks.class, "own", FOR_ALL))
                .contains(new FailurePolicy(
                        Set.of(IOException.class),
                        Set.of(FileNotFoundException.class, InterruptedException.class),
                        OnExhausted.FAIL,
                        Optional.of("compensate"),
                        9));
    }
}
