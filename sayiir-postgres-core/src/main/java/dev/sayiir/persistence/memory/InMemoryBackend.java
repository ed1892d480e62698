package dev.sayiir.persistence.memory;

import dev.sayiir.persistence.HistoryEntry;
import dev.sayiir.persistence.InstanceAlreadyExistsException;
import dev.sayiir.persistence.SnapshotHistory;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskResultStore;
import dev.sayiir.persistence.WorkflowPage;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.workflow.Identifiers;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;

/**
 * The stores without a database: the same contract as on PostgreSQL, for as long as the process lives.
 *
 * <p>Meant for unit tests of code that programs against the store interfaces. It takes no part in transactions: every
 * operation takes effect at once, and a rollback does not undo it. Any number of threads may use it; they take turns.
 *
 * <pre>{@code
 * SnapshotStore store = new InMemoryBackend();
 * store.createSnapshot(WorkflowSnapshot.start("order-4711", "fulfilment-v1", input));
 * }</pre>
 */
public final class InMemoryBackend implements SnapshotStore, TaskResultStore, SnapshotHistory, WorkflowQueries {

    private final Clock clock;
    private long incarnations;
    private final NavigableMap<String, StoredInstance> instances = new TreeMap<>(Utf8Order.INSTANCE);

    /** An empty backend with the system's clock. */
    public InMemoryBackend() {
        this(Clock.systemUTC());
    }

    /**
     * An empty backend.
     *
     * @param clock what tells when something was saved, in microseconds as in PostgreSQL
     */
    public InMemoryBackend(Clock clock) {
        this.clock = clock;
    }

    @Override
    public synchronized WorkflowSnapshot saveSnapshot(WorkflowSnapshot snapshot) {
        StoredInstance stored = instances.get(snapshot.instanceId());
        if (stored != null) {
            return replace(stored, snapshot);
        }
        if (snapshot.version() > 0) {
            throw new SnapshotNotFoundException(snapshot.instanceId());
        }
        return insert(snapshot);
    }

    @Override
    public synchronized WorkflowSnapshot createSnapshot(WorkflowSnapshot snapshot) {
        if (instances.containsKey(snapshot.instanceId())) {
            throw new InstanceAlreadyExistsException(snapshot.instanceId());
        }
        return insert(snapshot);
    }

    @Override
    public synchronized WorkflowSnapshot saveSnapshotIfVersion(WorkflowSnapshot snapshot, long expectedVersion) {
        requireVersion("expected version", expectedVersion);
        StoredInstance stored = require(snapshot.instanceId());
        stored.requireUnfinished();
        stored.requireVersion(expectedVersion);
        return replace(stored, snapshot);
    }

    @Override
    public synchronized long saveTaskResult(String instanceId, String taskId, Payload output) {
        Identifiers.requireInstanceId(instanceId);
        Identifiers.requireTaskId(taskId);
        StoredInstance stored = require(instanceId);
        stored.requireUnfinished();
        stored.saveTaskResult(taskId, output, now());
        return stored.current().version();
    }

    @Override
    public synchronized Optional<WorkflowSnapshot> findSnapshot(String instanceId) {
        return find(instanceId).map(stored -> stored.current().snapshot());
    }

    @Override
    public synchronized void deleteSnapshot(String instanceId) {
        require(instanceId);
        instances.remove(instanceId);
    }

    @Override
    public synchronized List<String> listSnapshots() {
        return List.copyOf(instances.keySet());
    }

    @Override
    public synchronized Optional<Payload> loadTaskResult(String instanceId, String taskId) {
        Identifiers.requireInstanceId(instanceId);
        Identifiers.requireTaskId(taskId);
        return Optional.ofNullable(require(instanceId).results().get(taskId));
    }

    @Override
    public synchronized Map<String, Payload> loadTaskResults(String instanceId) {
        return Collections.unmodifiableMap(
                new LinkedHashMap<>(require(instanceId).results()));
    }

