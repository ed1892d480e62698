package dev.sayiir.persistence;

import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import java.util.Set;

/**
 * For stores: how large the values may be that are written beside the snapshot, which its codecs limit. Each is looked at
 * by itself, before anything is written; what is stored already is read whatever its size.
 *
 * @param maxPayloadBytes how many bytes an initial input, the output of a task and the payload of an event may have each
 */
public record ValueLimits(int maxPayloadBytes) {

    /** How many bytes an input, an output or an event may have unless said otherwise: 16 MiB. */
    public static final int DEFAULT_MAX_PAYLOAD_BYTES = 16 * 1024 * 1024;

    /** The smallest limit that can be set. */
    public static final int MIN_MAX_PAYLOAD_BYTES = 4 * 1024;

    /** The largest limit that can be set: 256 MiB. The driver sends an output as text, which takes twice the bytes. */
    public static final int MAX_MAX_PAYLOAD_BYTES = 256 * 1024 * 1024;

    /** How many bytes of UTF-8 an error, a reason or a requester may have: 64 KiB. */
    public static final int MAX_TEXT_BYTES = 64 * 1024;

    /** Those that hold unless said otherwise. */
    public static final ValueLimits DEFAULT = new ValueLimits(DEFAULT_MAX_PAYLOAD_BYTES);

    private static final int MAX_BYTES_OF_A_CHAR = 3;

    /** @throws IllegalArgumentException if the limit is out of its range */
    public ValueLimits {
        if (maxPayloadBytes < MIN_MAX_PAYLOAD_BYTES || maxPayloadBytes > MAX_MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException("maxPayloadBytes is " + maxPayloadBytes + "; it must be "
                    + MIN_MAX_PAYLOAD_BYTES + " to " + MAX_MAX_PAYLOAD_BYTES);
        }
    }

    /**
     * Looks at what would be written of a snapshot: if it follows from a stored one, what has changed since.
     *
     * @param snapshot what is to be stored
     * @return the same
     * @throws ValueTooLargeException if its input, an output or a text is too large
     */
    public WorkflowSnapshot requireStorable(WorkflowSnapshot snapshot) {
        String instanceId = snapshot.instanceId();
        TaskChanges changes = snapshot.taskChanges().orElseGet(() -> {
            snapshot.initialInput().ifPresent(input -> requirePayload(instanceId, "initial input", input));
            return TaskChanges.replacing(Set.of(), snapshot);
        });
        changes.completed().forEach((taskId, output) -> requireOutput(instanceId, taskId, output));
        if (snapshot.state() instanceof WorkflowState.Failed failed) {
            requireText(instanceId, "error", failed.error());
        } else if (snapshot.state() instanceof WorkflowState.Paused paused) {
            requireRequest(instanceId, paused.reason(), paused.pausedBy());
        } else if (snapshot.state() instanceof WorkflowState.Cancelled cancelled) {
            requireRequest(instanceId, cancelled.reason(), cancelled.cancelledBy());
        }
        snapshot.openTask()
                .map(task -> snapshot.taskRetries().get(task.taskId()))
                .map(TaskRetry::lastError)
                .ifPresent(error -> requireText(instanceId, "last error", error));
        return snapshot;
    }

    /**
     * @param instanceId the instance
     * @param taskId the task
     * @param output what is to be stored as its result
     * @throws ValueTooLargeException if it is too large
     */
    public void requireOutput(String instanceId, String taskId, Payload output) {
        requirePayload(instanceId, "output of task '" + taskId + "'", output);
    }

    /**
     * @param commit what came out of a task
     * @throws ValueTooLargeException if something of it is too large
     */
    public void requireStorable(TaskCommit commit) {
        if (commit instanceof TaskCommit.OfBranchTask task) {
            requireOutcome(task.claim(), task.outcome());
        } else if (commit instanceof TaskCommit.OfTask task) {
            requireStorable(task.snapshot());
        }
    }

    /**
     * @param claim the claim on a task of a branch
     * @param outcome what came out of it
     * @throws ValueTooLargeException if its output or error is too large
     */
    public void requireOutcome(TaskClaim claim, BranchOutcome outcome) {
        if (outcome instanceof BranchOutcome.Done done) {
            requireOutput(claim.instanceId(), claim.taskId(), done.output());
        } else if (outcome instanceof BranchOutcome.Next next) {
            requireOutput(claim.instanceId(), claim.taskId(), next.output());
        } else if (outcome instanceof BranchOutcome.Retry retry) {
            requireText(claim.instanceId(), "error of task '" + claim.taskId() + "'", retry.error());
        }
    }

    /**
     * @param instanceId the instance
     * @param eventName the name of an event
     * @param payload what it is to carry
     * @throws ValueTooLargeException if that is too large
     */
    public void requireEvent(String instanceId, String eventName, Payload payload) {
        requirePayload(instanceId, "payload of event '" + eventName + "'", payload);
    }

    /**
     * @param instanceId the instance
     * @param request who asks, and why
     * @throws ValueTooLargeException if a text of it is too large
     */
    public void requireRequest(String instanceId, SignalRequest request) {
        requireRequest(instanceId, request.reason(), request.requestedBy());
    }

    /**
     * @param refusal what a worker says of a task that it cannot do
     * @throws ValueTooLargeException if the text of it is too large
     */
    public void requireRefusal(TaskRefusal refusal) {
        requireText(refusal.claim().instanceId(), "error", refusal.error());
    }

    /**
     * @param instanceId the instance
     * @param redrive from where it goes on, and what is changed there
     * @throws ValueTooLargeException if a new input or result is too large
     */
    public void requireRedrive(String instanceId, RedriveRequest redrive) {
        redrive.input().ifPresent(input -> requirePayload(instanceId, "new input", input));
        redrive.results().forEach((taskId, result) -> requireOutput(instanceId, taskId, result));
    }

    private static void requireRequest(String instanceId, Optional<String> reason, Optional<String> requestedBy) {
        reason.ifPresent(text -> requireText(instanceId, "reason", text));
        requestedBy.ifPresent(text -> requireText(instanceId, "requester", text));
    }

    private void requirePayload(String instanceId, String value, Payload payload) {
        if (payload.size() > maxPayloadBytes) {
            throw new ValueTooLargeException(
                    instanceId,
                    value,
                    payload.size(),
                    maxPayloadBytes,
                    "Keep large data elsewhere and pass references to it, or raise the limit"
                            + " (sayiir.postgres.payload.max-size, or maxPayloadBytes of the backend's builder)");
        }
    }

    private static void requireText(String instanceId, String value, String text) {
        if ((long) text.length() * MAX_BYTES_OF_A_CHAR <= MAX_TEXT_BYTES) {
            return;
        }
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_TEXT_BYTES) {
            throw new ValueTooLargeException(
                    instanceId, value, bytes, MAX_TEXT_BYTES, "Shorten it; this limit cannot be set");
        }
    }
}
