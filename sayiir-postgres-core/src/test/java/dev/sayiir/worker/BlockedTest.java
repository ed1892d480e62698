package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.BlockedTask;
import dev.sayiir.testing.LogLines;
import dev.sayiir.worker.FailurePolicy.OnExhausted;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a build of the application cannot do blocks tasks, and fails nothing. */
class BlockedTest extends WorkerContractTest {

    private static final int MANY = 50;
    private static final Payload LARGE = Payload.of(new byte[17 << 20]);

    private final AtomicInteger runs = new AtomicInteger();

    private TaskWorkerBuilder build(String id, TaskHandler<?>... handlers) {
        return worker(handlers).buildId(id).blockAfter(Duration.ofMillis(100));
    }

    /** All are blocked by the first build, none fails, and all end with the second one. */
    private List<BlockedTask> repaired(TaskHandler<?> broken, TaskHandler<?> fixed) {
        for (int i = 0; i < MANY; i++) {
            begin("order-" + i);
        }
        TaskWorker first = start(build("1.0", broken));
        List<BlockedTask> blocked =
                await().until(() -> queries.findBlockedTasks(BlockedQuery.all()), found -> found.size() == MANY);
        first.stop(Duration.ZERO);
        assertThat(queries.countByStatus()).containsEntry(WorkflowStatus.IN_PROGRESS, (long) MANY);

        assertThat(repairs.unblock(BlockedQuery.all(), REQUEST)).isEqualTo(MANY);
        start(build("1.1", fixed));
        await().until(() -> queries.countByStatus().get(WorkflowStatus.COMPLETED) == MANY);
        return blocked;
    }

    private FunctionHandler<String> done() {
        return task("first", (in, task) -> TaskOutcome.complete("done"));
    }

    @Test
    void R26_an_input_that_a_build_cannot_read_blocks_its_task_until_one_can() {
        List<BlockedTask> blocked = repaired(
                TaskHandler.of("first", Integer.class, (in, task) -> {
                    runs.incrementAndGet();
                    return TaskOutcome.complete(in);
                }),
                done());

        assertThat(blocked).allSatisfy(task -> {
            assertThat(task.reason()).isEqualTo(BlockReason.UNREADABLE_INPUT);
            assertThat(task.error())
                    .startsWith("The input of task 'first', 4 bytes, cannot be read as java.lang.Integer (");
            assertThat(task.build()).contains("1.0");
        });
        assertThat(runs).hasValue(0);
    }

    /** Not as Jackson does it. */
    record Strict(String text) {
        Strict {
            throw new IllegalStateException("secret " + text);
        }
    }

    @Test
    void R26_an_exception_of_the_type_itself_blocks_the_task_and_is_not_quoted() {
        List<BlockedTask> blocked =
                repaired(TaskHandler.of("first", Strict.class, (in, task) -> TaskOutcome.complete(in.text())), done());

        assertThat(blocked).allSatisfy(task -> {
            assertThat(task.reason()).isEqualTo(BlockReason.UNREADABLE_INPUT);
            assertThat(task.error()).contains("Strict").doesNotContain("secret");
        });
    }

    /** As a build has it whose libraries do not fit together. */
    record Unlinked(String text) {
        Unlinked {
            throw new NoClassDefFoundError("com/acme/Money");
        }
    }

    @Test
    void R26_a_class_that_is_missing_blocks_the_task_that_needs_it() {
        List<BlockedTask> blocked = repaired(
                TaskHandler.of("first", Unlinked.class, (in, task) -> TaskOutcome.complete(in.text())), done());

        assertThat(blocked).allMatch(task -> task.reason() == BlockReason.UNREADABLE_INPUT);
    }

    @Test
    void R26_an_output_that_cannot_be_written_blocks_the_task() {
        List<Object> endless = new ArrayList<>();
        endless.add(endless);
        List<BlockedTask> blocked = repaired(task("first", (in, task) -> TaskOutcome.complete(endless)), done());

        assertThat(blocked).allSatisfy(task -> {
            assertThat(task.reason()).isEqualTo(BlockReason.UNWRITABLE_OUTPUT);
            assertThat(task.error()).contains("The output of task 'first' is a", "cannot be written as JSON");
        });
    }

    @Test
    void R26_an_output_that_is_too_large_to_be_stored_blocks_the_task() {
        List<BlockedTask> blocked = repaired(task("first", (in, task) -> TaskOutcome.next("second", LARGE)), done());

        assertThat(blocked).allSatisfy(task -> {
            assertThat(task.reason()).isEqualTo(BlockReason.UNWRITABLE_OUTPUT);
            assertThat(task.error()).startsWith("The outcome of task 'first' cannot be stored: ");
        });
    }

    @Test
    void R26_a_handler_that_is_removed_blocks_its_tasks_until_it_is_back() {
        TaskHandler<?> first = task("first", (in, task) -> TaskOutcome.next("second", in));
        for (int i = 0; i < MANY; i++) {
            begin("order-" + i);
        }
        TaskWorker without = start(build("1.0", first));
        List<BlockedTask> blocked =
                await().until(() -> queries.findBlockedTasks(BlockedQuery.all()), found -> found.size() == MANY);
        without.stop(Duration.ZERO);
        assertThat(blocked).allSatisfy(task -> {
            assertThat(task.reason()).isEqualTo(BlockReason.NO_HANDLER);
            assertThat(task.taskId()).isEqualTo("second");
            assertThat(task.build()).contains("1.0");
        });

        start(build("1.1", first, task("second", (in, task) -> TaskOutcome.complete(in))));

        await().until(() -> queries.countByStatus().get(WorkflowStatus.COMPLETED) == MANY);
    }

