package dev.sayiir.persistence.memory;

import dev.sayiir.persistence.Signals;
import dev.sayiir.persistence.StaleSnapshotException;
import dev.sayiir.persistence.TaskClaim;
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
    private Optional<Instant> readyAt = Optional.empty();
    private Optional<TaskClaim> claim = Optional.empty();
    private int attempts;

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

    /** When the open task may next be claimed, while it is claimed not before the claim ends. */
    Optional<Instant> readyAt() {
        return readyAt;
    }

    boolean isDue(Instant now) {
        return readyAt.filter(at -> !at.isAfter(now)).isPresent();
    }

    boolean isClaimed(Instant now) {
        return claim.filter(held -> held.expiresAt().isAfter(now)).isPresent();
    }

    boolean holds(TaskClaim asked) {
        return claim.filter(held -> held.taskId().equals(asked.taskId()) && held.claimToken() == asked.claimToken())
                .isPresent();
    }

    Optional<TaskClaim> claim() {
        return claim;
    }

    /** The number of the next claim of the open task. */
    int nextAttempt() {
        return ++attempts;
    }

    /** The task of a paused instance is not due, and a back-off beyond the claim stays. */
    void claimedBy(TaskClaim claimed) {
        Optional<Instant> before = claim.map(TaskClaim::expiresAt);
        readyAt = readyAt.map(at ->
                before.filter(at::isAfter).isPresent() && at.isAfter(claimed.expiresAt()) ? at : claimed.expiresAt());
        claim = Optional.of(claimed);
    }

    void release(Instant now) {
        Optional<Instant> until = claim.map(TaskClaim::expiresAt);
        readyAt = readyAt.map(at -> until.filter(at::isAfter).isPresent() ? at : now);
        claim = Optional.empty();
    }

    /** What follows from a claimed task. Like any save, but the claim ends with it. */
    void commit(WorkflowSnapshot snapshot, Instant now) {
        claim = Optional.empty();
        save(snapshot, now);
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
        if (openTask.filter(taskId::equals).isPresent()) {
            queue(before, Optional.empty(), true, now);
        }
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
        Optional<OpenTask> open = snapshot.openTask();
        boolean anew = open.map(OpenTask::taskId)
                .filter(changes.completed()::containsKey)
                .isPresent();
        queue(snapshot, open, anew, now);
        append(
                snapshot,
                snapshot.state().withResults(CompletedTasks.of(results), snapshot.lastCompletedTaskId()),
                List.copyOf(changes.completed().keySet()),
                now);
    }

    /** A task that stays open stays claimed. A wait is due at once if its event is there already. */
    private void queue(WorkflowSnapshot snapshot, Optional<OpenTask> open, boolean doneAnew, Instant now) {
        Optional<String> taskId = open.map(OpenTask::taskId);
        boolean otherTask = taskId.isEmpty() || !openTask.equals(taskId);
        attempts = otherTask || doneAnew ? 0 : attempts;
        claim = claim.filter(held -> !otherTask);
        openTask = taskId;
        Optional<Instant> atOnce = Optional.of(now);
        readyAt = open.filter(task -> snapshot.status() == WorkflowStatus.IN_PROGRESS)
                .flatMap(task -> atOnce.filter(at -> isAwaitedEventThere(snapshot))
                        .or(task::notBefore)
                        .or(() -> atOnce.filter(at -> !task.waiting())))
                .map(at -> claim.map(TaskClaim::expiresAt).filter(at::isBefore).orElse(at));
    }

    private boolean isAwaitedEventThere(WorkflowSnapshot snapshot) {
        return Signals.waitOf(snapshot)
                .flatMap(wait -> journal.oldest(snapshot.instanceId(), wait.signalName()))
                .isPresent();
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
