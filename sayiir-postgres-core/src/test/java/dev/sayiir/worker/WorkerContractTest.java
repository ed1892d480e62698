package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.BlockedTask;
import dev.sayiir.persistence.EventLog;
import dev.sayiir.persistence.RepairStore;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.SnapshotHistory;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.Completed;
import dev.sayiir.workflow.WorkflowState.Failed;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.json.JsonMapper;

/** What a worker does on every backend. Each test finds the stores empty, and its workers stopped afterwards. */
@ParameterizedClass(name = "{0}")
@MethodSource("dev.sayiir.worker.TestBackend#wanted")
abstract class WorkerContractTest {

    static final Workflow WORKFLOW = new Workflow("fulfilment-v1", "first");
    static final Duration SOON = Duration.ofMillis(20);
    static final Duration HOUR = Duration.ofHours(1);
    static final RetryPolicy THRICE = new RetryPolicy(3, Duration.ofMillis(1), 1, Optional.empty());
    static final SignalRequest REQUEST = SignalRequest.of("late", "ann");

    @Parameter
    TestBackend backend;

    SnapshotStore snapshots;
    SignalStore signals;
    TaskClaimStore claims;
    SnapshotHistory history;
    EventLog events;
    WorkflowQueries queries;
    RepairStore repairs;
    Workflows workflows;

    private final List<TaskWorker> workers = new ArrayList<>();

    @BeforeAll
    static void bePatient() {
        Awaitility.setDefaultTimeout(Duration.parse(System.getProperty("sayiir.test.patience", "PT1M")));
        Awaitility.setDefaultPollInterval(SOON);
        Awaitility.setDefaultPollDelay(Duration.ZERO);
    }

    @BeforeEach
    void empty() {
        TestBackend.Stores stores = backend.stores();
        snapshots = stores.snapshots();
        signals = stores.signals();
        claims = stores.claims();
        history = stores.history();
        events = stores.events();
        queries = stores.queries();
        repairs = stores.repairs();
        workflows = new Workflows(snapshots, signals, queries, repairs, JsonMapper.shared());
        snapshots.listSnapshots().forEach(snapshots::deleteSnapshot);
    }

    @AfterEach
    void stop() {
        workers.forEach(worker -> worker.stop(Duration.ZERO));
    }

    /** A worker that polls often, and waits shortly for handlers that do not heed their interrupt. */
    TaskWorkerBuilder worker(TaskHandler<?>... handlers) {
        TaskWorkerBuilder worker = TaskWorker.builder(snapshots, signals, claims)
                .repairs(repairs)
                .workflow(WORKFLOW)
                .pollInterval(SOON)
                .interruptGrace(SOON);
        for (TaskHandler<?> handler : handlers) {
            worker.handler(handler);
        }
        return worker;
    }

    TaskWorker start(TaskWorkerBuilder builder) {
        TaskWorker worker = builder.build();
        workers.add(worker);
        worker.start();
        return worker;
    }

    TaskWorker start(TaskHandler<?>... handlers) {
        return start(worker(handlers));
    }

    static FunctionHandler<String> task(String taskId, TaskFunction<String> function) {
        return TaskHandler.of(taskId, String.class, function);
    }

    void begin(String instanceId) {
        workflows.start(WORKFLOW, instanceId, "in");
    }

    WorkflowSnapshot awaitStatus(String instanceId, WorkflowStatus status) {
        await().untilAsserted(() -> assertThat(workflows.status(instanceId)).isEqualTo(status));
        return snapshots.loadSnapshot(instanceId);
    }

    String resultOf(String instanceId) {
        Payload output =
                ((Completed) awaitStatus(instanceId, WorkflowStatus.COMPLETED).state()).finalOutput();
        return output.asUtf8();
    }

    /** How its task is blocked; the instance is as it was. */
    BlockedTask blocked(String instanceId) {
        BlockedQuery query = BlockedQuery.all().ofInstance(instanceId);
        BlockedTask blocked = await().until(() -> queries.findBlockedTasks(query), found -> !found.isEmpty())
                .get(0);
        assertThat(workflows.status(instanceId)).isEqualTo(WorkflowStatus.IN_PROGRESS);
        return blocked;
    }

    String errorOf(String instanceId) {
        return ((Failed) awaitStatus(instanceId, WorkflowStatus.FAILED).state()).error();
    }
}
