package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.HistoryEntry;
import dev.sayiir.persistence.PendingEvent;
import dev.sayiir.persistence.PendingSignal;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskSummary;
import dev.sayiir.persistence.WorkflowEvent;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.workflow.Payload;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * All there is to say of one instance, as the endpoint shows it: values that any form of JSON can write, without payloads unless
 * they are asked for.
 */
final class InstanceDescription {

    /** The oldest so many of each; the rest is for a database client. */
    private static final int LIMIT = 1000;

    private final PostgresBackend backend;
    private final boolean showPayloads;

    InstanceDescription(PostgresBackend backend, boolean showPayloads) {
        this.backend = backend;
        this.showPayloads = showPayloads;
    }

    /** Empty if there is no such instance. */
    Optional<Map<String, Object>> of(String instanceId) {
        return backend.findWorkflow(instanceId).map(summary -> {
            List<TaskSummary> tasks = backend.listTasks(instanceId);
            Map<String, Object> all = new LinkedHashMap<>();
            all.put("instance", instance(summary));
            all.put("tasks", tasks.stream().map(InstanceDescription::task).toList());
            all.put(
                    "claims",
                    tasks.stream()
                            .flatMap(task -> task.claim().stream())
                            .map(InstanceDescription::claim)
                            .toList());
            all.put("pendingSignals", list(backend.listPendingSignals(instanceId), InstanceDescription::signal));
            all.put("pendingEvents", list(backend.listPendingEvents(instanceId), InstanceDescription::pending));
            all.put("events", list(backend.listEvents(instanceId, 0, LIMIT), InstanceDescription::event));
            all.put("history", list(backend.listVersions(instanceId, 0, LIMIT), InstanceDescription::version));
            if (showPayloads) {
                Map<String, Object> outputs = new LinkedHashMap<>();
                backend.loadTaskResults(instanceId).forEach((taskId, output) -> outputs.put(taskId, text(output)));
                all.put("outputs", outputs);
            }
            return all;
        });
    }

    private static Map<String, Object> instance(WorkflowSummary summary) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("instanceId", summary.instanceId());
        values.put("definitionHash", summary.definitionHash());
        values.put("status", summary.status().text());
        put(values, "positionKind", summary.positionKind());
        put(values, "currentTaskId", summary.currentTaskId());
        values.put("completedTaskCount", summary.completedTaskCount());
        put(values, "error", summary.error());
        values.put("priority", summary.priority().level());
        values.put("tags", summary.tags());
        values.put("version", summary.version());
        values.put("createdAt", summary.createdAt());
        values.put("updatedAt", summary.updatedAt());
        put(values, "completedAt", summary.completedAt());
        return values;
    }

    private static Map<String, Object> task(TaskSummary task) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("taskId", task.taskId());
        values.put("status", task.status().text());
        put(values, "workerId", task.workerId());
        values.put("attempts", task.attempts());
        values.put("startedAt", task.startedAt());
        put(values, "completedAt", task.completedAt());
        put(values, "readyAt", task.readyAt());
        put(values, "completedVersion", task.completedVersion());
        put(values, "error", task.error());
        return values;
    }

    private static Map<String, Object> claim(TaskClaim claim) {
        return Map.of(
                "taskId", claim.taskId(),
                "workerId", claim.workerId(),
                "claimedAt", claim.claimedAt(),
                "expiresAt", claim.expiresAt());
    }

    private static Map<String, Object> signal(PendingSignal signal) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("kind", signal.kind().name());
        put(values, "reason", signal.request().reason());
        put(values, "requestedBy", signal.request().requestedBy());
        values.put("requestedAt", signal.requestedAt());
        return values;
    }

    private static Map<String, Object> pending(PendingEvent event) {
        return Map.of(
                "id", event.id(), "name", event.name(), "payloadSize", event.payloadSize(), "sentAt", event.sentAt());
    }

    private static Map<String, Object> event(WorkflowEvent event) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("id", event.id());
        values.put("kind", event.kind().text());
        put(values, "name", event.name());
        put(values, "requestedBy", event.requestedBy());
        put(values, "reason", event.reason());
        values.put("createdAt", event.createdAt());
        put(values, "consumedAt", event.consumedAt());
        return values;
    }

    private static Map<String, Object> version(HistoryEntry entry) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("version", entry.version());
        values.put("status", entry.status().text());
        put(values, "currentTaskId", entry.currentTaskId());
        values.put("completedTaskIds", entry.completedTaskIds());
        values.put("savedAt", entry.savedAt());
        return values;
    }

    /** As text if it is text. */
    private static String text(Payload payload) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(payload.bytes()))
                    .toString();
        } catch (CharacterCodingException e) {
            return "base64:" + Base64.getEncoder().encodeToString(payload.bytes());
        }
    }

    private static <T> List<Map<String, Object>> list(List<T> values, Function<T, Map<String, Object>> description) {
        List<Map<String, Object>> all = new ArrayList<>();
        values.forEach(value -> all.add(description.apply(value)));
        return all;
    }

    private static void put(Map<String, Object> values, String name, Optional<?> value) {
        value.ifPresent(present -> values.put(name, present));
    }
}
