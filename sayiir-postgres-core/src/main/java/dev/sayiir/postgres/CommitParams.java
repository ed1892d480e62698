package dev.sayiir.postgres;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What the function is given that commits tasks together: of each commit its part at the same place. */
final class CommitParams {

    private final List<String> instanceIds = new ArrayList<>();
    private final List<String> branches = new ArrayList<>();
    private final List<Long> basedOn = new ArrayList<>();
    private final List<Long> incarnations = new ArrayList<>();
    private final List<Long> writeIds = new ArrayList<>();
    private final List<Long> claimTokens = new ArrayList<>();
    private final List<String> statuses = new ArrayList<>();
    private final List<@Nullable String> positionKinds = new ArrayList<>();
    private final List<@Nullable String> currentTaskIds = new ArrayList<>();
    private final List<Long> completedTaskCounts = new ArrayList<>();
    private final List<Long> taskPriorities = new ArrayList<>();
    private final List<String> taskTags = new ArrayList<>();
    private final List<@Nullable String> traceParents = new ArrayList<>();
    private final List<@Nullable String> errors = new ArrayList<>();
    private final List<byte[]> data = new ArrayList<>();
    private final List<String> taskIds = new ArrayList<>();
    private final List<@Nullable Payload> outputs = new ArrayList<>();
    private final List<@Nullable String> openTaskIds = new ArrayList<>();
    private final List<Boolean> waiting = new ArrayList<>();
    private final List<@Nullable Instant> notBefore = new ArrayList<>();
    private final List<@Nullable String> awaitedEvents = new ArrayList<>();
    private final List<@Nullable String> lastFailedWorkers = new ArrayList<>();
    private final List<@Nullable String> lastErrors = new ArrayList<>();
    private final List<Long> failures = new ArrayList<>();
    private final List<@Nullable Long> carryOn = new ArrayList<>();

    private CommitParams() {}

    static Params of(List<Commit> commits) {
        CommitParams params = new CommitParams();
        commits.forEach(params::add);
        return params.all();
    }

    private void add(Commit commit) {
        WorkflowSnapshot snapshot = commit.snapshot();
        TaskClaim claim = commit.claim();
        Optional<ExecutionPosition> position = snapshot.position();
        instanceIds.add(snapshot.instanceId());
        branches.add(ClaimRepository.branch(claim));
        basedOn.add(snapshot.version());
        incarnations.add(snapshot.incarnation());
        writeIds.add(commit.checkpoint().writeId());
        claimTokens.add(claim.claimToken());
        statuses.add(snapshot.status().text());
        positionKinds.add(position.map(at -> at.kind().text()).orElse(null));
        currentTaskIds.add(position.flatMap(ExecutionPosition::nodeId).orElse(null));
        completedTaskCounts.add((long) snapshot.completedTaskCount());
        taskPriorities.add((long) snapshot.taskPriority().level());
        taskTags.add(Params.literal(snapshot.taskTags()));
        traceParents.add(snapshot.traceParent().orElse(null));
        errors.add(snapshot.state() instanceof WorkflowState.Failed failed ? failed.error() : null);
        data.add(commit.checkpoint().data());
        taskIds.add(claim.taskId());
        outputs.add(commit.checkpoint().changes().completed().get(claim.taskId()));
        addMainLine(snapshot);
        carryOn.add(commit.carryOn().isPresent() ? (Long) commit.carryOn().getAsLong() : null);
    }

    private void addMainLine(WorkflowSnapshot snapshot) {
        MainLine line = MainLine.of(snapshot);
        openTaskIds.add(line.taskId().orElse(null));
        waiting.add(line.waiting());
        notBefore.add(line.notBefore().orElse(null));
        awaitedEvents.add(line.awaitedEvent().orElse(null));
        lastFailedWorkers.add(line.lastFailedWorker().orElse(null));
        lastErrors.add(line.lastError().orElse(null));
        failures.add(line.failures());
    }

    private Params all() {
        return new Params()
                .texts("instanceIds", instanceIds)
                .texts("branches", branches)
                .numbers("basedOn", basedOn)
                .numbers("incarnations", incarnations)
                .numbers("writeIds", writeIds)
                .numbers("claimTokens", claimTokens)
                .texts("statuses", statuses)
                .texts("positionKinds", positionKinds)
                .texts("currentTaskIds", currentTaskIds)
                .numbers("completedTaskCounts", completedTaskCounts)
                .numbers("taskPriorities", taskPriorities)
                .texts("taskTags", taskTags)
                .texts("traceParents", traceParents)
                .texts("errors", errors)
                .blobs("data", data)
                .texts("taskIds", taskIds)
                .payloads("outputs", outputs)
                .texts("openTaskIds", openTaskIds)
                .flags("waiting", waiting)
                .times("notBefore", notBefore)
                .texts("awaitedEvents", awaitedEvents)
                .texts("lastFailedWorkers", lastFailedWorkers)
                .texts("lastErrors", lastErrors)
                .numbers("failures", failures)
                .numbers("carryOn", carryOn);
    }
}
