package dev.sayiir.postgres.test;

import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskResultStore;
import dev.sayiir.persistence.TaskSummary;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.assertj.core.api.AssertProvider;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** An instance for AssertJ's {@code assertThat}, which gives its {@link WorkflowAssert}. */
public final class WorkflowInstance implements AssertProvider<WorkflowAssert> {

    private final String id;
    private final SnapshotStore snapshots;
    private final TaskResultStore results;
    private final WorkflowQueries queries;
    private final JsonMapper mapper;

    WorkflowInstance(
            String id, SnapshotStore snapshots, TaskResultStore results, WorkflowQueries queries, JsonMapper mapper) {
        this.id = id;
        this.snapshots = snapshots;
        this.results = results;
        this.queries = queries;
        this.mapper = mapper;
    }

    /** Called by {@code assertThat}. */
    @Override
    public WorkflowAssert assertThat() {
        return new WorkflowAssert(this);
    }

    WorkflowSummary summary() {
        return queries.findWorkflow(id).orElseThrow(() -> new SnapshotNotFoundException(id));
    }

    List<TaskSummary> tasks() {
        return queries.listTasks(id);
    }

    WorkflowSnapshot snapshot() {
        return snapshots.loadSnapshot(id);
    }

    Optional<Payload> output(String taskId) {
        return results.loadTaskResult(id, taskId);
    }

    /** As what it is stored as, for a comparison that needs no type. */
    Object read(Payload payload, Object expected) {
        return expected instanceof Payload ? payload : tree(payload.bytes());
    }

    Object written(Object expected) {
        return expected instanceof Payload ? expected : tree(mapper.writeValueAsBytes(expected));
    }

    private JsonNode tree(byte[] json) {
        return mapper.readTree(json);
    }

    /** Where it stands, and how it got there; without what its tasks have put out. */
    String describe() {
        WorkflowSummary summary = summary();
        return toString() + " of workflow '" + summary.definitionHash() + "' is " + summary.status()
                + summary.currentTaskId().map(task -> " at '" + task + "'").orElse("")
                + summary.error().map(error -> " with: " + error).orElse("")
                + tasks().stream().map(WorkflowInstance::describe).collect(Collectors.joining());
    }

    private static String describe(TaskSummary task) {
        return "\n  " + task.taskId() + ": " + task.status() + ", attempts: " + task.attempts()
                + task.readyAt().map(at -> ", due at " + at).orElse("")
                + task.error().map(error -> ", error: " + error).orElse("");
    }

    @Override
    public String toString() {
        return "instance '" + id + "'";
    }
}