    @Override
    public synchronized List<HistoryEntry> listVersions(String instanceId, long afterVersion, int limit) {
        Identifiers.requireInstanceId(instanceId);
        if (afterVersion < 0) {
            throw new IllegalArgumentException("after version is " + afterVersion + "; use 0 for the first page");
        }
        if (limit < 1) {
            throw new IllegalArgumentException("The page limit is " + limit + "; use at least 1");
        }
        return require(instanceId).checkpoints().stream()
                .filter(checkpoint -> checkpoint.version() > afterVersion)
                .limit(limit)
                .map(Checkpoint::toHistoryEntry)
                .toList();
    }

    @Override
    public synchronized WorkflowSnapshot loadVersion(String instanceId, long version) {
        Identifiers.requireInstanceId(instanceId);
        requireVersion("version", version);
        StoredInstance stored = require(instanceId);
        if (version > stored.current().version()) {
            throw new SnapshotNotFoundException(
                    instanceId,
                    "Instance '" + instanceId + "' has no version " + version + "; listVersions tells which it has");
        }
        return load(stored, stored.checkpoints().get((int) version - 1));
    }

    @Override
    public synchronized WorkflowSnapshot loadAsOf(String instanceId, Instant time) {
        StoredInstance stored = require(instanceId);
        return stored.checkpoints().stream()
                .filter(checkpoint -> !checkpoint.savedAt().isAfter(time))
                .reduce((earlier, later) -> later)
                .map(checkpoint -> load(stored, checkpoint))
                .orElseThrow(() -> new SnapshotNotFoundException(
                        instanceId,
                        "Instance '" + instanceId + "' had no version at " + time
                                + " yet; listVersions tells when its versions were saved"));
    }

    @Override
    public synchronized WorkflowPage findWorkflows(WorkflowQuery query) {
        WorkflowFilter filter = new WorkflowFilter(query);
        List<WorkflowSummary> found = instances.values().stream()
                .filter(stored -> filter.matches(stored.summary(), stored.openTask()))
                .map(StoredInstance::summary)
                .sorted(WorkflowFilter.NEWEST_FIRST)
                .limit(query.limit() + 1L)
                .toList();
        return WorkflowPage.of(query, found);
    }

    @Override
    public synchronized Optional<WorkflowSummary> findWorkflow(String instanceId) {
        return find(instanceId).map(StoredInstance::summary);
    }

    @Override
    public synchronized Map<WorkflowStatus, Long> countByStatus() {
        Map<WorkflowStatus, Long> counts = new EnumMap<>(WorkflowStatus.class);
        for (WorkflowStatus status : WorkflowStatus.values()) {
            counts.put(status, 0L);
        }
        instances
                .values()
                .forEach(stored -> counts.merge(stored.current().snapshot().status(), 1L, Long::sum));
        return Collections.unmodifiableMap(counts);
    }

    private WorkflowSnapshot insert(WorkflowSnapshot snapshot) {
        StoredInstance created = new StoredInstance(++incarnations);
        created.create(snapshot, now());
        instances.put(snapshot.instanceId(), created);
        return snapshot.storedAs(created.current().version(), created.incarnation());
    }

    private WorkflowSnapshot replace(StoredInstance stored, WorkflowSnapshot snapshot) {
        stored.requireUnfinished();
        stored.requireSameInstance(snapshot);
        stored.save(snapshot, now());
        return snapshot.storedAs(stored.current().version(), stored.incarnation());
    }

    private static WorkflowSnapshot load(StoredInstance stored, Checkpoint checkpoint) {
        return checkpoint.loadedWith(stored.current().snapshot().traceParent());
    }

    private StoredInstance require(String instanceId) {
        return find(instanceId).orElseThrow(() -> new SnapshotNotFoundException(instanceId));
    }

    private Optional<StoredInstance> find(String instanceId) {
        return Optional.ofNullable(instances.get(Identifiers.requireInstanceId(instanceId)));
    }

    private static void requireVersion(String what, long version) {
        if (version < 1) {
            throw new IllegalArgumentException("The " + what + " is " + version + "; versions begin at 1");
        }
    }

    private Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }
}
