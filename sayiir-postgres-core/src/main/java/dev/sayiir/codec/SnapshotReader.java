package dev.sayiir.codec;

import static dev.sayiir.codec.Names.*;

import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.SnapshotBuilder;
import dev.sayiir.workflow.TaskDeadline;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonParser;

/** Reads a snapshot in Sayiir's structure, its fields in any order. Made for one snapshot. */
final class SnapshotReader {

    private final StructureReader in;
    private final ValueReader values;
    private final StateReader states;

    SnapshotReader(JsonParser parser, Problems problems) {
        this.in = new StructureReader(parser, problems);
        this.values = new ValueReader(parser, in);
        this.states = new StateReader(in, values);
    }

    /**
     * Reads the whole stream.
     *
     * @throws SnapshotSerializationException if it is no snapshot
     */
    WorkflowSnapshot read() {
        return in.document(this::snapshot);
    }

    private WorkflowSnapshot snapshot() {
        Field<String> instanceId = in.mandatory(INSTANCE_ID, values::text);
        Field<String> definitionHash = in.mandatory(DEFINITION_HASH, values::text);
        Field<WorkflowState> state = in.mandatory(STATE, states::state);
        Field<Instant> createdAt = in.mandatory(CREATED_AT, values::unixSeconds);
        Field<Instant> updatedAt = in.mandatory(UPDATED_AT, values::unixSeconds);
        Field<Payload> initialInput = in.optional(INITIAL_INPUT, values::bytes);
        Field<TaskDeadline> deadline = in.optional(TASK_DEADLINE, this::deadline);
        Field<Map<String, TaskRetry>> retries = in.optional(TASK_RETRIES, () -> in.map(taskId -> retry()));
        Field<Map<String, Long>> loops = in.optional(LOOP_ITERATIONS, () -> in.map(loopId -> values.unsigned32()));
        Field<TaskPriority> priority = in.optional(TASK_PRIORITY, this::priority);
        Field<List<String>> tags = in.optional(TASK_TAGS, () -> in.list(values::text));
        in.object(
                instanceId,
                definitionHash,
                state,
                createdAt,
                updatedAt,
                initialInput,
                deadline,
                retries,
                loops,
                priority,
                tags);

        SnapshotBuilder snapshot = WorkflowSnapshot.builder(instanceId.required(), definitionHash.required())
                .state(state.required())
                .createdAt(createdAt.required())
                .updatedAt(updatedAt.required())
                .taskDeadline(deadline.ifThere())
                .taskPriority(priority.ifThere().orElse(TaskPriority.NORMAL))
                .taskTags(tags.ifThere().orElse(List.of()));
        initialInput.ifThere().ifPresent(snapshot::initialInput);
        retries.ifThere().ifPresent(map -> map.forEach(snapshot::taskRetry));
        loops.ifThere().ifPresent(map -> map.forEach(snapshot::loopIteration));
        return snapshot.build();
    }

    private TaskDeadline deadline() {
        Field<String> taskId = in.mandatory(TASK_ID, values::text);
        Field<Instant> deadline = in.mandatory(DEADLINE, values::time);
        Field<Long> timeoutMs = in.mandatory(TIMEOUT_MS, values::unsigned);
        in.object(taskId, deadline, timeoutMs);
        return new TaskDeadline(taskId.required(), deadline.required(), timeoutMs.required());
    }

    private TaskRetry retry() {
        Field<Long> attempts = in.mandatory(ATTEMPTS, values::unsigned32);
        Field<RetryPolicy> policy = in.mandatory(POLICY, this::policy);
        Field<String> lastError = in.mandatory(LAST_ERROR, values::text);
        Field<String> lastFailedWorker = in.optional(LAST_FAILED_WORKER, values::text);
        Field<Instant> nextRetryAt = in.mandatory(NEXT_RETRY_AT, values::time);
        in.object(attempts, policy, lastError, lastFailedWorker, nextRetryAt);
        return new TaskRetry(
                attempts.required(),
                policy.required(),
                lastError.required(),
                lastFailedWorker.ifThere(),
                nextRetryAt.required());
    }

    private RetryPolicy policy() {
        Field<Long> maxRetries = in.mandatory(MAX_RETRIES, MAX_ATTEMPTS, values::unsigned32);
        Field<Duration> initialDelay = in.mandatory(INITIAL_DELAY, values::duration);
        Field<Float> multiplier = in.mandatory(BACKOFF_MULTIPLIER, values::fraction);
        Field<Duration> maxDelay = in.optional(MAX_DELAY, values::duration);
        in.object(maxRetries, initialDelay, multiplier, maxDelay);
        return new RetryPolicy(
                maxRetries.required(), initialDelay.required(), multiplier.required(), maxDelay.ifThere());
    }

    private TaskPriority priority() {
        return TaskPriority.ofLevel((int) Math.min(values.unsigned(), Integer.MAX_VALUE));
    }
}
