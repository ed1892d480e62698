package dev.sayiir.postgres;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** What the function is given that commits steps: of each step its part at the same place. */
final class StepParams {

    private final List<String> instanceIds = new ArrayList<>();
    private final List<Long> basedOn = new ArrayList<>();
    private final List<Long> incarnations = new ArrayList<>();
    private final List<Long> writeIds = new ArrayList<>();
    private final List<Long> completedTaskCounts = new ArrayList<>();
    private final List<Long> taskPriorities = new ArrayList<>();
    private final List<String> taskTags = new ArrayList<>();
    private final List<@Nullable String> traceParents = new ArrayList<>();
    private final List<byte[]> data = new ArrayList<>();
    private final List<String> taskIds = new ArrayList<>();
    private final List<Long> claimTokens = new ArrayList<>();
    private final List<Payload> outputs = new ArrayList<>();
    private final List<String> nextTaskIds = new ArrayList<>();
    private final List<@Nullable Long> carryOn = new ArrayList<>();

    private StepParams() {}

    static Params of(List<Commit> steps) {
        StepParams params = new StepParams();
        steps.forEach(params::add);
        return params.all();
    }

    private void add(Commit step) {
        WorkflowSnapshot snapshot = step.snapshot();
        TaskClaim claim = step.claim();
        instanceIds.add(snapshot.instanceId());
        basedOn.add(snapshot.version());
        incarnations.add(snapshot.incarnation());
        writeIds.add(step.checkpoint().writeId());
        completedTaskCounts.add((long) snapshot.completedTaskCount());
        taskPriorities.add((long) snapshot.taskPriority().level());
        taskTags.add(Params.literal(snapshot.taskTags()));
        traceParents.add(snapshot.traceParent().orElse(null));
        data.add(step.checkpoint().data());
        taskIds.add(claim.taskId());
        claimTokens.add(claim.claimToken());
        outputs.add(
                Objects.requireNonNull(step.checkpoint().changes().completed().get(claim.taskId())));
        nextTaskIds.add(snapshot.position().flatMap(ExecutionPosition::nodeId).orElseThrow());
        carryOn.add(step.carryOn().isPresent() ? (Long) step.carryOn().getAsLong() : null);
    }

    private Params all() {
        return new Params()
                .texts("instanceIds", instanceIds)
                .numbers("basedOn", basedOn)
                .numbers("incarnations", incarnations)
                .numbers("writeIds", writeIds)
                .numbers("completedTaskCounts", completedTaskCounts)
                .numbers("taskPriorities", taskPriorities)
                .texts("taskTags", taskTags)
                .texts("traceParents", traceParents)
                .blobs("data", data)
                .texts("taskIds", taskIds)
                .numbers("claimTokens", claimTokens)
                .payloads("outputs", outputs)
                .texts("nextTaskIds", nextTaskIds)
                .numbers("carryOn", carryOn);
    }
}
