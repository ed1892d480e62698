package dev.sayiir.worker;

import dev.sayiir.persistence.EventOutcome;
import dev.sayiir.persistence.InstanceAlreadyExistsException;
import dev.sayiir.persistence.RedriveRequest;
import dev.sayiir.persistence.RepairStore;
import dev.sayiir.persistence.SignalOutcome;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.SnapshotBuilder;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.Completed;
import dev.sayiir.workflow.WorkflowState.Failed;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.Optional;
import java.util.function.UnaryOperator;
import tools.jackson.databind.json.JsonMapper;

/**
 * Starts instances of workflows, follows them and steers them. Every operation but {@link #awaitEnd} joins the caller's
 * Spring transaction, as those of the stores do: an order and its workflow are there together or not at all.
 *
 * <pre>{@code
 * workflows.start(fulfilment, "order-4711", new Order("tea", 2));
 * workflows.awaitEnd("order-4711", Duration.ofMinutes(1));
 * Optional<Receipt> receipt = workflows.result("order-4711", Receipt.class);
 * }</pre>
 *
 * <p>Inputs and payloads of events are anything that Jackson writes as JSON, or a {@link Payload}, whose bytes are kept as
 * they are.
 */
public final class Workflows {

    private static final Duration FIRST_PAUSE = Duration.ofMillis(20);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(1);

    private final SnapshotStore snapshots;
    private final SignalStore signals;
    private final WorkflowQueries queries;
    private final RepairStore repairs;
    private final JsonPayloads payloads;
    private final WorkflowStartListener listener;

    /**
     * Uses Jackson's default mapper.
     *
     * @param snapshots the snapshots
     * @param signals the signals of the same instances
     * @param queries what is asked of them
     * @param repairs how they go on after an end
     */
    public Workflows(SnapshotStore snapshots, SignalStore signals, WorkflowQueries queries, RepairStore repairs) {
        this(snapshots, signals, queries, repairs, new JsonPayloads(JsonPayloads.DEFAULT_MAPPER));
    }

    /**
     * @param snapshots the snapshots
     * @param signals the signals of the same instances
     * @param queries what is asked of them
     * @param repairs how they go on after an end
     * @param mapper writes inputs and reads results
     */
    public Workflows(
            SnapshotStore snapshots,
            SignalStore signals,
            WorkflowQueries queries,
            RepairStore repairs,
            JsonMapper mapper) {
        this(snapshots, signals, queries, repairs, new JsonPayloads(() -> mapper));
    }

    private Workflows(
            SnapshotStore snapshots,
            SignalStore signals,
            WorkflowQueries queries,
            RepairStore repairs,
            JsonPayloads payloads) {
        this(snapshots, signals, queries, repairs, payloads, (instance, start) -> start.apply(instance));
    }

    private Workflows(
            SnapshotStore snapshots,
            SignalStore signals,
            WorkflowQueries queries,
            RepairStore repairs,
            JsonPayloads payloads,
            WorkflowStartListener listener) {
        this.snapshots = snapshots;
        this.signals = signals;
        this.queries = queries;
        this.repairs = repairs;
        this.payloads = payloads;
        this.listener = listener;
    }

    /**
     * The same workflows, whose starts are told to a listener as well.
     *
     * @param added wraps each start, within what the listeners wrap that were added before
     * @return the workflows with the listener
     */
    public Workflows withListener(WorkflowStartListener added) {
        return new Workflows(
                snapshots,
                signals,
                queries,
                repairs,
                payloads,
                (instance, start) -> listener.aroundStart(instance, it -> added.aroundStart(it, start)));
    }

    /**
     * @param backend where the instances are kept
     * @param <B> a store of snapshots and signals that can be queried and repaired
     * @return the workflows there, with Jackson's default mapper
     */
    public static <B extends SnapshotStore & SignalStore & WorkflowQueries & RepairStore> Workflows of(B backend) {
        return new Workflows(backend, backend, backend, backend);
    }

    /**
     * Starts an instance.
     *
     * @param workflow what it is an instance of
     * @param instanceId what to call it, 1 to 256 bytes of UTF-8
     * @param input the input of its first task
     * @return its first checkpoint
     * @throws InstanceAlreadyExistsException if the id is taken
     * @throws IllegalArgumentException if the id is not valid, or the input cannot be written as JSON
     */
    public WorkflowSnapshot start(Workflow workflow, String instanceId, Object input) {
        return start(workflow, instanceId, input, UnaryOperator.identity());
    }

