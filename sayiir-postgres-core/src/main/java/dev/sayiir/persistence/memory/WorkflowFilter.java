package dev.sayiir.persistence.memory;

import dev.sayiir.persistence.Signals;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.persistence.WorkflowQuery.Cursor;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Instant;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;

/**
 * Which instances a query finds, and in which order.
 *
 * @param query what to look for
 * @param now the time
 */
record WorkflowFilter(WorkflowQuery query, Instant now) {

    static final Comparator<WorkflowSummary> NEWEST_FIRST = Comparator.comparing(
            summary -> new Cursor(summary.createdAt(), summary.instanceId()),
            Comparator.comparing(Cursor::createdAt)
                    .thenComparing(Cursor::instanceId, Utf8Order.INSTANCE)
                    .reversed());

    boolean matches(StoredInstance stored) {
        WorkflowSummary summary = stored.summary();
        return (query.statuses().isEmpty() || query.statuses().contains(summary.status()))
                && query.instanceIdPrefix()
                        .filter(it -> !summary.instanceId().startsWith(it))
                        .isEmpty()
                && query.definitionHash()
                        .filter(it -> !it.equals(summary.definitionHash()))
                        .isEmpty()
                && query.currentTaskId()
                        .filter(it -> stored.openTask(it).isEmpty())
                        .isEmpty()
                && query.awaitedEvent().filter(it -> !waitsFor(stored, it)).isEmpty()
                && query.stuckSince()
                        .filter(it -> !isStuck(stored, summary, it))
                        .isEmpty()
                && query.errorContaining().filter(it -> !hasError(summary, it)).isEmpty()
                && query.failure().filter(it -> !hasFailure(summary, it)).isEmpty()
                && isWithin(summary.createdAt(), query.createdFrom(), query.createdBefore())
                && isWithin(summary.updatedAt(), query.updatedFrom(), query.updatedBefore())
                && query.after().filter(end -> !comesAfter(summary, end)).isEmpty();
    }

    private static boolean waitsFor(StoredInstance stored, String event) {
        return Signals.waitOf(stored.current().snapshot())
                .filter(wait -> wait.signalName().equals(event))
                .isPresent();
    }

    private boolean isStuck(StoredInstance stored, WorkflowSummary summary, Instant since) {
        Instant before = since.isBefore(now) ? since : now;
        return summary.status() == WorkflowStatus.IN_PROGRESS
                && summary.updatedAt().isBefore(before)
                && stored.openTasks().stream()
                        .anyMatch(task -> task.claim()
                                .map(TaskClaim::claimedAt)
                                .or(task::readyAt)
                                .filter(at -> at.isBefore(before))
                                .isPresent());
    }

    private static boolean hasError(WorkflowSummary summary, String text) {
        return summary.error()
                .filter(error -> lower(error).contains(lower(text)))
                .isPresent();
    }

    private static boolean hasFailure(WorkflowSummary summary, String fingerprint) {
        return summary.status() == WorkflowStatus.FAILED
                && InMemoryFailures.fingerprint(summary).equals(fingerprint);
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    private static boolean isWithin(Instant time, Optional<Instant> from, Optional<Instant> before) {
        return from.filter(time::isBefore).isEmpty()
                && before.filter(end -> !time.isBefore(end)).isEmpty();
    }

    private static boolean comesAfter(WorkflowSummary summary, Cursor end) {
        int byTime = end.createdAt().compareTo(summary.createdAt());
        return byTime > 0 || (byTime == 0 && Utf8Order.INSTANCE.compare(end.instanceId(), summary.instanceId()) > 0);
    }
}
