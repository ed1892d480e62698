package dev.sayiir.persistence.memory;

import dev.sayiir.persistence.FailureFingerprint;
import dev.sayiir.persistence.FailureGroup;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Groups what has failed by the kind of its failure. */
final class InMemoryFailures {

    private static final Comparator<FailureGroup> LARGEST_FIRST = Comparator.comparing(FailureGroup::count)
            .thenComparing(FailureGroup::lastSeen)
            .reversed()
            .thenComparing(FailureGroup::fingerprint, Utf8Order.INSTANCE);

    private static final Comparator<WorkflowSummary> LAST_FAILED = Comparator.comparing(WorkflowSummary::updatedAt)
            .thenComparing(WorkflowSummary::instanceId, Utf8Order.INSTANCE);

    private InMemoryFailures() {}

    static List<FailureGroup> group(Stream<WorkflowSummary> instances, Optional<String> definitionHash, int limit) {
        Map<String, List<WorkflowSummary>> kinds = instances
                .filter(it -> it.status() == WorkflowStatus.FAILED)
                .filter(it -> definitionHash
                        .filter(hash -> !hash.equals(it.definitionHash()))
                        .isEmpty())
                .sorted(WorkflowFilter.NEWEST_FIRST)
                .limit(WorkflowQueries.FAILURES_GROUPED)
                .collect(Collectors.groupingBy(InMemoryFailures::fingerprint));
        return kinds.entrySet().stream()
                .map(kind -> group(kind.getKey(), kind.getValue()))
                .sorted(LARGEST_FIRST)
                .limit(limit)
                .toList();
    }

    static String fingerprint(WorkflowSummary failed) {
        return FailureFingerprint.of(failed.error().orElse(""), failed.instanceId());
    }

    private static FailureGroup group(String fingerprint, List<WorkflowSummary> instances) {
        List<WorkflowSummary> inOrder = instances.stream().sorted(LAST_FAILED).toList();
        WorkflowSummary last = inOrder.get(inOrder.size() - 1);
        return new FailureGroup(
                fingerprint,
                inOrder.size(),
                inOrder.get(0).updatedAt(),
                last.updatedAt(),
                last.instanceId(),
                last.error().orElse(""));
    }
}
