package dev.sayiir.persistence;

import dev.sayiir.event.InstanceEvent;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;

/** What every backend promises. Each test runs on each of the {@link Backends}, and finds the stores empty. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.sayiir.persistence.Backends#all")
abstract class ContractTest {

    @Parameter
    Backend backend;

    SnapshotStore store;
    TaskResultStore results;
    SnapshotHistory history;
    WorkflowQueries queries;
    SignalStore signals;
    TaskClaimStore claims;
    EventLog events;
    WakeUps wakeUps;
    WorkflowStatistics statistics;
    RepairStore repairs;
    List<InstanceEvent> told;

    @BeforeEach
    void deleteWhatTheTestBeforeLeft() {
        Stores stores = backend.stores();
        store = stores.snapshots();
        results = stores.results();
        history = stores.history();
        queries = stores.queries();
        signals = stores.signals();
        claims = stores.claims();
        events = stores.events();
        wakeUps = stores.wakeUps();
        statistics = stores.statistics();
        repairs = stores.repairs();
        told = stores.told();
        store.listSnapshots().forEach(store::deleteSnapshot);
        told.clear();
    }

    List<HistoryEntry> versionsOf(String instanceId) {
        return history.listVersions(instanceId, 0, Integer.MAX_VALUE);
    }

    /** Everything that can be read of an instance. To be equal before and after what must leave no trace. */
    Traces tracesOf(String instanceId) {
        Optional<WorkflowSnapshot> snapshot = store.findSnapshot(instanceId);
        return snapshot.isEmpty()
                ? new Traces(snapshot, queries.findWorkflow(instanceId), List.of(), Map.of())
                : new Traces(
                        snapshot,
                        queries.findWorkflow(instanceId),
                        versionsOf(instanceId),
                        results.loadTaskResults(instanceId));
    }

    /** All pages of a query. */
    List<String> idsOf(WorkflowQuery query) {
        List<String> ids = new ArrayList<>();
        WorkflowPage page = queries.findWorkflows(query);
        page.workflows().forEach(found -> ids.add(found.instanceId()));
        while (page.next().isPresent()) {
            page = queries.findWorkflows(query.after(page.next().get()));
            page.workflows().forEach(found -> ids.add(found.instanceId()));
        }
        return ids;
    }

    record Traces(
            Optional<WorkflowSnapshot> snapshot,
            Optional<WorkflowSummary> summary,
            List<HistoryEntry> history,
            Map<String, Payload> results) {}
}
