package dev.sayiir.workflow;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.ExecutionPosition.AtJoin;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.ExecutionPosition.InLoop;
import dev.sayiir.workflow.ExecutionPosition.NotStarted;
import dev.sayiir.workflow.WorkflowState.Cancelled;
import dev.sayiir.workflow.WorkflowState.Failed;
import dev.sayiir.workflow.WorkflowState.InProgress;
import dev.sayiir.workflow.WorkflowState.Paused;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongFunction;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What no codec could write or no database store is refused by the model already. */
class InvalidValuesTest {

    private static final Instant THEN = Instant.parse("2023-11-14T22:13:20Z");
    private static final Instant LATE = Instant.parse("+10000-01-01T00:00:00Z");
    private static final Instant EARLY = Instant.parse("-0001-12-31T23:59:59Z");
    private static final String NUL = "\u0000";
    private static final RetryPolicy POLICY = new RetryPolicy(1, Duration.ZERO, 1, Optional.empty());

    @Test
    void a_position_has_valid_ids_and_times() {
        refused(() -> new AtTask(""));
        refused(() -> new AtFork("", Map.of(), THEN));
        refused(() -> new AtFork("f", Map.of(), LATE));
        refused(() -> new AtFork("f", Map.of("", new TaskResult("a", Payload.empty())), THEN));
        refused(() -> new AtFork("f", Map.of(), THEN, Map.of("", Branch.of("a")), Optional.empty()));
        refused(() -> new AtFork("f", Map.of(), THEN, Map.of(), Optional.of("")));
        refused(() -> new AtJoin("", Map.of()));
        refused(() -> new AtJoin("j", Map.of("", new TaskResult("a", Payload.empty()))));
        refused(() -> new AtDelay("", THEN, THEN, Optional.empty()));
        refused(() -> new AtDelay("d", EARLY, THEN, Optional.empty()));
        refused(() -> new AtDelay("d", THEN, LATE, Optional.empty()));
        refused(() -> new AtDelay("d", THEN, THEN, Optional.of("")));
        refused(() -> new AtSignal("", "paid", Optional.empty(), Optional.empty()));
        refused(() -> new AtSignal("s", "", Optional.empty(), Optional.empty()));
        refused(() -> new AtSignal("s", "paid", Optional.of(LATE), Optional.empty()));
        refused(() -> new AtSignal("s", "paid", Optional.empty(), Optional.of("")));
        refused(() -> new InLoop("", 0, Optional.empty()));
        refused(() -> new InLoop("l", -1, Optional.empty()));
        refused(() -> new InLoop("l", 0, Optional.of("")));
        refused(() -> Branch.of(""));
        refused(() -> new TaskResult("", Payload.empty()));
    }

    @Test
    void branches_and_the_task_that_joins_them_are_different_tasks() {
        refused(() -> new AtFork(
                "f", Map.of(), THEN, Map.of("a", Branch.of("pack"), "b", Branch.of("pack")), Optional.empty()));
        refused(() -> new AtFork("f", Map.of(), THEN, Map.of("a", Branch.of("f")), Optional.empty()));
        refused(() -> WorkflowSnapshot.start("i", "v1", Payload.empty()).forkInto("f", Map.of()));
    }

    @Test
    void a_state_has_valid_ids_texts_and_times() {
        refused(() -> new InProgress(new NotStarted(), CompletedTasks.none(), Optional.of("")));
        refused(() -> new Failed(NUL));
        refused(() -> cancelled(Optional.of(NUL), Optional.empty(), THEN, Optional.empty()));
        refused(() -> cancelled(Optional.empty(), Optional.of(NUL), THEN, Optional.empty()));
        refused(() -> cancelled(Optional.empty(), Optional.empty(), EARLY, Optional.empty()));
        refused(() -> cancelled(Optional.empty(), Optional.empty(), THEN, Optional.of("")));
        refused(() -> paused(Optional.of(NUL), Optional.empty(), THEN, Optional.empty()));
        refused(() -> paused(Optional.empty(), Optional.of(NUL), THEN, Optional.empty()));
        refused(() -> paused(Optional.empty(), Optional.empty(), LATE, Optional.empty()));
        refused(() -> paused(Optional.empty(), Optional.empty(), THEN, Optional.of("")));
    }

    @Test
    void deadlines_and_retries_are_within_what_the_format_holds() {
        refused(() -> new TaskDeadline("", THEN, 0));
        refused(() -> new TaskDeadline("a", LATE, 0));
        refused(() -> new TaskDeadline("a", THEN, -1));
        refused(() -> new TaskRetry(-1, POLICY, "e", Optional.empty(), THEN));
        refused(() -> new TaskRetry(0, POLICY, NUL, Optional.empty(), THEN));
        refused(() -> new TaskRetry(0, POLICY, "e", Optional.of(NUL), THEN));
        refused(() -> new TaskRetry(0, POLICY, "e", Optional.empty(), LATE));
        refused(() -> new RetryPolicy(1, Duration.ofNanos(-1), 1, Optional.empty()));
        refused(() -> new RetryPolicy(1, Duration.ZERO, 1, Optional.of(Duration.ofNanos(-1))));
        refused(() -> new RetryPolicy(1, Duration.ZERO, -0.1f, Optional.empty()));
        refused(() -> new RetryPolicy(1, Duration.ZERO, Float.NaN, Optional.empty()));
        refused(() -> new RetryPolicy(1, Duration.ZERO, Float.POSITIVE_INFINITY, Optional.empty()));
        assertThatCode(() -> new RetryPolicy(0, Duration.ZERO, 0, Optional.of(Duration.ZERO)))
                .doesNotThrowAnyException();
        assertThatCode(() -> new TaskDeadline("a", THEN, 0)).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(longs = {0, 4_294_967_295L})
    void counts_have_32_bits(long most) {
        LongFunction<RetryPolicy> policy = retries -> new RetryPolicy(retries, Duration.ZERO, 1, Optional.empty());
        assertThatCode(() -> policy.apply(most)).doesNotThrowAnyException();
        refused(() -> policy.apply(most == 0 ? -1 : most + 1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999999Z"})
    void times_have_years_of_four_digits(Instant outermost) {
        assertThatCode(() -> new TaskDeadline("a", outermost, 0)).doesNotThrowAnyException();
        refused(() -> new TaskDeadline("a", outermost.plusNanos(outermost.getEpochSecond() < 0 ? -1 : 1), 0));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 6})
    void there_are_five_priorities(int level) {
        refused(() -> TaskPriority.ofLevel(level));
    }

    private static Cancelled cancelled(
            Optional<String> reason, Optional<String> by, Instant at, Optional<String> interrupted) {
        return new Cancelled(reason, by, at, CompletedTasks.none(), interrupted);
    }

    private static Paused paused(Optional<String> reason, Optional<String> by, Instant at, Optional<String> last) {
        return new Paused(reason, by, at, CompletedTasks.none(), new NotStarted(), last);
    }

    private static void refused(ThrowingCallable made) {
        assertThatIllegalArgumentException().isThrownBy(made);
    }
}
