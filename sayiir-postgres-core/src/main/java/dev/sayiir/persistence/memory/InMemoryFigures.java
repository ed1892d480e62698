package dev.sayiir.persistence.memory;

import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.TaskStatus;
import dev.sayiir.persistence.TaskSummary;
import dev.sayiir.persistence.WorkflowEvent.Kind;
import dev.sayiir.persistence.WorkflowFigures;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Counts what is in memory. */
final class InMemoryFigures {

    private InMemoryFigures() {}

    static WorkflowFigures of(Collection<StoredInstance> instances, EventJournal journal, Instant now) {
        Map<WorkflowStatus, Long> workflows = instances.stream()
                .collect(Collectors.groupingBy(
                        stored -> stored.current().snapshot().status(), Collectors.counting()));
        List<TaskSummary> open = instances.stream()
                .flatMap(stored -> stored.tasks().stream())
                .filter(task -> task.status().isOpen())
                .toList();
        List<Instant> ready = open.stream()
                .flatMap(task -> task.readyAt().stream())
                .filter(at -> !at.isAfter(now))
                .toList();
        long claimed = open.stream().filter(task -> task.claim().isPresent()).count();
        long live = open.stream()
                .filter(task -> task.claim()
                        .filter(held -> held.expiresAt().isAfter(now))
                        .isPresent())
                .count();
        return new WorkflowFigures(
                workflows,
                open.stream().filter(task -> task.status() == TaskStatus.ACTIVE).count(),
                open.stream()
                        .filter(task -> task.status() == TaskStatus.WAITING)
                        .count(),
                open.stream()
                        .filter(task -> task.status() == TaskStatus.BLOCKED)
                        .count(),
                ready.size(),
                ready.stream()
                        .min(Comparator.naturalOrder())
                        .map(oldest -> Duration.between(oldest, now))
                        .orElse(Duration.ZERO),
                live,
                claimed - live,
                Map.of(
                        SignalKind.CANCEL, journal.pending(Kind.CANCEL_REQUESTED),
                        SignalKind.PAUSE, journal.pending(Kind.PAUSE_REQUESTED)),
                journal.pending(Kind.EVENT_SENT));
    }
}
