package dev.sayiir.postgres.autoconfigure;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.BlockedTask;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.postgres.PostgresBackend;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.WriteOperation;
import org.springframework.boot.actuate.endpoint.web.annotation.WebEndpoint;

/** Which tasks are blocked, and lets them go on. */
@WebEndpoint(id = "sayiirblocked", defaultAccess = Access.READ_ONLY)
final class SayiirBlockedEndpoint {

    private final PostgresBackend backend;

    SayiirBlockedEndpoint(PostgresBackend backend) {
        this.backend = backend;
    }

    /** The parameters of the page that follows are in {@code next}, if there may be one. */
    @ReadOperation
    Map<String, Object> find(
            @Nullable String workflow,
            @Nullable String task,
            @Nullable BlockReason reason,
            @Nullable String exceptBuild,
            @Nullable Integer limit,
            @Nullable Instant afterTime,
            @Nullable String afterInstance,
            @Nullable String afterBranch) {
        return EndpointRequests.answer(() -> {
            BlockedQuery query = query(workflow, task, reason, exceptBuild, limit);
            if (afterTime != null && afterInstance != null) {
                query = query.after(
                        new BlockedQuery.Cursor(afterTime, afterInstance, Optional.ofNullable(afterBranch)));
            }
            List<BlockedTask> found = backend.findBlockedTasks(query);
            Map<String, Object> page = new LinkedHashMap<>();
            page.put(
                    "blocked",
                    found.stream().map(SayiirBlockedEndpoint::describe).toList());
            if (found.size() == query.limit()) {
                page.put("next", next(found.get(found.size() - 1).cursor()));
            }
            return page;
        });
    }

    /** Those first that have been blocked the longest, as many as the limit says; how many there were. */
    @WriteOperation
    Map<String, Object> unblock(
            @Nullable String workflow,
            @Nullable String task,
            @Nullable BlockReason reason,
            @Nullable String exceptBuild,
            @Nullable Integer limit,
            @Nullable String why,
            @Nullable String requestedBy) {
        SignalRequest request = new SignalRequest(Optional.ofNullable(why), Optional.ofNullable(requestedBy));
        return EndpointRequests.answer(
                () -> Map.of("unblocked", backend.unblock(query(workflow, task, reason, exceptBuild, limit), request)));
    }

    private static BlockedQuery query(
            @Nullable String workflow,
            @Nullable String task,
            @Nullable BlockReason reason,
            @Nullable String exceptBuild,
            @Nullable Integer limit) {
        BlockedQuery query = BlockedQuery.all();
        query = workflow == null ? query : query.ofDefinition(workflow);
        query = task == null ? query : query.atTask(task);
        query = reason == null ? query : query.because(reason);
        query = exceptBuild == null ? query : query.exceptBuild(exceptBuild);
        return limit == null ? query : query.limit(limit);
    }

    private static Map<String, Object> describe(BlockedTask task) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("instanceId", task.instanceId());
        values.put("taskId", task.taskId());
        task.branch().ifPresent(branch -> values.put("branch", branch));
        values.put("workflow", task.definitionHash());
        values.put("reason", task.reason().text());
        values.put("error", task.error());
        task.build().ifPresent(build -> values.put("build", build));
        values.put("blockedAt", task.blockedAt());
        values.put("attempts", task.attempts());
        return values;
    }

    private static Map<String, Object> next(BlockedQuery.Cursor end) {
        Map<String, Object> values = new LinkedHashMap<>();
        values.put("afterTime", end.blockedAt());
        values.put("afterInstance", end.instanceId());
        end.branch().ifPresent(branch -> values.put("afterBranch", branch));
        return values;
    }
}
