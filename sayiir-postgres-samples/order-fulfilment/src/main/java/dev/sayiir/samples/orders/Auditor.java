package dev.sayiir.samples.orders;

import dev.sayiir.persistence.HistoryEntry;
import dev.sayiir.persistence.SnapshotHistory;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowSummary;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** Finds out what became of the orders of one run: from columns, history and journal, not from what the lives say. */
final class Auditor {

    private static final int PAGE = 100;

    private final OrderCatalog catalog;
    private final WorkflowQueries queries;
    private final SnapshotHistory history;

    Auditor(OrderCatalog catalog, WorkflowQueries queries, SnapshotHistory history) {
        this.catalog = catalog;
        this.queries = queries;
        this.history = history;
    }

    /** The columns of each order's instance, by instance id. */
    Map<String, WorkflowSummary> columns(String run) {
        return catalog.orders().stream()
                .map(order ->
                        queries.findWorkflow(RunSettings.instanceId(run, order)).orElseThrow())
                .collect(Collectors.toMap(WorkflowSummary::instanceId, summary -> summary));
    }

    Audit audit(String run, Map<String, WorkflowSummary> afterLife1, List<Journal.Entry> journal) {
        Map<String, WorkflowSummary> atTheEnd = columns(run);
        List<OrderFigures> orders = catalog.orders().stream()
                .map(order -> {
                    String instanceId = RunSettings.instanceId(run, order);
                    return new OrderFigures(
                            order,
                            get(atTheEnd, instanceId),
                            ran(journal, 1, instanceId),
                            ran(journal, 2, instanceId),
                            get(afterLife1, instanceId).completedTaskCount(),
                            results(instanceId));
                })
                .toList();
        return new Audit(orders, journal);
    }

    private static WorkflowSummary get(Map<String, WorkflowSummary> columns, String instanceId) {
        WorkflowSummary summary = columns.get(instanceId);
        if (summary == null) {
            throw new IllegalStateException("Nothing was recorded of " + instanceId);
        }
        return summary;
    }

    private static int ran(List<Journal.Entry> journal, int life, String instanceId) {
        return (int) journal.stream()
                .filter(entry -> entry.life() == life)
                .filter(entry -> entry.effect().instanceId().equals(instanceId))
                .count();
    }

    private Map<Step, Integer> results(String instanceId) {
        Map<Step, Integer> results = new EnumMap<>(Step.class);
        for (HistoryEntry checkpoint : history.listVersions(instanceId, 0, PAGE)) {
            checkpoint.completedTaskIds().forEach(taskId -> results.merge(Step.of(taskId), 1, Integer::sum));
        }
        return results;
    }
}
