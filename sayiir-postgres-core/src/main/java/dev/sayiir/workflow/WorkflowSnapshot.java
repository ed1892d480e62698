package dev.sayiir.workflow;

import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.WorkflowState.Cancelled;
import dev.sayiir.workflow.WorkflowState.Completed;
import dev.sayiir.workflow.WorkflowState.Failed;
import dev.sayiir.workflow.WorkflowState.InProgress;
import dev.sayiir.workflow.WorkflowState.Paused;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * How far an instance of a workflow has got. Immutable: every change makes a new snapshot.
 *
 * <pre>{@code
 * WorkflowSnapshot order = WorkflowSnapshot.start("order-4711", "fulfilment-v1", Payload.utf8("{\"sku\":\"tea\"}"));
 * order = store.createSnapshot(order.moveTo(new ExecutionPosition.AtTask("reserve")));
 * order = store.saveSnapshot(order.completeTask("reserve", output).moveTo(new ExecutionPosition.AtTask("charge")));
 * }</pre>
 *
 * <p>A snapshot that came from a store remembers which results the store has not seen, so that saving it writes only
 * those. Carry on with the snapshot that a save returns, not with the one that was given to it.
 *
 * <p>Equality is by content: all that a store keeps, and the {@link #version()}.
 */
public final class WorkflowSnapshot {

    private final String instanceId;
    private final String definitionHash;
    private final WorkflowState state;
    private final Instant createdAt;
    private final Instant updatedAt;
    private final Optional<Payload> initialInput;
    private final Optional<TaskDeadline> taskDeadline;
    private final Map<String, TaskRetry> taskRetries;
    private final Map<String, Long> loopIterations;
    private final TaskPriority taskPriority;
    private final List<String> taskTags;
    private final Optional<String> traceParent;
    private final long version;

    // Not part of the value: bookkeeping for the next save.
    private final long incarnation;
    private final CompletedTasks knownResults;
    private final TaskChanges.@Nullable Basis basis;

    WorkflowSnapshot(SnapshotBuilder builder) {
        this.instanceId = builder.instanceId;
        this.definitionHash = builder.definitionHash;
        this.state = builder.state;
        this.createdAt = builder.createdAt.truncatedTo(ChronoUnit.SECONDS);
        this.updatedAt = builder.updatedAt.truncatedTo(ChronoUnit.SECONDS);
        this.initialInput = builder.initialInput;
        this.taskDeadline = builder.taskDeadline;
        this.taskRetries = Collections.unmodifiableMap(new LinkedHashMap<>(builder.taskRetries));
        this.loopIterations = Collections.unmodifiableMap(new LinkedHashMap<>(builder.loopIterations));
        this.taskPriority = builder.taskPriority;
        this.taskTags = builder.taskTags;
        this.traceParent = builder.traceParent;
        this.version = builder.version;
        this.incarnation = builder.incarnation;
        this.knownResults = builder.knownResults;
        this.basis = builder.basis;
    }

    /**
     * A new instance at the very beginning, never stored, created now.
     *
     * @param instanceId what to call it, 1 to 256 bytes of UTF-8
     * @param definitionHash which workflow it is an instance of, 1 to 256 bytes
     * @param initialInput what its first task is given
     * @return the snapshot
     * @throws IllegalArgumentException if the id or the hash is not valid
     */
    public static WorkflowSnapshot start(String instanceId, String definitionHash, Payload initialInput) {
        return builder(instanceId, definitionHash).initialInput(initialInput).build();
    }

    /**
     * @param instanceId what to call it, 1 to 256 bytes of UTF-8
     * @param definitionHash which workflow it is an instance of, 1 to 256 bytes
     * @return a builder of a snapshot that was never stored: not started, created now, normal priority
     * @throws IllegalArgumentException if the id or the hash is not valid
     */
    public static SnapshotBuilder builder(String instanceId, String definitionHash) {
        return new SnapshotBuilder(
                Identifiers.requireInstanceId(instanceId), Identifiers.requireName("definition hash", definitionHash));
    }

    /** @return what the instance is called */
    public String instanceId() {
        return instanceId;
    }

    /** @return which workflow it is an instance of */
    public String definitionHash() {
        return definitionHash;
    }

    /** @return what it is doing, or how it ended */
    public WorkflowState state() {
        return state;
    }

    /** @return the status of its state */
    public WorkflowStatus status() {
        return state.status();
    }

    /** @return when it was created, in whole seconds, by the clock of whoever created it */
    public Instant createdAt() {
        return createdAt;
    }

    /** @return when it was last changed, in whole seconds, by the clock of whoever changed it */
    public Instant updatedAt() {
        return updatedAt;
    }

    /** @return what the first task is given, if anything */
    public Optional<Payload> initialInput() {
        return initialInput;
    }

    /** @return by when the running task has to be done, if there is a limit */
    public Optional<TaskDeadline> taskDeadline() {
        return taskDeadline;
    }

    /** @return the tasks that failed and are to be tried again, by task id */
    public Map<String, TaskRetry> taskRetries() {
        return taskRetries;
    }

    /** @return the round that each loop is in, by loop id */
    public Map<String, Long> loopIterations() {
        return loopIterations;
    }

    /** @return how urgent its tasks are */
    public TaskPriority taskPriority() {
        return taskPriority;
    }

    /** @return what a worker must offer to be given its tasks */
    public List<String> taskTags() {
        return taskTags;
    }

    /** @return the W3C {@code traceparent} under which it runs, if traced */
    public Optional<String> traceParent() {
        return traceParent;
    }

    /** @return the version of the checkpoint that this is, or is based on; 0 if it was never stored */
    public long version() {
        return version;
    }

    /** @return where it stands; empty once it is completed, failed or cancelled */
    public Optional<ExecutionPosition> position() {
        if (state instanceof InProgress running) {
            return Optional.of(running.position());
        }
        return state instanceof Paused paused ? Optional.of(paused.position()) : Optional.empty();
    }

    /** @return the task that was done last, if any; empty once it is completed, failed or cancelled */
    public Optional<String> lastCompletedTaskId() {
        if (state instanceof InProgress running) {
            return running.lastCompletedTaskId();
        }
        return state instanceof Paused paused ? paused.lastCompletedTaskId() : Optional.empty();
    }

    /** @return the results that the state carries; none for an instance that completed or failed */
    public CompletedTasks completedTasks() {
        return state.completedTasks();
    }

    /** @return how many tasks are done, also for an instance that has just completed or failed */
    public int completedTaskCount() {
        return knownResults.size();
    }

    /** @return the task at which it stands, if it is not finished and there is something to do or to wait for */
    public Optional<OpenTask> openTask() {
        return OpenTask.of(this);
    }

    /** @return the fork at which it stands with branches to be shared out among workers, finished or not */
    public Optional<AtFork> fork() {
        return position()
                .filter(AtFork.class::isInstance)
                .map(AtFork.class::cast)
                .filter(fork -> !fork.branches().isEmpty());
    }

    /**
     * Begins branches that run in parallel. When all are done, one task joins them. Branches without an input of their own
     * are given the output of the task that was done last, or if there is none the input of the workflow; it is not copied.
     *
     * @param joinTaskId the task that joins them; it is what the fork is called
     * @param branches the branches by label, at least one
     * @return the changed snapshot, in which none of the branches' first tasks counts as done
     * @throws IllegalStateException if it is not in progress
     * @throws IllegalArgumentException if there is no branch, an id or a label is not valid, or two are the same task
     */
    public WorkflowSnapshot forkInto(String joinTaskId, Map<String, Branch> branches) {
        if (branches.isEmpty()) {
            throw new IllegalArgumentException(
                    "The fork that '" + joinTaskId + "' joins has no branches; give it some");
        }
        WorkflowSnapshot forked = moveTo(AtFork.begin(this, joinTaskId, branches));
        for (Branch branch : branches.values()) {
            forked = forked.withdrawTask(branch.taskId());
        }
        return forked;
    }

    /**
     * Moves to another position.
     *
     * @param position where to
     * @return the changed snapshot
     * @throws IllegalStateException if it is not in progress
     */
    public WorkflowSnapshot moveTo(ExecutionPosition position) {
        InProgress running = StateGuard.requireInProgress(this, "move to " + position.kind());
        return changed(
                to -> to.state = new InProgress(position, running.completedTasks(), running.lastCompletedTaskId()));
    }

    /**
     * Records what a task gave back, and clears its retries and its deadline. Doing a task again replaces its output.
     *
     * @param taskId the task
     * @param output its output, possibly of no bytes
     * @return the changed snapshot
     * @throws IllegalStateException if it is not in progress
     * @throws IllegalArgumentException if the task id is not valid
     */
    public WorkflowSnapshot completeTask(String taskId, Payload output) {
        InProgress running = StateGuard.requireInProgress(this, "complete task '" + taskId + "'");
        CompletedTasks done = running.completedTasks().with(taskId, output);
        return changed(to -> {
            to.state = new InProgress(running.position(), done, Optional.of(taskId));
            to.taskRetries.remove(taskId);
            to.taskDeadline = taskDeadline.filter(deadline -> !deadline.taskId().equals(taskId));
            to.result(done, taskId, Optional.of(output));
        });
    }

    /**
     * Makes a task count as not done, so that it can be done again, as in another round of a loop. Its output stays in
     * the history.
     *
     * @param taskId the task
     * @return the changed snapshot
     * @throws IllegalStateException if it is not in progress
     */
    public WorkflowSnapshot withdrawTask(String taskId) {
        InProgress running = StateGuard.requireInProgress(this, "withdraw task '" + taskId + "'");
        if (!running.completedTasks().contains(taskId)) {
            return this;
        }
        CompletedTasks done = running.completedTasks().without(taskId);
        return changed(to -> {
            to.state = new InProgress(
                    running.position(), done, running.lastCompletedTaskId().filter(last -> !last.equals(taskId)));
            to.result(done, taskId, Optional.empty());
        });
    }

    /**
     * Ends it with a result, and clears deadline, retries and loop rounds.
     *
     * @param finalOutput the result of the workflow
     * @return the changed snapshot
     * @throws IllegalStateException if it is not in progress
     */
    public WorkflowSnapshot complete(Payload finalOutput) {
        StateGuard.requireInProgress(this, "complete it");
        return changed(to -> to.end(new Completed(finalOutput)));
    }

    /**
     * Ends it with an error, and clears deadline, retries and loop rounds.
     *
     * @param error what went wrong
     * @return the changed snapshot
     * @throws IllegalStateException if it is finished already
     * @throws IllegalArgumentException if the text cannot be stored
     */
    public WorkflowSnapshot fail(String error) {
        StateGuard.requireUnfinished(this, "fail it");
        return changed(to -> to.end(new Failed(error)));
    }

    /**
     * Ends it by request and clears the deadline. What has been done stays on record.
     *
     * @param reason why, if said
     * @param cancelledBy who asked, if said
     * @param cancelledAt when
     * @param interruptedAtTask the task that was under way, if any
     * @return the changed snapshot
     * @throws IllegalStateException if it is finished already
     * @throws IllegalArgumentException if a text cannot be stored or the id is not valid
     */
    public WorkflowSnapshot cancel(
            Optional<String> reason,
            Optional<String> cancelledBy,
            Instant cancelledAt,
            Optional<String> interruptedAtTask) {
        StateGuard.requireUnfinished(this, "cancel it");
        return changed(to -> {
            to.state = new Cancelled(reason, cancelledBy, cancelledAt, state.completedTasks(), interruptedAtTask);
            to.taskDeadline = Optional.empty();
        });
    }

    /**
     * Stops it until {@link #unpause()}, and clears the deadline.
     *
     * @param reason why, if said
     * @param pausedBy who asked, if said
     * @param pausedAt when
     * @return the changed snapshot
     * @throws IllegalStateException if it is not in progress
     * @throws IllegalArgumentException if a text cannot be stored
     */
    public WorkflowSnapshot pause(Optional<String> reason, Optional<String> pausedBy, Instant pausedAt) {
        InProgress running = StateGuard.requireInProgress(this, "pause it");
        return changed(to -> {
            to.state = running.pausedBy(reason, pausedBy, pausedAt);
            to.taskDeadline = Optional.empty();
        });
    }

    /**
     * Goes on where it was paused.
     *
     * @return the changed snapshot
     * @throws IllegalStateException if it is not paused
     */
    public WorkflowSnapshot unpause() {
        if (!(state instanceof Paused paused)) {
            throw StateGuard.refused(this, "unpause it", "Paused");
        }
        return changed(to -> to.state = paused.resumed());
    }

    /** @return a builder that starts with everything this snapshot has, its version too */
    public SnapshotBuilder toBuilder() {
        return new SnapshotBuilder(this);
    }

    /**
     * For stores: what tells this instance from others that had, or will have, its id. Not part of the value.
     *
     * @return the number that the store gave to the instance when it was created; 0 if it was never stored
     */
    public long incarnation() {
        return incarnation;
    }

    /**
     * For stores: this snapshot as it is once stored.
     *
     * @param storedVersion the version of the checkpoint, at least 1
     * @param storedIncarnation the number that the instance got when it was created
     * @return the same content with that version and nothing left to save
     */
    public WorkflowSnapshot storedAs(long storedVersion, long storedIncarnation) {
        return toBuilder().stored(storedVersion, storedIncarnation, this).build();
    }

    /** @return for stores: what has happened to tasks since {@link #version()}; empty if that is not known */
    public Optional<TaskChanges> taskChanges() {
        return Optional.ofNullable(basis).map(known -> known.changesTo(this));
    }

    /** The results that this object has seen: those of the state, or of the last state that carried any. */
    CompletedTasks knownResults() {
        return knownResults;
    }

    TaskChanges.@Nullable Basis basis() {
        return basis;
    }

    private WorkflowSnapshot changed(Consumer<SnapshotBuilder> change) {
        SnapshotBuilder to = toBuilder();
        to.updatedAt(Instant.now());
        change.accept(to);
        return to.build();
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof WorkflowSnapshot that && content().equals(that.content());
    }

    @Override
    public int hashCode() {
        return Objects.hash(instanceId, version, state);
    }

    private List<Object> content() {
        return List.of(
                List.of(instanceId, version, definitionHash, state, createdAt, updatedAt, initialInput),
                List.of(taskDeadline, taskRetries, loopIterations, taskPriority, taskTags, traceParent));
    }

    @Override
    public String toString() {
        return "WorkflowSnapshot[" + instanceId + " v" + version + " " + status()
                + position().map(position -> " " + position.kind()).orElse("") + "]";
    }
}
