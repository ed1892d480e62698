package dev.sayiir.persistence.memory;

import dev.sayiir.event.InstanceEvent;
import dev.sayiir.event.TaskBlockedEvent;
import dev.sayiir.persistence.BlockedTask;
import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.BranchStep;
import dev.sayiir.persistence.Claims;
import dev.sayiir.persistence.PastVersion;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.Signals;
import dev.sayiir.persistence.StaleSnapshotException;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.persistence.TaskRefusal.Outcome;
import dev.sayiir.persistence.TaskSummary;
import dev.sayiir.persistence.TerminalStateException;
import dev.sayiir.persistence.WorkflowEvent.Kind;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.persistence.memory.QueuedTask.Refusal;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.OpenTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.SnapshotBuilder;
import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.TaskResult;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import dev.sayiir.workflow.WorkflowState.Failed;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** All that is stored of one instance. {@link InMemoryBackend} sees to it that one thread at a time is in here. */
final class StoredInstance {

    private final long incarnation;
    private final EventJournal journal;
    private final Consumer<? super InstanceEvent> listener;
    private final List<Checkpoint> checkpoints = new ArrayList<>();
    private long baseVersion = 1;
    private CompletedTasks results = CompletedTasks.none();
    private final TaskJournal tasks = new TaskJournal();
    private final Map<String, QueuedTask> open = new LinkedHashMap<>();