    /**
     * Starts an instance with more than its input.
     *
     * @param workflow what it is an instance of
     * @param instanceId what to call it, 1 to 256 bytes of UTF-8
     * @param input the input of its first task
     * @param settings sets priority, tags and trace of the instance
     * @return its first checkpoint
     * @throws InstanceAlreadyExistsException if the id is taken
     * @throws IllegalArgumentException if the id is not valid, or the input cannot be written as JSON
     */
    public WorkflowSnapshot start(
            Workflow workflow, String instanceId, Object input, UnaryOperator<SnapshotBuilder> settings) {
        SnapshotBuilder instance = WorkflowSnapshot.builder(instanceId, workflow.name())
                .initialInput(payloads.write("input of the workflow", input));
        WorkflowSnapshot first = settings.apply(instance).build().moveTo(new AtTask(workflow.firstTaskId()));
        return listener.aroundStart(first, snapshots::createSnapshot);
    }

    /**
     * Starts an instance unless there is one of that id, whatever it is doing. For callers that may come twice.
     *
     * @param workflow what it is an instance of
     * @param instanceId what to call it, 1 to 256 bytes of UTF-8
     * @param input the input of its first task
     * @return its first checkpoint, or the snapshot of the one that is there
     * @throws IllegalArgumentException if the id is not valid, or the input cannot be written as JSON
     */
    public WorkflowSnapshot startIfAbsent(Workflow workflow, String instanceId, Object input) {
        try {
            return start(workflow, instanceId, input);
        } catch (InstanceAlreadyExistsException e) {
            return snapshots.loadSnapshot(instanceId);
        }
    }

    /**
     * What an instance is doing, from its columns.
     *
     * @param instanceId the instance
     * @return its status
     * @throws SnapshotNotFoundException if there is no such instance
     */
    public WorkflowStatus status(String instanceId) {
        return summary(instanceId).status();
    }

    /**
     * The result of an instance.
     *
     * @param instanceId the instance
     * @param type what to read the result as; {@link Payload} for the bytes
     * @param <T> what to read the result as
     * @return the result; empty if the instance is not finished
     * @throws WorkflowNotCompletedException if it failed or was cancelled
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws IllegalArgumentException if the result cannot be read as that
     */
    public <T> Optional<T> result(String instanceId, Class<T> type) {
        WorkflowSnapshot snapshot = snapshots.loadSnapshot(instanceId);
        if (snapshot.state() instanceof Completed completed) {
            String what = "result of instance '" + instanceId + "'";
            return Optional.of(payloads.read(what, completed.finalOutput(), type));
        } else if (snapshot.status().isTerminal()) {
            Optional<String> error =
                    snapshot.state() instanceof Failed failed ? Optional.of(failed.error()) : Optional.empty();
            throw new WorkflowNotCompletedException(instanceId, snapshot.status(), error);
        }
        return Optional.empty();
    }

    /**
     * Waits for an instance to complete, fail or be cancelled. Looks at it again and again, after 20 ms at first and once
     * in a second in the long run. Not for use in a transaction.
     *
     * @param instanceId the instance
     * @param timeout how long to wait, 0 to 36,500 days
     * @return what its columns say then; empty if it is not finished by then
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws InterruptedException if the thread is interrupted
     * @throws IllegalArgumentException if the time is out of its range
     */
    public Optional<WorkflowSummary> awaitEnd(String instanceId, Duration timeout) throws InterruptedException {
        long end = System.nanoTime() + Waits.requireWait("timeout", timeout).toNanos();
        long pause = FIRST_PAUSE.toNanos();
        while (true) {
            WorkflowSummary summary = summary(instanceId);
            if (summary.status().isTerminal()) {
                return Optional.of(summary);
            }
            long left = end - System.nanoTime();
            if (left <= 0) {
                return Optional.empty();
            }
            Thread.sleep(Duration.ofNanos(Math.min(left, pause)).plusMillis(1).toMillis());
            pause = Math.min(pause * 2, LONGEST_PAUSE.toNanos());
        }
    }

