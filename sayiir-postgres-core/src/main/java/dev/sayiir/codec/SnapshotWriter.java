package dev.sayiir.codec;

import static dev.sayiir.codec.Names.*;

import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.TaskDeadline;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JsonGenerator;

/** Writes a snapshot in Sayiir's structure and field order. Made for one snapshot. */
final class SnapshotWriter {

    private final JsonGenerator generator;
    private final ValueWriter out;

    SnapshotWriter(JsonGenerator generator) {
        this.generator = generator;
        this.out = new ValueWriter(generator);
    }

    void write(WorkflowSnapshot snapshot) {
        generator.writeStartObject();
        out.text(INSTANCE_ID, snapshot.instanceId());
        out.text(DEFINITION_HASH, snapshot.definitionHash());
        new StateWriter(out).state(snapshot.state());
        out.number(CREATED_AT, snapshot.createdAt().getEpochSecond());
        out.number(UPDATED_AT, snapshot.updatedAt().getEpochSecond());
        snapshot.initialInput().ifPresent(input -> out.bytes(INITIAL_INPUT, input));
        snapshot.taskDeadline().ifPresent(this::deadline);
        retries(snapshot.taskRetries());
        loops(snapshot.loopIterations());
        out.number(TASK_PRIORITY, snapshot.taskPriority().level());
        tags(snapshot.taskTags());
        generator.writeEndObject();
    }

    private void deadline(TaskDeadline deadline) {
        out.begin(TASK_DEADLINE);
        out.text(TASK_ID, deadline.taskId());
        out.time(DEADLINE, deadline.deadline());
        out.number(TIMEOUT_MS, deadline.timeoutMs());
        out.end();
    }

    private void retries(Map<String, TaskRetry> retries) {
        if (!retries.isEmpty()) {
            out.begin(TASK_RETRIES);
            retries.forEach(this::retry);
            out.end();
        }
    }

    private void retry(String taskId, TaskRetry retry) {
        out.begin(taskId);
        out.number(ATTEMPTS, retry.attempts());
        policy(retry.policy());
        out.text(LAST_ERROR, retry.lastError());
        out.text(LAST_FAILED_WORKER, retry.lastFailedWorker());
        out.time(NEXT_RETRY_AT, retry.nextRetryAt());
        out.end();
    }

    private void policy(RetryPolicy policy) {
        out.begin(POLICY);
        out.number(MAX_RETRIES, policy.maxRetries());
        out.duration(INITIAL_DELAY, policy.initialDelay());
        out.number(BACKOFF_MULTIPLIER, policy.backoffMultiplier());
        out.duration(MAX_DELAY, policy.maxDelay());
        out.end();
    }

    private void loops(Map<String, Long> iterations) {
        if (!iterations.isEmpty()) {
            out.begin(LOOP_ITERATIONS);
            iterations.forEach(out::number);
            out.end();
        }
    }

    private void tags(List<String> tags) {
        if (!tags.isEmpty()) {
            generator.writeArrayPropertyStart(TASK_TAGS);
            tags.forEach(generator::writeString);
            generator.writeEndArray();
        }
    }
}