    /** @param listener hears of its end, and that a task of it is blocked */
    StoredInstance(long incarnation, EventJournal journal, Consumer<? super InstanceEvent> listener) {
        this.incarnation = incarnation;
        this.journal = journal;
        this.listener = listener;
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

    List<TaskSummary> tasks() {
        return tasks.list(open);
    }

    Map<String, Payload> results() {
        return results.asMap();
    }

    /** The tasks that are to be run, running or waited at: one, or more where branches run in parallel. */
    Collection<QueuedTask> openTasks() {
        return Collections.unmodifiableCollection(open.values());
    }

    Optional<QueuedTask> openTask(String taskId) {
        return Optional.ofNullable(open.get(taskId));
    }

    boolean isClaimed(Instant now) {
        return open.values().stream().anyMatch(task -> task.isClaimed(now));
    }

    /** What a task comes with that has just been claimed. */
    WorkflowSnapshot claimed(TaskClaim claim) {
        WorkflowSnapshot snapshot = current().snapshot();
        if (claim.branch().isEmpty()) {
            return snapshot;
        }
        SnapshotBuilder instance = WorkflowSnapshot.builder(snapshot.instanceId(), snapshot.definitionHash())
                .createdAt(snapshot.createdAt())
                .updatedAt(snapshot.updatedAt())
                .taskPriority(snapshot.taskPriority())
                .taskTags(snapshot.taskTags())
                .traceParent(snapshot.traceParent());
        snapshot.initialInput().ifPresent(instance::initialInput);
        return Claims.snapshotForBranch(
                claim,
                instance,
                snapshot.version(),
                current().currentTaskId().orElseThrow(),
                openTask(claim.taskId()).flatMap(QueuedTask::input));
    }

    Optional<QueuedTask> held(TaskClaim claim) {
        return openTask(claim.taskId())
                .filter(task -> task.claim()
                        .filter(held -> held.claimToken() == claim.claimToken())
                        .isPresent());
    }

    /** What follows from a claimed task. Like any save, but the claim ends with it. */
    void commit(TaskClaim claim, WorkflowSnapshot snapshot, Instant now) {
        held(claim).ifPresent(QueuedTask::forgetClaim);
        save(snapshot, now);
    }

    void create(WorkflowSnapshot snapshot, Instant now) {
        store(snapshot, TaskChanges.replacing(Set.of(), snapshot), now);
        journal.created(snapshot, now);
        InstanceEvent.ofEnd(snapshot).ifPresent(listener);
    }

    void save(WorkflowSnapshot snapshot, Instant now) {
        TaskChanges changes = Optional.of(snapshot)
                .filter(it -> it.version() == current().version())
                .flatMap(WorkflowSnapshot::taskChanges)
                .orElseGet(() -> replacing(snapshot));
        WorkflowStatus before = current().snapshot().status();
        store(snapshot, changes, now);
        if (snapshot.status() != before) {
            journal.changedTo(snapshot, now);
            pauseOrResumeBranches(snapshot.status(), now);
            InstanceEvent.ofEnd(snapshot).ifPresent(listener);
        }
    }

    /** The version that is stored next replaces everything before it. */
    private TaskChanges replacing(WorkflowSnapshot snapshot) {
        baseVersion = checkpoints.size() + 1L;
        return TaskChanges.replacing(results.taskIds(), snapshot);
    }

    /** The last version, up to one, in which it had not ended; and in which its main line stood at a task, if one is given. */
    Optional<Checkpoint> lastUnfinished(long latest, Optional<String> taskId) {
        return checkpoints.stream()
                .limit(latest)
                .filter(it -> !it.snapshot().status().isTerminal())
                .filter(it -> taskId.isEmpty() || it.currentTaskId().equals(taskId))
                .filter(it -> taskId.filter(it.completedTaskIds()::contains).isEmpty())
                .reduce((earlier, later) -> later);
    }

    PastVersion past(Checkpoint checkpoint) {
        Map<String, Long> resultVersions = new HashMap<>();
        Map<String, String> nextInBranches = new HashMap<>();
        for (Checkpoint earlier : checkpoints.subList(0, (int) checkpoint.version())) {
            earlier.completedTaskIds().forEach(nextInBranches::remove);
            earlier.completedTaskIds().forEach(taskId -> resultVersions.put(taskId, earlier.version()));
            earlier.nextInBranch()
                    .ifPresent(next ->
                            nextInBranches.put(earlier.completedTaskIds().get(0), next));
        }
        WorkflowSnapshot then = checkpoint.loadedWith(current().snapshot().traceParent());
        return new PastVersion(then, checkpoint.savedAt(), resultVersions, nextInBranches);
    }

    /** Leaves all places at which it stands, and goes on as a snapshot says. */
    void redrive(PastVersion from, WorkflowSnapshot goingOn, SignalRequest asked, Instant now) {
        Optional<TaskChanges> changes =
                from.changesTo(goingOn, baseVersion, tasks.resultVersions(results.taskIds(), open.keySet()));
        WorkflowStatus before = current().snapshot().status();
        if (before.isTerminal()) {
            journal.restoreDropped(goingOn.instanceId());
        }
        open.clear();
        tasks.leaveOpen(now);
        store(goingOn, changes.orElseGet(() -> replacing(goingOn)), now);
        if (before == WorkflowStatus.PAUSED) {
            journal.changedTo(goingOn, now);
        }
        journal.redriven(goingOn.instanceId(), asked, now);
    }

    /** If a branch stands at the task, it ends with the result. */
    void saveTaskResult(String taskId, Payload output, Instant now) {
        Optional<BranchStep> branch = openTask(taskId).flatMap(QueuedTask::branch);
        addResult(taskId, output, branch.map(BranchStep::label), Optional.empty(), now);
    }

    void endBranch(TaskClaim claim, Payload output, Instant now) {
        addResult(claim.taskId(), output, claim.branch().map(BranchStep::label), Optional.empty(), now);
    }

    void continueBranch(TaskClaim claim, BranchOutcome.Next outcome, Instant now) {
        String next = outcome.nextTaskId();
        withdraw(next);
        addResult(claim.taskId(), outcome.output(), Optional.empty(), Optional.of(next), now);
        BranchStep step = new BranchStep(claim.branch().orElseThrow().label(), Optional.of(claim.taskId()));
        QueuedTask task = new QueuedTask(next);
        task.open(step, now, outcome.delay().map(now::plus), isRunning());
        task.give(Optional.of(outcome.output()));
        open.put(next, task);
        if (next.equals(claim.taskId())) {
            tasks.repeatStep(next, now);
        } else {
            tasks.openStep(next, now);
        }
    }

    void retryBranch(TaskClaim claim, BranchOutcome.Retry outcome, Instant now) {
        held(claim).ifPresent(task -> {
            task.backOff(now.plus(outcome.backOff()), claim.workerId());
            tasks.failed(claim.taskId(), outcome.error());
        });
    }

    /** Nothing of a claim that is lost. */
    Outcome refuse(TaskRefusal refusal, Instant now) {
        Optional<QueuedTask> held = held(refusal.claim());
        held.ifPresent(task -> tasks.failed(task.taskId(), refusal.error()));
        if (held.filter(task -> task.refuse(refusal, now)).isEmpty()) {
            return held.isPresent() ? Outcome.LEFT : Outcome.LOST;
        }
        logBlock(held.orElseThrow(), now);
        return Outcome.BLOCKED;
    }

    void block(QueuedTask task, Refusal why, Instant now) {
        task.block(why, now);
        tasks.failed(task.taskId(), why.error());
        logBlock(task, now);
    }

    private void logBlock(QueuedTask task, Instant now) {
        Refusal why = task.refusal().orElseThrow();
        String what = "Task '" + task.taskId() + "': " + why.reason().text() + ": " + why.error();
        journal.report(
                current().snapshot().instanceId(),
                Kind.BLOCKED,
                new SignalRequest(Optional.of(what), Optional.empty()),
                now);
        listener.accept(new TaskBlockedEvent(
                current().snapshot().instanceId(),
                current().snapshot().definitionHash(),
                task.taskId(),
                task.branch().map(BranchStep::label),
                why.reason(),
                why.error()));
    }

    Stream<BlockedTask> blocked() {
        return open.values().stream().flatMap(task -> task.blockedAt().map(since -> blocked(task, since)).stream());
    }

    private BlockedTask blocked(QueuedTask task, Instant since) {
        WorkflowSnapshot snapshot = current().snapshot();
        Refusal refusal = task.refusal().orElseThrow();
        return new BlockedTask(
                snapshot.instanceId(),
                task.taskId(),
                task.branch().map(BranchStep::label),
                snapshot.definitionHash(),
                refusal.reason(),
                refusal.error(),
                refusal.build(),
                since,
                task.attempts());
    }

    private boolean awaitsBranches(QueuedTask task) {
        return task.branch().isEmpty()
                && current()
                        .snapshot()
                        .fork()
                        .filter(fork -> !fork.openBranches().isEmpty())
                        .isPresent();
    }

    void unblock(String taskId, SignalRequest request, Instant now) {
        openTask(taskId)
                .ifPresent(task -> task.unblock(Optional.of(now).filter(at -> isRunning() && !awaitsBranches(task))));
        String what = "Task '" + taskId + "'"
                + request.reason().map(why -> ": " + why).orElse("");
        journal.report(
                current().snapshot().instanceId(),
                Kind.UNBLOCKED,
                new SignalRequest(Optional.of(what), request.requestedBy()),
                now);
    }

    /** If the claim before ended by itself. */
    void noteCrash(QueuedTask task) {
        task.noteCrash().ifPresent(workerId -> tasks.failed(task.taskId(), Claims.crashOf(workerId)));
    }

    void claimed(QueuedTask task, TaskClaim claim) {
        task.claimedBy(claim);
        tasks.claimed(claim);
    }

    private void addResult(
            String taskId, Payload output, Optional<String> endedBranch, Optional<String> nextInBranch, Instant now) {
        WorkflowSnapshot before = current().snapshot();
        recordResult(taskId, output);
        open.remove(taskId);
        tasks.done(taskId, current().version() + 1, now);
        WorkflowState state = before.state().withResults(results, Optional.of(taskId));
        Map<String, TaskResult> ended = new LinkedHashMap<>();
        endedBranch.ifPresent(label -> ended.put(label, new TaskResult(taskId, output)));
        append(before, state.withFork(fork -> fork.withBranchResults(ended)), List.of(taskId), nextInBranch, now);
        WorkflowSnapshot after = current().snapshot();
        if (endedBranch.isPresent()
                && after.fork().filter(fork -> fork.openBranches().isEmpty()).isPresent()) {
            queue(after, false, now);
            after.openTask().ifPresent(join -> tasks.openMain(join, after, now));
        }
    }

    private boolean isRunning() {
        return current().snapshot().status() == WorkflowStatus.IN_PROGRESS;
    }

    private void pauseOrResumeBranches(WorkflowStatus status, Instant now) {
        open.values().stream().filter(task -> task.branch().isPresent()).forEach(task -> {
            if (status == WorkflowStatus.PAUSED) {
                task.pause();
            } else {
                task.resume(now);
            }
        });
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
        changes.withdrawn().forEach(this::withdraw);
        changes.completed().forEach(this::recordResult);
        boolean anew = snapshot.openTask()
                .map(OpenTask::taskId)
                .filter(changes.completed()::containsKey)
                .isPresent();
        queue(snapshot, anew, now);
        if (!changes.forkKept()) {
            queueBranches(snapshot, changes.branchesToOpen(snapshot), now);
        }
        tasks.checkpoint(snapshot, changes, open.values(), checkpoints.size() + 1L, now);
        append(
                snapshot,
                snapshot.state().withResults(results, snapshot.lastCompletedTaskId()),
                List.copyOf(changes.completed().keySet()),
                Optional.empty(),
                now);
    }

    /** A wait is due at once if its event is there already. */
    private void queue(WorkflowSnapshot snapshot, boolean doneAnew, Instant now) {
        Optional<OpenTask> at = snapshot.openTask();
        String taskId = at.map(OpenTask::taskId).orElse("");
        open.values().removeIf(task -> task.branch().isEmpty() && !task.taskId().equals(taskId));
        Optional<Instant> atOnce = Optional.of(now);
        at.ifPresent(task -> {
            boolean anew = doneAnew || !open.containsKey(taskId);
            Optional<Instant> readyAt = atOnce.filter(it -> isAwaitedEventThere(snapshot))
                    .or(task::notBefore)
                    .or(() -> atOnce.filter(it -> !task.waiting()))
                    .filter(it -> snapshot.status() == WorkflowStatus.IN_PROGRESS);
            open.computeIfAbsent(taskId, QueuedTask::new)
                    .open(
                            Optional.empty(),
                            readyAt,
                            retry(snapshot, taskId).flatMap(TaskRetry::lastFailedWorker),
                            retry(snapshot, taskId).map(TaskRetry::attempts).orElse(0L),
                            anew);
        });
    }

    private void queueBranches(WorkflowSnapshot snapshot, Map<String, Branch> branches, Instant now) {
        Set<String> begun = branches.values().stream().map(Branch::taskId).collect(Collectors.toSet());
        Optional<String> after = snapshot.fork().flatMap(AtFork::afterTaskId).filter(results::contains);
        open.values().removeIf(task -> task.branch().isPresent() && !begun.contains(task.taskId()));
        Optional<Instant> readyAt = Optional.of(now).filter(at -> snapshot.status() == WorkflowStatus.IN_PROGRESS);
        branches.forEach((label, branch) -> {
            boolean anew = !open.containsKey(branch.taskId());
            Optional<String> from = branch.input().isPresent() ? Optional.empty() : after;
            QueuedTask task = open.computeIfAbsent(branch.taskId(), QueuedTask::new);
            task.open(Optional.of(new BranchStep(label, from)), readyAt, Optional.empty(), 0, anew);
            task.give(branch.input().or(() -> from.flatMap(results::output)));
        });
    }

    private static Optional<TaskRetry> retry(WorkflowSnapshot snapshot, String taskId) {
        return Optional.ofNullable(snapshot.taskRetries().get(taskId));
    }

    private boolean isAwaitedEventThere(WorkflowSnapshot snapshot) {
        return Signals.waitOf(snapshot)
                .flatMap(wait -> journal.oldest(snapshot.instanceId(), wait.signalName()))
                .isPresent();
    }

    private void append(
            WorkflowSnapshot snapshot,
            WorkflowState state,
            List<String> completedTaskIds,
            Optional<String> nextInBranch,
            Instant now) {
        WorkflowSnapshot stored =
                snapshot.toBuilder().state(state).build().storedAs(checkpoints.size() + 1L, incarnation);
        checkpoints.add(new Checkpoint(stored, completedTaskIds, nextInBranch, now));
    }

    private void withdraw(String taskId) {
        results = results.without(taskId);
    }

    /** A task done again moves to the end. */
    private void recordResult(String taskId, Payload output) {
        results = results.with(taskId, output);
    }
}
