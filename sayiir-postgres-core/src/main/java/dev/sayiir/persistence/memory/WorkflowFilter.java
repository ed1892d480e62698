package dev.sayiir.persistence.memory;

import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.persistence.WorkflowQuery.Cursor;
import dev.sayiir.persistence.WorkflowSummary;
import java.time.Instant;
import java.util.Comparator;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;

/** Which instances a query finds, and in which order. */
record WorkflowFilter(WorkflowQuery query) {

    static final Comparator<WorkflowSummary> NEWEST_FIRST = Comparator.comparing(
            summary -> new Cursor(summary.createdAt(), summary.instanceId()),
            Comparator.comparing(Cursor::createdAt)
                    .thenComparing(Cursor::instanceId, Utf8Order.INSTANCE)
                    .reversed());

    boolean matches(WorkflowSummary summary, Function<String, Optional<QueuedTask>> openTask) {
        return query.status().filter(it -> it != summary.status()).isEmpty()
                && query.definitionHash()
                        .filter(it -> !it.equals(summary.definitionHash()))
                        .isEmpty()
                && query.currentTaskId()
                        .filter(it -> openTask.apply(it).isEmpty())
                        .isEmpty()
                && query.errorContaining().filter(it -> !hasError(summary, it)).isEmpty()
                && wasCreatedInTime(summary.createdAt())
                && query.after().filter(end -> !comesAfter(summary, end)).isEmpty();
    }

    private static boolean hasError(WorkflowSummary summary, String text) {
        return summary.error()
                .filter(error -> lower(error).contains(lower(text)))
                .isPresent();
    }

    private static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    private boolean wasCreatedInTime(Instant createdAt) {
        return query.createdFrom().filter(createdAt::isBefore).isEmpty()
                && query.createdBefore()
                        .filter(before -> !createdAt.isBefore(before))
                        .isEmpty();
    }

    private static boolean comesAfter(WorkflowSummary summary, Cursor end) {
        int byTime = end.createdAt().compareTo(summary.createdAt());
        return byTime > 0 || (byTime == 0 && Utf8Order.INSTANCE.compare(end.instanceId(), summary.instanceId()) > 0);
    }
}
