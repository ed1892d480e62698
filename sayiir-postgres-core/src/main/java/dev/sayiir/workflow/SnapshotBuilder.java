package dev.sayiir.workflow;

import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Builds a {@link WorkflowSnapshot} from its parts: for codecs, tests and whatever the methods of the snapshot itself do
 * not cover. Not for use by several threads.
 */
public final class SnapshotBuilder {

    final String instanceId;
    final String definitionHash;
    WorkflowState state;
    Instant createdAt;
    Instant updatedAt;
    Optional<Payload> initialInput = Optional.empty();
    Optional<TaskDeadline> taskDeadline = Optional.empty();
    final Map<String, TaskRetry> taskRetries;
    final Map<String, Long> loopIterations;
    TaskPriority taskPriority = TaskPriority.NORMAL;
    List<String> taskTags = List.of();
    Optional<String> traceParent = Optional.empty();
    long version;
    long incarnation;
    CompletedTasks knownResults;
    TaskChanges.@Nullable Basis basis;

    SnapshotBuilder(String instanceId, String definitionHash) {
        this.instanceId = instanceId;
        this.definitionHash = definitionHash;
        this.state = new WorkflowState.InProgress(
                new ExecutionPosition.NotStarted(), CompletedTasks.none(), Optional.empty());
        this.createdAt = Instant.now();
        this.updatedAt = createdAt;
        this.taskRetries = new LinkedHashMap<>();
        this.loopIterations = new LinkedHashMap<>();
        this.knownResults = CompletedTasks.none();
    }

    SnapshotBuilder(WorkflowSnapshot from) {
        this.instanceId = from.instanceId();
        this.definitionHash = from.definitionHash();
        this.state = from.state();
        this.createdAt = from.createdAt();
        this.updatedAt = from.updatedAt();
        this.initialInput = from.initialInput();
        this.taskDeadline = from.taskDeadline();
        this.taskRetries = new LinkedHashMap<>(from.taskRetries());
        this.loopIterations = new LinkedHashMap<>(from.loopIterations());
        this.taskPriority = from.taskPriority();
        this.taskTags = from.taskTags();
        this.traceParent = from.traceParent();
        this.version = from.version();
        this.incarnation = from.incarnation();
        this.knownResults = from.knownResults();
        this.basis = from.basis();
    }

    /**
     * @param state what the instance is doing; a save then writes all its results again, since how they differ from the
     *     stored ones is not known
     * @return this
     */
    public SnapshotBuilder state(WorkflowState state) {
        this.state = state;
        this.knownResults = state.completedTasks();
        this.basis = null;
        return this;
    }

    /**
     * @param createdAt when the instance was created, 1970 to 9999; fractions of a second are dropped. Like {@link
     *     #state}, it makes the next save a full one
     * @return this
     * @throws IllegalArgumentException if the time is out of that range
     */
    public SnapshotBuilder createdAt(Instant createdAt) {
        this.createdAt = requireUnixTime("createdAt", createdAt);
        this.basis = null;
        return this;
    }

    /**
     * @param updatedAt when it was last changed, 1970 to 9999; fractions of a second are dropped
     * @return this
     * @throws IllegalArgumentException if the time is out of that range
     */
    public SnapshotBuilder updatedAt(Instant updatedAt) {
        this.updatedAt = requireUnixTime("updatedAt", updatedAt);
        return this;
    }

    /**
     * @param initialInput what the first task is given; like {@link #state}, it makes the next save a full one
     * @return this
     */
    public SnapshotBuilder initialInput(Payload initialInput) {
        this.initialInput = Optional.of(initialInput);
        this.basis = null;
        return this;
    }

    /**
     * Drops the initial input; like {@link #state}, this makes the next save a full one.
     *
     * @return this
     */
    public SnapshotBuilder withoutInitialInput() {
        this.initialInput = Optional.empty();
        this.basis = null;
        return this;
    }

    /**
     * @param taskDeadline by when the running task has to be done; empty for no limit
     * @return this
     */
    public SnapshotBuilder taskDeadline(Optional<TaskDeadline> taskDeadline) {
        this.taskDeadline = taskDeadline;
        return this;
    }

    /**
     * @param taskId a task that failed
     * @param retry where it stands with its retries
     * @return this
     * @throws IllegalArgumentException if the task id is not valid
     */
    public SnapshotBuilder taskRetry(String taskId, TaskRetry retry) {
        taskRetries.put(Identifiers.requireTaskId(taskId), retry);
        return this;
    }

    /**
     * Forgets all failures: what is to be tried again is tried as if for the first time.
     *
     * @return this
     */
    public SnapshotBuilder withoutTaskRetries() {
        taskRetries.clear();
        return this;
    }

    /**
     * @param loopId a loop
     * @param iteration the round that it is in, 0 to 4,294,967,295
     * @return this
     * @throws IllegalArgumentException if the id is not valid or the round out of its range
     */
    public SnapshotBuilder loopIteration(String loopId, long iteration) {
        loopIterations.put(Identifiers.requireTaskId(loopId), Ranges.requireUnsigned32("loop iteration", iteration));
        return this;
    }

    /**
     * @param taskPriority how urgent its tasks are
     * @return this
     */
    public SnapshotBuilder taskPriority(TaskPriority taskPriority) {
        this.taskPriority = taskPriority;
        return this;
    }

    /**
     * @param taskTags what a worker must offer to be given its tasks
     * @return this
     * @throws IllegalArgumentException if a tag is not valid
     */
    public SnapshotBuilder taskTags(List<String> taskTags) {
        taskTags.forEach(tag -> Identifiers.requireName("task tag", tag));
        this.taskTags = List.copyOf(taskTags);
        return this;
    }

    /**
     * @param traceParent the W3C trace context header under which it runs; empty if not traced
     * @return this
     * @throws IllegalArgumentException if it is empty text, too long or not storable
     */
    public SnapshotBuilder traceParent(Optional<String> traceParent) {
        traceParent.ifPresent(value -> Identifiers.requireName("trace parent", value));
        this.traceParent = traceParent;
        return this;
    }

    /** @return the snapshot */
    public WorkflowSnapshot build() {
        return new WorkflowSnapshot(this);
    }

    SnapshotBuilder stored(long storedVersion, long storedIncarnation, WorkflowSnapshot asStored) {
        version = Ranges.requireNotNegative("version", storedVersion);
        incarnation = storedIncarnation;
        basis = TaskChanges.Basis.of(asStored);
        return this;
    }

    void result(CompletedTasks done, String taskId, Optional<Payload> result) {
        knownResults = done;
        if (basis != null) {
            basis = basis.with(taskId, result);
        }
    }

    void end(WorkflowState terminal) {
        state = terminal;
        taskDeadline = Optional.empty();
        taskRetries.clear();
        loopIterations.clear();
    }

    private static Instant requireUnixTime(String what, Instant value) {
        Ranges.requireNotNegative(what, value.getEpochSecond());
        return Ranges.requireWritable(what, value);
    }
}
