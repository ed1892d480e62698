package dev.sayiir.persistence.memory;

import dev.sayiir.persistence.StaleSnapshotException;
import dev.sayiir.persistence.TerminalStateException;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.OpenTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import dev.sayiir.workflow.WorkflowState.Failed;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** All that is stored of one instance. {@link InMemoryBackend} sees to it that one thread at a time is in here. */
final class StoredInstance {

    private final long incarnation;
    private final EventJournal journal;
    private final List<Checkpoint> checkpoints = new ArrayList<>();
    private final Map<String, Payload> results = new LinkedHashMap<>();
    private Optional<String> openTask = Optional.empty();

    StoredInstance(long incarnation, EventJournal journal) {
        this.incarnation = incarnation;
        this.journal = journal;
    }

    long incarnation() {
        return incarnation;
    }

    Checkpoint current() {
        return checkpoints.get(checkpoints.size() - 1);
    }

    List<Checkpoint> checkpoints() {
        return Collections.unmodifiableList(checkpoints);
    }

    Map<String, Payload> results() {
        return Collections.unmodifiableMap(results);
    }

    /** The task that is to be run, running or waited at. */
    Optional<String> openTask() {
        return openTask;
    }

    void create(WorkflowSnapshot snapshot, Instant now) {
        store(snapshot, TaskChanges.replacing(Set.of(), Map.of(), snapshot), now);
        journal.created(snapshot, now);
    }

    void save(WorkflowSnapshot snapshot, Instant now) {
        TaskChanges changes = Optional.of(snapshot)
                .filter(it -> it.version() == current().version())
                .flatMap(WorkflowSnapshot::taskChanges)
                .orElseGet(() -> TaskChanges.replacing(results.keySet(), Map.of(), snapshot));
        WorkflowStatus before = current().snapshot().status();
        store(snapshot, changes, now);
        if (snapshot.status() != before) {
            journal.changedTo(snapshot, now);
        }
    }

    void saveTaskResult(String taskId, Payload output, Instant now) {
        WorkflowSnapshot before = current().snapshot();
        recordResult(taskId, output);
        openTask = openTask.filter(open -> !open.equals(taskId));
        WorkflowState state = before.state().withResults(CompletedTasks.of(results), Optional.of(taskId));
        append(before, state, List.of(taskId), now);
    }

    void requireUnfinished() {
        WorkflowSnapshot stored = current().snapshot();
        if (stored.status().isTerminal()) {
            throw new TerminalStateException(stored.instanceId(), stored.status());
        }
    }

    void requireVersion(long expected) {
        if (expected != current().version()) {
            throw new StaleSnapshotException(
                    current().snapshot().instanceId(), expected, current().version());
        }
    }

    /** A snapshot that was stored under this id before, but for an instance that has been deleted, is not saved here. */
    void requireSameInstance(WorkflowSnapshot snapshot) {
        if (snapshot.version() > 0 && snapshot.incarnation() != incarnation) {
            throw new StaleSnapshotException(
                    snapshot.instanceId(), snapshot.version(), current().version());
        }
    }

    WorkflowSummary summary() {
        WorkflowSnapshot snapshot = current().snapshot();
        return new WorkflowSummary(
                snapshot.instanceId(),
                snapshot.definitionHash(),
                snapshot.status(),
                snapshot.position().map(position -> position.kind().text()),
                current().currentTaskId(),
                results.size(),
                snapshot.state() instanceof Failed failed ? Optional.of(failed.error()) : Optional.empty(),
                snapshot.taskPriority(),
                snapshot.taskTags(),
                snapshot.version(),
                snapshot.createdAt(),
                current().savedAt(),
                Optional.of(current().savedAt()).filter(at -> snapshot.status().isTerminal()));
    }

    private void store(WorkflowSnapshot snapshot, TaskChanges changes, Instant now) {
        changes.withdrawn().forEach(results::remove);
        changes.completed().forEach(this::recordResult);
        openTask = snapshot.openTask().map(OpenTask::taskId);
        append(
                snapshot,
                snapshot.state().withResults(CompletedTasks.of(results), snapshot.lastCompletedTaskId()),
                List.copyOf(changes.completed().keySet()),
                now);
    }

    private void append(WorkflowSnapshot snapshot, WorkflowState state, List<String> completedTaskIds, Instant now) {
        WorkflowSnapshot stored =
                snapshot.toBuilder().state(state).build().storedAs(checkpoints.size() + 1L, incarnation);
        checkpoints.add(new Checkpoint(stored, completedTaskIds, now));
    }

    /** A task done again moves to the end. */
    private void recordResult(String taskId, Payload output) {
        results.remove(taskId);
        results.put(taskId, output);
    }
}
