package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.RedriveRequest;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** What a worker makes of instances that go on. */
class RedriveTest extends WorkerContractTest {

    private final AtomicBoolean repaired = new AtomicBoolean();
    private final AtomicInteger calls = new AtomicInteger();

    private String ifRepaired(String text) {
        if (!repaired.get()) {
            throw new IllegalStateException("a bug");
        }
        return text;
    }

    private void redrive(RedriveRequest redrive) {
        repaired.set(true);
        workflows.redrive("order-1", redrive, REQUEST);
    }

    @Test
    void R26_what_a_bug_has_failed_goes_on_when_it_is_repaired_and_nothing_is_done_twice() {
        start(
                task("first", (in, task) -> TaskOutcome.next("second", "out " + calls.incrementAndGet())),
                task("second", (in, task) -> TaskOutcome.complete(ifRepaired(in + " at " + task.attempt()))));
        begin("order-1");
        assertThat(errorOf("order-1")).contains("a bug");

        redrive(RedriveRequest.fromFailure());

        assertThat(resultOf("order-1")).isEqualTo("\"out 1 at 1\"");
    }

    @Test
    void a_task_is_given_its_new_input() {
        start(
                task("first", (in, task) -> TaskOutcome.next("second", ifRepaired(in))),
                task("second", (in, task) -> TaskOutcome.complete(in + task.result("first", String.class))));
        begin("order-1");
        errorOf("order-1");

        redrive(RedriveRequest.fromFailure().withInput(Payload.utf8("\"another\"")));
        assertThat(resultOf("order-1")).isEqualTo("\"anotherOptional[another]\"");

        redrive(RedriveRequest.fromTask("second").evenIfCompleted().withInput(Payload.utf8("\"third\"")));
        assertThat(resultOf("order-1")).isEqualTo("\"thirdOptional[third]\"");
    }

    @Test
    void a_branch_goes_on_with_the_step_that_failed() {
        start(
                task(
                        "first",
                        (in, task) -> TaskOutcome.fork("ship", "out")
                                .branch("parcel", "pack")
                                .branch("invoice", "bill")),
                task("pack", (in, task) -> TaskOutcome.next("weigh", "packed " + calls.incrementAndGet())),
                task("weigh", (in, task) -> TaskOutcome.complete(ifRepaired(in + ", weighed"))),
                task("bill", (in, task) -> TaskOutcome.complete("billed " + in)),
                TaskHandler.of(
                        "ship",
                        Payload.class,
                        (in, task) -> TaskOutcome.complete(task.branchResult("parcel", String.class)
                                        .orElseThrow() + ", "
                                + task.branchResult("invoice", String.class).orElseThrow())));
        begin("order-1");
        errorOf("order-1");

        redrive(RedriveRequest.fromFailure());

        assertThat(resultOf("order-1")).isEqualTo("\"packed 1, weighed, billed out\"");
    }

    @Test
    void a_fork_of_an_instance_is_done_by_itself() {
        start(
                task("first", (in, task) -> TaskOutcome.next("second", "out " + calls.incrementAndGet())),
                task("second", (in, task) -> TaskOutcome.complete(ifRepaired(in))));
        begin("order-1");
        errorOf("order-1");
        repaired.set(true);

        WorkflowSnapshot forked = workflows.fork("order-1", 2, "order-2", REQUEST);

        assertThat(forked.version()).isOne();
        assertThat(resultOf("order-2")).isEqualTo("\"out 1\"");
        assertThat(errorOf("order-1")).contains("a bug");
    }
}
