package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.WorkflowPage;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;

/** Pages through instances, the newest first. */
@WebEndpoint(id = "sayiirinstances", defaultAccess = Access.READ_ONLY)
final class SayiirInstancesEndpoint {

    private final PostgresBackend backend;

    SayiirInstancesEndpoint(PostgresBackend backend) {
        this.backend = backend;
    }

    /** The parameters of the page that follows are in {@code next}, if there is one. */
    @ReadOperation
    Map<String, Object> find(
            WorkflowStatus @Nullable [] status,
            @Nullable String prefix,
            @Nullable String workflow,
            @Nullable String task,
            @Nullable String waitingFor,
            @Nullable Instant stuckSince,
            @Nullable String failure,
            @Nullable Integer limit,
            @Nullable Instant afterTime,
            @Nullable String afterInstance) {
        return EndpointRequests.answer(() -> describe(backend.findWorkflows(query(
                status, prefix, workflow, task, waitingFor, stuckSince, failure, limit, afterTime, afterInstance))));
    }

    private static WorkflowQuery query(
            WorkflowStatus @Nullable [] status,
            @Nullable String prefix,
            @Nullable String workflow,
            @Nullable String task,
            @Nullable String waitingFor,
            @Nullable Instant stuckSince,
            @Nullable String failure,
            @Nullable Integer limit,
            @Nullable Instant afterTime,
            @Nullable String afterInstance) {
        WorkflowQuery query = WorkflowQuery.all();
        query = status == null || status.length == 0 ? query : query.withStatus(status[0], status);
        query = prefix == null ? query : query.withIdPrefix(prefix);
        query = workflow == null ? query : query.ofDefinition(workflow);
        query = task == null ? query : query.atTask(task);
        query = waitingFor == null ? query : query.waitingFor(waitingFor);
        query = stuckSince == null ? query : query.stuckSince(stuckSince);
        query = failure == null ? query : query.withFailure(failure);
        query = limit == null ? query : query.limit(limit);
        return afterTime == null || afterInstance == null
                ? query
                : query.after(new WorkflowQuery.Cursor(afterTime, afterInstance));
    }

    private static Map<String, Object> describe(WorkflowPage found) {
        Map<String, Object> page = new LinkedHashMap<>();
        page.put(
                "instances",
                found.workflows().stream()
                        .map(SayiirInstancesEndpoint::describe)
                        .toList());
        found.next()
                .ifPresent(end ->
                        page.put("next", Map.of("afterTime", end.createdAt(), "afterInstance", end.instanceId())));
        return page;
    }

    private static Map<String, Object> describe(WorkflowSummary instance) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("instanceId", instance.instanceId());
        values.put("workflow", instance.definitionHash());
        values.put("status", instance.status().text());
        instance.currentTaskId().ifPresent(task -> values.put("currentTaskId", task));
        instance.error().ifPresent(error -> values.put("error", error));
        values.put("createdAt", instance.createdAt());
        values.put("updatedAt", instance.updatedAt());
        return values;
    }
}
