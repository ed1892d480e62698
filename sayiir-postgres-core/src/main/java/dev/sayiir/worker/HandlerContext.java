package dev.sayiir.worker;

import dev.sayiir.persistence.TaskResultStore;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Instant;
import java.util.Optional;

/** What a handler is told. */
record HandlerContext(
        HeldTask held,
        WorkflowSnapshot snapshot,
        TaskResultStore results,
        Optional<Instant> deadline,
        JsonPayloads payloads,
        TaskWorkerListener listener)
        implements TaskContext {

    @Override
    public String instanceId() {
        return held.claim().instanceId();
    }

    @Override
    public String workflow() {
        return snapshot.definitionHash();
    }

    @Override
    public String taskId() {
        return held.claim().taskId();
    }

    @Override
    public long claimToken() {
        return held.claim().claimToken();
    }

    @Override
    public int attempt() {
        return held.claim().attempt();
    }

    @Override
    public Optional<String> traceParent() {
        return snapshot.traceParent();
    }

    @Override
    public <T> Optional<T> result(String taskId, Class<T> type) {
        return snapshot.completedTasks()
                .output(taskId)
                .or(() -> lookUp(taskId))
                .map(output -> payloads.read("output of task '" + taskId + "'", output, type));
    }

    /** A task of a branch is not handed all that was done before, as there may be thousands of branches. */
    private Optional<Payload> lookUp(String taskId) {
        return held.claim().branch().flatMap(branch -> results.loadTaskResult(instanceId(), taskId));
    }

    @Override
    public <T> Optional<T> branchResult(String label, Class<T> type) {
        return snapshot.fork()
                .flatMap(fork -> Optional.ofNullable(fork.completedBranches().get(label)))
                .map(result -> payloads.read("result of branch '" + label + "'", result.output(), type));
    }

    @Override
    public <T> T workflowInput(Class<T> type) {
        return payloads.read("input of the workflow", snapshot.initialInput().orElse(Payload.empty()), type);
    }

    @Override
    public void heartbeat(String progress) throws InterruptedException {
        listener.progress(this, progress);
        if (held.isStopped()) {
            throw new InterruptedException("The " + held + " is to stop");
        }
    }

    @Override
    public String toString() {
        return held.toString();
    }
}
