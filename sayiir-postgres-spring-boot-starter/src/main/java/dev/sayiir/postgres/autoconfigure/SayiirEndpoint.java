package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.RedriveRequest;
import dev.sayiir.persistence.RepairRefusedException;
import dev.sayiir.persistence.SignalRefusedException;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.TerminalStateException;
import dev.sayiir.persistence.WorkflowFigures;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.postgres.BackendStatus;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.workflow.SayiirException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.DeleteOperation;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.WebEndpointResponse;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;

/**
 * Shows what there is, and all of one instance; cancels, pauses, resumes, unblocks, redrives and deletes it. To read is allowed once the endpoint is
 * exposed; to change anything takes {@code management.endpoint.sayiir.access=unrestricted}.
 */
@WebEndpoint(id = "sayiir", defaultAccess = Access.READ_ONLY)
final class SayiirEndpoint {

    /** What can be done to an instance, short of deleting it. */
    enum Action {
        CANCEL,
        PAUSE,
        RESUME,
        UNBLOCK,
        REDRIVE
    }

    private final PostgresBackend backend;
    private final InstanceDescription description;

    SayiirEndpoint(PostgresBackend backend, InstanceDescription description) {
        this.backend = backend;
        this.description = description;
    }

    @ReadOperation
    Map<String, Object> overview() {
        BackendStatus status = backend.status();
        WorkflowFigures now = backend.currentFigures();
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("schema", status.schema());
        values.put("schemaVersion", status.schemaVersion().orElse("not recorded"));
        values.put("role", status.standby() ? "standby" : "primary");
        values.put("workflows", byText(now.workflows()));
        values.put(
                "tasks",
                Map.of(
                        "active", now.activeTasks(),
                        "waiting", now.waitingTasks(),
                        "blocked", now.blockedTasks(),
                        "ready", now.readyTasks()));
        values.put("oldestReadyAge", now.oldestReadyAge());
        values.put("claims", Map.of("live", now.liveClaims(), "expired", now.expiredClaims()));
        values.put("pendingSignals", byText(now.pendingSignals()));
        values.put("pendingEvents", now.pendingEvents());
        return values;
    }

    @ReadOperation
    WebEndpointResponse<Map<String, Object>> instance(@Selector String instanceId) {
        return answer(() -> description.of(instanceId).orElseThrow(() -> new SnapshotNotFoundException(instanceId)));
    }

    @WriteOperation
    WebEndpointResponse<Map<String, Object>> change(
            @Selector String instanceId,
            Action action,
            @Nullable String reason,
            @Nullable String requestedBy,
            @Nullable String task,
            @Nullable Long version) {
        return answer(() -> {
            SignalRequest request = new SignalRequest(Optional.ofNullable(reason), Optional.ofNullable(requestedBy));
            String outcome = switch (action) {
                case CANCEL -> backend.requestCancel(instanceId, request).name();
                case PAUSE -> backend.requestPause(instanceId, request).name();
                case RESUME -> backend.unpause(instanceId).status().text();
                case UNBLOCK -> unblock(instanceId, request);
                case REDRIVE ->
                    backend.redrive(instanceId, from(task, version), request)
                            .status()
                            .text();
            };
            return Map.of("instanceId", instanceId, "outcome", outcome);
        });
    }

    /** From where it failed, unless it is said from where. */
    private static RedriveRequest from(@Nullable String task, @Nullable Long version) {
        if (task != null && version != null) {
            throw new IllegalArgumentException("Say from which task or from which version it is to go on, not both");
        } else if (task != null) {
            return RedriveRequest.fromTask(task);
        }
        return version == null ? RedriveRequest.fromFailure() : RedriveRequest.fromVersion(version);
    }

    private String unblock(String instanceId, SignalRequest request) {
        if (backend.unblock(BlockedQuery.all().ofInstance(instanceId).limit(WorkflowQuery.MAX_LIMIT), request) > 0) {
            return "UNBLOCKED";
        }
        if (backend.findWorkflow(instanceId).isEmpty()) {
            throw new SnapshotNotFoundException(instanceId);
        }
        return "NOT_BLOCKED";
    }

    @DeleteOperation
    WebEndpointResponse<Map<String, Object>> delete(@Selector String instanceId) {
        return answer(() -> {
            backend.deleteSnapshot(instanceId);
            return Map.of("instanceId", instanceId, "outcome", "DELETED");
        });
    }

    private static WebEndpointResponse<Map<String, Object>> answer(Supplier<Map<String, Object>> work) {
        try {
            return new WebEndpointResponse<>(EndpointRequests.answer(work));
        } catch (SnapshotNotFoundException e) {
            return refusal(e, WebEndpointResponse.STATUS_NOT_FOUND);
        } catch (SignalRefusedException | TerminalStateException | RepairRefusedException e) {
            return refusal(e, 409);
        }
    }

    private static WebEndpointResponse<Map<String, Object>> refusal(SayiirException e, int status) {
        return new WebEndpointResponse<>(Map.of("error", String.valueOf(e.getMessage())), status);
    }

    private static Map<String, Long> byText(Map<? extends Enum<?>, Long> counts) {
        Map<String, Long> texts = new LinkedHashMap<>();
        counts.forEach((key, count) -> texts.put(key.toString(), count));
        return texts;
    }
}
