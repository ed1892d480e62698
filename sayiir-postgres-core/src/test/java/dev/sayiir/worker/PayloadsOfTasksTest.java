package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.BranchStep;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskCommit;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskResult;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/** What tasks are given, what they give back, and how large that is. */
class PayloadsOfTasksTest {

    private static final Payload IN = Payload.utf8("\"in\"");
    private static final Payload OUT = Payload.utf8("\"output\"");

    private final JsonPayloads payloads = new JsonPayloads(JsonMapper::shared);
    private final WorkflowSnapshot order =
            WorkflowSnapshot.start("order-1", "v1", IN).moveTo(new AtTask("first"));

    private static TaskClaim claim(Optional<BranchStep> branch) {
        return new TaskClaim("order-1", "first", "v1", "w", 1, 1, 0, 0, branch, Instant.EPOCH, Instant.EPOCH);
    }

    private Payload inputOf(WorkflowSnapshot snapshot, Optional<BranchStep> branch) {
        return Inputs.of(new ClaimedTask(claim(branch), snapshot), payloads);
    }

    @Test
    void a_task_is_given_the_last_output_or_the_input_of_the_workflow_or_nothing() {
        assertThat(inputOf(order.completeTask("first", OUT), Optional.empty())).isEqualTo(OUT);
        assertThat(inputOf(order, Optional.empty())).isEqualTo(IN);
        assertThat(inputOf(order.toBuilder().withoutInitialInput().build(), Optional.empty()))
                .isEqualTo(Payload.empty());
    }

    @Test
    void a_branch_is_given_the_output_before_or_its_own_input_or_that_of_the_workflow() {
        WorkflowSnapshot forked = order.completeTask("first", OUT)
                .forkInto("join", Map.of("a", Branch.of("pack", Payload.utf8("own")), "b", Branch.of("bill")));

        assertThat(inputOf(forked, Optional.of(new BranchStep("b", Optional.of("first")))))
                .isEqualTo(OUT);
        assertThat(inputOf(forked, Optional.of(new BranchStep("a", Optional.empty()))))
                .isEqualTo(Payload.utf8("own"));
        assertThat(inputOf(forked, Optional.of(new BranchStep("b", Optional.empty()))))
                .isEqualTo(IN);
        assertThat(inputOf(forked, Optional.of(new BranchStep("c", Optional.empty()))))
                .isEqualTo(IN);
    }

    @Test
    void a_join_is_given_what_all_branches_gave_as_it_is() {
        Map<String, TaskResult> results = new LinkedHashMap<>();
        results.put("a \"quoted\"", new TaskResult("pack", Payload.utf8("[1]")));
        results.put("b", new TaskResult("bill", Payload.empty()));
        WorkflowSnapshot forked = order.forkInto(
                "join", Map.of("a \"quoted\"", Branch.of("pack"), "b", Branch.of("bill"), "c", Branch.of("call")));

        assertThat(inputOf(forked.moveTo(forked.fork().orElseThrow().withBranchResults(results)), Optional.empty()))
                .isEqualTo(Payload.utf8("{\"a \\\"quoted\\\"\":[1],\"b\":null}"));
        assertThat(inputOf(forked, Optional.empty())).isEqualTo(Payload.utf8("{}"));
    }

    @Test
    void values_are_written_and_read_as_JSON_and_payloads_as_they_are() {
        Payload bytes = Payload.utf8("{no JSON");

        assertThat(payloads.write("output", "out")).isEqualTo(Payload.utf8("\"out\""));
        assertThat(payloads.write("output", bytes)).isSameAs(bytes);
        assertThat(payloads.read("input", OUT, String.class)).isEqualTo("output");
        assertThat(payloads.read("input", bytes, Payload.class)).isSameAs(bytes);
    }

    @Test
    void what_cannot_be_written_or_read_is_told_without_its_content() {
        List<Object> endless = new ArrayList<>();
        endless.add(endless);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> payloads.write("output", endless))
                .withMessageContaining("The output is a java.util.ArrayList that cannot be written as JSON");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> payloads.read("input", Payload.utf8("\"4711\"x"), Integer.class))
                .withMessageContaining("The input, 7 bytes, cannot be read as java.lang.Integer (");
        assertThatIllegalArgumentException()
                .isThrownBy(() -> payloads.read("input", Payload.utf8("null"), Integer.class))
                .withMessageContaining("(null)");
    }

    @Test
    void a_result_is_as_large_as_all_the_payloads_that_it_brings() {
        WorkflowSnapshot stored = order.completeTask("earlier", OUT).storedAs(1, 1);

        assertThat(sizeOf(stored)).isZero();
        assertThat(sizeOf(stored.completeTask("first", OUT))).isEqualTo(OUT.size());
        assertThat(sizeOf(stored.completeTask("first", OUT).complete(IN))).isEqualTo(OUT.size() + IN.size());
        assertThat(sizeOf(stored.forkInto("join", Map.of("a", Branch.of("pack", IN), "b", Branch.of("bill", OUT)))))
                .isEqualTo(OUT.size() + IN.size());
    }

    @Test
    void a_result_of_a_branch_is_as_large_as_its_output() {
        assertThat(sizeOf(new BranchOutcome.Done(OUT))).isEqualTo(OUT.size());
        assertThat(sizeOf(new BranchOutcome.Next(IN, "label", Optional.empty())))
                .isEqualTo(IN.size());
        assertThat(sizeOf(new BranchOutcome.Retry("declined", WorkerContractTest.HOUR)))
                .isZero();
    }

    private static long sizeOf(WorkflowSnapshot snapshot) {
        return CommitSize.of(new TaskCommit.OfTask(claim(Optional.empty()), snapshot, Optional.empty()));
    }

    private static long sizeOf(BranchOutcome outcome) {
        TaskClaim claim = claim(Optional.of(new BranchStep("a", Optional.empty())));
        return CommitSize.of(new TaskCommit.OfBranchTask(claim, outcome, Optional.empty()));
    }
}