    /**
     * Cancels an instance: at once, or as soon as its worker notices, which interrupts the task that is under way.
     *
     * @param instanceId the instance
     * @param request who asks, and why
     * @return what became of the request
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws dev.sayiir.persistence.SignalRefusedException if it completed or failed
     */
    public SignalOutcome cancel(String instanceId, SignalRequest request) {
        return signals.requestCancel(instanceId, request);
    }

    /**
     * Pauses an instance: at once, or when the task that is under way is done.
     *
     * @param instanceId the instance
     * @param request who asks, and why
     * @return what became of the request
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws dev.sayiir.persistence.SignalRefusedException if it is finished
     */
    public SignalOutcome pause(String instanceId, SignalRequest request) {
        return signals.requestPause(instanceId, request);
    }

    /**
     * Lets a paused instance go on.
     *
     * @param instanceId the instance
     * @return its snapshot
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws dev.sayiir.persistence.SignalRefusedException if it is not paused
     */
    public WorkflowSnapshot resume(String instanceId) {
        return signals.unpause(instanceId);
    }

    /**
     * Lets an instance go on that failed or was cancelled, or from an earlier point.
     *
     * <pre>{@code
     * workflows.redrive("order-4711", RedriveRequest.fromFailure(), SignalRequest.of("bug 17 is fixed", "ada"));
     * }</pre>
     *
     * @param instanceId the instance
     * @param redrive from where it goes on, and what is changed there
     * @param request who asks, and why
     * @return its snapshot, which is in progress
     * @throws SnapshotNotFoundException if there is no such instance, or not the version of it, as after retention
     * @throws dev.sayiir.persistence.RepairRefusedException if it cannot go on from there, or somebody is working on it
     * @see RepairStore#redrive
     */
    public WorkflowSnapshot redrive(String instanceId, RedriveRequest redrive, SignalRequest request) {
        return repairs.redrive(instanceId, redrive, request);
    }

    /**
     * Starts an instance with the state that another one had in a version.
     *
     * @param instanceId the instance to begin from
     * @param version its version
     * @param newInstanceId what to call the new one, 1 to 256 bytes of UTF-8
     * @param request who asks, and why
     * @return the first snapshot of the new instance
     * @throws SnapshotNotFoundException if there is no such instance, or not the version of it, as after retention
     * @throws InstanceAlreadyExistsException if the new id is taken
     * @throws dev.sayiir.persistence.RepairRefusedException if the instance had ended in that version
     * @see RepairStore#fork
     */
    public WorkflowSnapshot fork(String instanceId, long version, String newInstanceId, SignalRequest request) {
        return repairs.fork(instanceId, version, newInstanceId, request);
    }

    /**
     * Sends an instance an event. It is kept if the instance is not waiting for it.
     *
     * @param instanceId the instance
     * @param eventName the name of the event, 1 to 256 bytes of UTF-8
     * @param payload the input of the task that follows the wait
     * @return whether the instance has gone on
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws dev.sayiir.persistence.TerminalStateException if it is finished
     * @throws IllegalArgumentException if the name is not valid, or the payload cannot be written as JSON
     */
    public EventOutcome sendEvent(String instanceId, String eventName, Object payload) {
        return signals.sendEvent(instanceId, eventName, eventPayload(eventName, payload));
    }

    /**
     * Sends an instance an event, once: another one with the same key is dropped.
     *
     * @param instanceId the instance
     * @param eventName the name of the event, 1 to 256 bytes of UTF-8
     * @param payload the input of the task that follows the wait
     * @param eventKey the sender's own name for this one event, 1 to 256 bytes of UTF-8
     * @return whether the instance has gone on, or has had that event before
     * @throws SnapshotNotFoundException if there is no such instance
     * @throws dev.sayiir.persistence.TerminalStateException if it is finished
     * @throws IllegalArgumentException if a name is not valid, or the payload cannot be written as JSON
     */
    public EventOutcome sendEvent(String instanceId, String eventName, Object payload, String eventKey) {
        return signals.sendEvent(instanceId, eventName, eventPayload(eventName, payload), Optional.of(eventKey));
    }

    private Payload eventPayload(String eventName, Object payload) {
        return payloads.write("payload of event '" + eventName + "'", payload);
    }

    private WorkflowSummary summary(String instanceId) {
        return queries.findWorkflow(instanceId).orElseThrow(() -> new SnapshotNotFoundException(instanceId));
    }
}