    @Test
    void R26_another_build_tries_what_is_blocked_once_if_it_is_to_and_the_same_one_does_not() {
        begin("order-1");
        TaskHandler<?> broken = TaskHandler.of("first", Integer.class, (in, task) -> TaskOutcome.complete(in));
        TaskWorker first = start(build("1.0", broken));
        await().until(() -> queries.findBlockedTasks(BlockedQuery.all()).size() == 1);
        first.stop(Duration.ZERO);
        TaskWorker second = start(build("1.1", broken).unblocksOnNewBuild(true));
        await().until(() ->
                queries.findBlockedTasks(BlockedQuery.all().exceptBuild("1.0")).size() == 1);
        second.stop(Duration.ZERO);
        TaskWorker again = start(build("1.1", done()).unblocksOnNewBuild(true));
        begin("order-2");
        await().until(() -> workflows.status("order-2") == WorkflowStatus.COMPLETED);
        again.stop(Duration.ZERO);
        assertThat(queries.findBlockedTasks(BlockedQuery.all())).hasSize(1);

        start(build("1.2", done()).unblocksOnNewBuild(true));

        await().until(() -> workflows.status("order-1") == WorkflowStatus.COMPLETED);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> worker(done()).unblocksOnNewBuild(true).build())
                .withMessageContaining("buildId");
    }

    @Test
    void R26_inputs_of_all_kinds_that_are_none_are_unreadable() {
        start(build("1.0", TaskHandler.of("first", Integer.class, (in, task) -> TaskOutcome.complete(in))));
        workflows.start(WORKFLOW, "order-1", "card number 4711");
        workflows.start(WORKFLOW, "order-2", Payload.empty());
        workflows.start(WORKFLOW, "order-3", Payload.utf8("null"));
        workflows.start(WORKFLOW, "order-4", Payload.utf8("[".repeat(100_000)));

        assertThat(blocked("order-1").error())
                .startsWith("The input of task 'first', 18 bytes, cannot be read as java.lang.Integer (")
                .doesNotContain("4711");
        assertThat(blocked("order-2").error()).startsWith("The input of task 'first', 0 bytes, cannot be read");
        assertThat(blocked("order-3").error()).startsWith("The input of task 'first', 4 bytes, cannot be read");
        assertThat(blocked("order-4").error()).startsWith("The input of task 'first', 100000 bytes, cannot be read");
    }

    @Test
    void R26_what_an_old_build_cannot_read_is_left_for_a_newer_one_and_not_blocked() {
        start(build("1.0", TaskHandler.of("first", Integer.class, (in, task) -> TaskOutcome.complete(in)))
                .blockAfter(Duration.ofMinutes(1))
                .claims(Duration.ofMillis(200), SOON));
        for (int i = 0; i < MANY; i++) {
            begin("order-" + i);
        }
        start(build("1.1", done()));

        await().until(() -> queries.countByStatus().get(WorkflowStatus.COMPLETED) == MANY);
    }

    @Test
    void R26_a_task_that_may_not_fail_is_blocked_when_its_retries_are_used_up() {
        try (LogLines log = LogLines.of("dev.sayiir.worker")) {
            start(task("first", (in, task) -> {
                        if (runs.incrementAndGet() <= 4) {
                            throw new IllegalStateException("no stock");
                        }
                        return TaskOutcome.complete("done");
                    })
                    .retries(THRICE)
                    .failures(FailurePolicy.DEFAULT.onExhausted(OnExhausted.BLOCK)));
            begin("order-1");

            BlockedTask blocked = blocked("order-1");
            assertThat(blocked.reason()).isEqualTo(BlockReason.FAILURES);
            assertThat(blocked.error()).startsWith("Task 'first' failed 4 times, which is all it may; the last time");
            assertThat(log.lines())
                    .contains("ERROR task 'first' of instance 'order-1' failed, attempt 4 of 4, and is to be blocked:"
                            + " java.lang.IllegalStateException: no stock");
        }
        repairs.unblock(BlockedQuery.all(), REQUEST);

        assertThat(resultOf("order-1")).isEqualTo("\"done\"");
    }

    @Test
    void R26_a_branch_that_is_blocked_keeps_no_other_from_going_on() {
        start(build(
                "1.0",
                task(
                        "first",
                        (in, task) ->
                                TaskOutcome.fork("join", in).branch("a", "pack").branch("b", "bill")),
                TaskHandler.of("pack", Integer.class, (in, task) -> TaskOutcome.complete(in)),
                task("bill", (in, task) -> {
                    runs.incrementAndGet();
                    return TaskOutcome.complete("billed");
                }),
                TaskHandler.of("join", Payload.class, (in, task) -> TaskOutcome.complete(in))));
        begin("order-1");

        assertThat(blocked("order-1").branch()).contains("a");
        await().until(() -> runs.get() == 1);
    }

    @Test
    void R26_the_log_says_what_is_left_for_others_and_what_is_blocked() {
        try (LogLines log = LogLines.of("dev.sayiir.worker")) {
            start(build("1.0", TaskHandler.of("first", Integer.class, (in, task) -> TaskOutcome.complete(in))));
            begin("order-1");
            blocked("order-1");

            await().untilAsserted(() -> assertThat(log.lines())
                    .anyMatch(line -> line.startsWith("WARN task 'first' of instance 'order-1' is none that this"
                            + " worker can do, and is left for others: The input of task 'first', 4 bytes,"))
                    .anyMatch(line -> line.startsWith("ERROR task 'first' of instance 'order-1' is blocked, and goes"
                            + " on when somebody unblocks it: The input of task 'first', 4 bytes,")));
        }
    }
}
