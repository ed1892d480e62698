package dev.sayiir.persistence;

import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import dev.sayiir.workflow.WorkflowState.Cancelled;
import dev.sayiir.workflow.WorkflowState.Paused;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** What a player writes down: without times, tokens and ids of the log, which differ from store to store. */
final class Noted {

    static final Comparator<ClaimedTask> BY_TASK = Comparator.comparing(
            claimed -> claimed.claim().instanceId() + claimed.claim().taskId());

    private Noted() {}

    /**
     * Everything that can be read of an instance.
     *
     * @param rest whether to read what costs most as well
     * @param whole whether its history is; if not, it is left out
     */
    static List<String> allOf(Stores stores, String id, boolean rest, boolean whole) {
        List<String> all = new ArrayList<>();
        Optional<WorkflowSnapshot> snapshot = stores.snapshots().findSnapshot(id);
        all.add("snapshot: " + snapshot.map(Noted::text));
        if (snapshot.isPresent()) {
            all.add("summary: " + stores.queries().findWorkflow(id).map(Noted::text));
            stores.queries().listTasks(id).stream()
                    .map(task -> "task: " + text(task))
                    .sorted()
                    .forEach(all::add);
        }
        if (snapshot.isPresent() && whole) {
            for (WorkflowEvent event : stores.events().listEvents(id, 0, Integer.MAX_VALUE)) {
                all.add("log: " + event.kind() + " " + event.name() + " " + event.reason() + " " + event.requestedBy()
                        + " " + event.consumedAt().isPresent());
            }
            for (HistoryEntry entry : stores.history().listVersions(id, 0, Integer.MAX_VALUE)) {
                all.add("version: " + entry.version() + " " + entry.status() + " " + entry.currentTaskId() + " "
                        + entry.completedTaskIds());
            }
        }
        if (rest) {
            all.addAll(
                    restOf(stores, id, snapshot.map(WorkflowSnapshot::version).orElse(0L), whole));
        }
        return all;
    }

    private static List<String> restOf(Stores stores, String id, long versions, boolean whole) {
        List<String> rest = new ArrayList<>();
        stores.signals()
                .listPendingSignals(id)
                .forEach(signal -> rest.add("pending: " + signal.kind() + " " + signal.request()));
        stores.signals()
                .listPendingEvents(id)
                .forEach(event -> rest.add("pending: " + event.name() + " " + event.payloadSize()));
        for (long version = 1; whole && version <= versions; version++) {
            rest.add("as of " + version + ": " + text(stores.history().loadVersion(id, version)));
        }
        if (versions > 0) {
            stores.results()
                    .loadTaskResults(id)
                    .forEach((task, output) -> rest.add("result: " + task + " " + text(output)));
        }
        return rest;
    }

    static String text(Object value) {
        if (value instanceof WorkflowSnapshot snapshot) {
            WorkflowSnapshot timeless = atNoTime(snapshot);
            return timeless + " " + timeless.state() + " "
                    + timeless.completedTasks().asMap().entrySet().stream()
                            .map(result -> result.getKey() + "=" + text(result.getValue()))
                            .toList()
                    + " " + timeless.loopIterations() + timeless.taskRetries()
                    + timeless.initialInput().map(Noted::text);
        } else if (value instanceof Payload payload) {
            return payload.asUtf8();
        } else if (value instanceof TaskClaim claim) {
            return claim.instanceId() + "/" + claim.taskId() + " by " + claim.workerId() + " no. " + claim.attempt()
                    + claim.branch().map(step -> " in " + step).orElse("");
        } else if (value instanceof AvailableTask task) {
            return task.instanceId() + "/" + task.taskId() + " " + task.priority();
        } else if (value instanceof TaskSummary task) {
            return task.taskId() + " " + task.status() + " " + task.workerId() + " " + task.attempts() + " "
                    + task.completedVersion() + " " + task.error()
                    + (task.claim().isPresent() ? " claimed" : "")
                    + (task.readyAt().isPresent() ? " queued" : "");
        } else if (value instanceof WorkflowSummary summary) {
            return summary.status() + " " + summary.positionKind() + " " + summary.currentTaskId() + " "
                    + summary.completedTaskCount() + " " + summary.error() + " " + summary.version()
                    + " " + summary.priority() + summary.tags();
        } else if (value instanceof Optional<?> optional) {
            return optional.map(Noted::text).toString();
        }
        return String.valueOf(value);
    }

    /** With the times left out that are the store's. */
    static WorkflowSnapshot atNoTime(WorkflowSnapshot snapshot) {
        return snapshot.toBuilder()
                .updatedAt(Examples.THEN)
                .state(atNoTime(snapshot.state()))
                .build();
    }

    private static WorkflowState atNoTime(WorkflowState state) {
        if (state instanceof Paused it) {
            return new Paused(
                    it.reason(),
                    it.pausedBy(),
                    Examples.THEN,
                    it.completedTasks(),
                    it.position(),
                    it.lastCompletedTaskId());
        } else if (state instanceof Cancelled it) {
            return new Cancelled(
                    it.reason(), it.cancelledBy(), Examples.THEN, it.completedTasks(), it.interruptedAtTask());
        }
        return state;
    }
}
