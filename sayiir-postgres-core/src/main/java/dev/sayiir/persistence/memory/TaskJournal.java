package dev.sayiir.persistence.memory;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskStatus;
import dev.sayiir.persistence.TaskSummary;
import dev.sayiir.workflow.OpenTask;
import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.Failed;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** What became of each task of one instance: the rows that the tables of PostgreSQL have of them. */
final class TaskJournal {

    private record Row(
            TaskStatus status,
            Optional<String> workerId,
            int attempts,
            Instant startedAt,
            Optional<Instant> completedAt,
            Optional<Long> completedVersion,
            Optional<String> error) {

        static Row opened(Instant now) {
            return new Row(
                    TaskStatus.ACTIVE, Optional.empty(), 0, now, Optional.empty(), Optional.empty(), Optional.empty());
        }

        Row open(OpenTask task, Optional<String> lastError, Instant now) {
            TaskStatus waitingOrNot = task.waiting() ? TaskStatus.WAITING : TaskStatus.ACTIVE;
            return open(waitingOrNot, lastError, now);
        }

        Row open(TaskStatus as, Optional<String> lastError, Instant now) {
            boolean anew = completedAt.isPresent();
            return new Row(
                    as,
                    anew ? Optional.empty() : workerId,
                    anew ? 0 : attempts,
                    anew ? now : startedAt,
                    Optional.empty(),
                    completedVersion,
                    lastError);
        }

        Row close(TaskStatus closed, Optional<String> because, Instant now) {
            return new Row(closed, workerId, attempts, startedAt, Optional.of(now), completedVersion, because);
        }

        Row withResult(Optional<Long> version) {
            return new Row(status, workerId, attempts, startedAt, completedAt, version, error);
        }

        Row claimedBy(String worker) {
            return new Row(status, Optional.of(worker), attempts + 1, startedAt, completedAt, completedVersion, error);
        }
    }

    private final Map<String, Row> rows = new TreeMap<>(Utf8Order.INSTANCE);

    /** After the queue has been changed: what is in it is open. */
    void checkpoint(
            WorkflowSnapshot snapshot, TaskChanges changes, Collection<QueuedTask> queue, long version, Instant now) {
        changes.completed().keySet().forEach(taskId -> done(taskId, version, now));
        Set<String> queued = queue.stream().map(QueuedTask::taskId).collect(Collectors.toSet());
        rows.replaceAll(
                (taskId, row) -> row.status().isOpen() && !queued.contains(taskId) ? left(row, snapshot, now) : row);
        changes.withdrawn().forEach(taskId -> rows.computeIfPresent(taskId, (id, row) -> withdrawn(row, now)));
        snapshot.openTask().ifPresent(task -> openMain(task, snapshot, now));
        if (!changes.forkKept()) {
            queue.stream().filter(task -> task.branch().isPresent()).forEach(task -> openStep(task.taskId(), now));
        }
    }

    /** One that is open stays so, with whoever has it. */
    private static Row withdrawn(Row row, Instant now) {
        Row without = row.withResult(Optional.empty());
        return row.status().isOpen() ? without : without.close(TaskStatus.SKIPPED, Optional.empty(), now);
    }

    void openMain(OpenTask task, WorkflowSnapshot snapshot, Instant now) {
        Optional<String> lastError =
                Optional.ofNullable(snapshot.taskRetries().get(task.taskId())).map(TaskRetry::lastError);
        rows.put(
                task.taskId(), rows.getOrDefault(task.taskId(), Row.opened(now)).open(task, lastError, now));
    }

    /** A task at which a branch stands now: no result of it counts. */
    void openStep(String taskId, Instant now) {
        rows.put(
                taskId,
                rows.getOrDefault(taskId, Row.opened(now))
                        .open(TaskStatus.ACTIVE, Optional.empty(), now)
                        .withResult(Optional.empty()));
    }

    /** A task that a branch does again at once: its result counts until it is done again. */
    void repeatStep(String taskId, Instant now) {
        rows.computeIfPresent(taskId, (id, row) -> row.open(TaskStatus.ACTIVE, Optional.empty(), now));
    }

    /** Of each of these tasks the version that has its result; 0 if it is open, or ended otherwise after it was done. */
    Map<String, Long> resultVersions(Set<String> taskIds, Set<String> open) {
        Map<String, Long> versions = new LinkedHashMap<>();
        for (String taskId : taskIds) {
            Optional<Long> version = Optional.ofNullable(rows.get(taskId))
                    .filter(row -> row.status() == TaskStatus.COMPLETED && !open.contains(taskId))
                    .flatMap(Row::completedVersion);
            versions.put(taskId, version.orElse(0L));
        }
        return versions;
    }

    void leaveOpen(Instant now) {
        rows.replaceAll(
                (taskId, row) -> row.status().isOpen() ? row.close(TaskStatus.SKIPPED, Optional.empty(), now) : row);
    }

    void failed(String taskId, String error) {
        rows.computeIfPresent(taskId, (id, row) -> row.open(row.status(), Optional.of(error), row.startedAt()));
    }

    void done(String taskId, long version, Instant now) {
        rows.put(
                taskId,
                rows.getOrDefault(taskId, Row.opened(now))
                        .close(TaskStatus.COMPLETED, Optional.empty(), now)
                        .withResult(Optional.of(version)));
    }

    void claimed(TaskClaim claim) {
        rows.computeIfPresent(claim.taskId(), (id, row) -> row.claimedBy(claim.workerId()));
    }

    /** Of open tasks, when they are due and who has them is in the queue. */
    List<TaskSummary> list(Map<String, QueuedTask> queue) {
        return rows.entrySet().stream()
                .map(entry -> summary(entry.getKey(), entry.getValue(), Optional.ofNullable(queue.get(entry.getKey()))))
                .sorted(Comparator.comparing(TaskSummary::startedAt))
                .toList();
    }

    private static TaskSummary summary(String taskId, Row row, Optional<QueuedTask> queued) {
        return new TaskSummary(
                taskId,
                queued.flatMap(QueuedTask::blockedAt)
                        .map(at -> TaskStatus.BLOCKED)
                        .orElse(row.status()),
                row.workerId(),
                row.attempts(),
                row.startedAt(),
                row.completedAt(),
                queued.flatMap(QueuedTask::readyAt),
                row.completedVersion(),
                row.error(),
                queued.flatMap(QueuedTask::claim));
    }

    /** A task that was left without a result shares the end of its instance, if that is one. */
    private static Row left(Row row, WorkflowSnapshot snapshot, Instant now) {
        boolean wasWaiting = row.status() == TaskStatus.WAITING;
        TaskStatus closed = switch (snapshot.status()) {
            case COMPLETED -> TaskStatus.COMPLETED;
            case FAILED -> TaskStatus.FAILED;
            case CANCELLED -> TaskStatus.CANCELLED;
            case IN_PROGRESS, PAUSED -> wasWaiting ? TaskStatus.COMPLETED : TaskStatus.SKIPPED;
        };
        Optional<String> error =
                snapshot.state() instanceof Failed failed ? Optional.of(failed.error()) : Optional.empty();
        return row.close(closed, error, now);
    }
}
