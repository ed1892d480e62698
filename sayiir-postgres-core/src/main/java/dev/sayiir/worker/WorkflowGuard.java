package dev.sayiir.worker;

import dev.sayiir.codec.SnapshotSerializationException;
import dev.sayiir.persistence.OpenTasks;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.WorkflowStatistics;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.json.JsonMapper;

/**
 * Compares what is under way with what a build can do, before it is let at it: which tasks it has no handler of, and which
 * stored inputs its handlers cannot read. Reads only, and nothing of it is claimed.
 *
 * <p>In a test against a copy of the database, or when the application starts:
 *
 * <pre>{@code
 * WorkflowGuard.of(backend).requireServed(List.of(fulfilment), handlers);
 * }</pre>
 */
public final class WorkflowGuard {

    private final WorkflowStatistics statistics;
    private final SnapshotStore snapshots;
    private final JsonPayloads payloads;

    /**
     * @param statistics counts what is open
     * @param snapshots the same instances
     * @param mapper reads inputs as the worker's does
     */
    public WorkflowGuard(WorkflowStatistics statistics, SnapshotStore snapshots, JsonMapper mapper) {
        this(statistics, snapshots, new JsonPayloads(() -> mapper));
    }

    /**
     * Reads inputs with Jackson's default mapper.
     *
     * @param statistics counts what is open
     * @param snapshots the same instances
     */
    public WorkflowGuard(WorkflowStatistics statistics, SnapshotStore snapshots) {
        this(statistics, snapshots, new JsonPayloads(JsonPayloads.DEFAULT_MAPPER));
    }

    private WorkflowGuard(WorkflowStatistics statistics, SnapshotStore snapshots, JsonPayloads payloads) {
        this.statistics = statistics;
        this.snapshots = snapshots;
        this.payloads = payloads;
    }

    /**
     * @param backend where the instances are kept
     * @param <B> a store of snapshots that counts what is open
     * @return the guard, with Jackson's default mapper
     */
    public static <B extends WorkflowStatistics & SnapshotStore> WorkflowGuard of(B backend) {
        return new WorkflowGuard(backend, backend);
    }

    /** What a build cannot do. */
    public enum Problem {
        /** There is no handler of the task. */
        NO_HANDLER,
        /** The input of an instance cannot be read as what its handler takes. */
        UNREADABLE_INPUT,
        /** What is stored of an instance cannot be decoded. */
        UNREADABLE_SNAPSHOT
    }

    /**
     * Something that would stand still.
     *
     * @param problem why
     * @param workflow the workflow
     * @param taskId the task
     * @param instances how many instances are at the task now; 0 if new ones would be
     * @param message all of it, for a person to read
     */
    public record Finding(Problem problem, String workflow, String taskId, long instances, String message) {}

    /**
     * Looks at every task at which instances of the workflows are, and at one instance of each; and at the first tasks of the
     * workflows. Tasks of other workflows are not looked at.
     *
     * @param workflows what the build knows
     * @param handlers what it can do
     * @return what it cannot do, by workflow and task
     * @throws IllegalArgumentException if there are two handlers of one task, or one that a worker would not take
     */
    public List<Finding> check(Collection<Workflow> workflows, Collection<? extends TaskHandler<?>> handlers) {
        Handlers known = new Handlers(handlers, FailurePolicy.DEFAULT);
        Set<String> names = workflows.stream().map(Workflow::name).collect(Collectors.toSet());
        List<Finding> findings = new ArrayList<>();
        for (Workflow workflow : new LinkedHashSet<>(workflows)) {
            if (known.find(workflow.firstTaskId()).isEmpty()) {
                findings.add(new Finding(
                        Problem.NO_HANDLER,
                        workflow.name(),
                        workflow.firstTaskId(),
                        0,
                        "There is no handler of task '" + workflow.firstTaskId() + "', with which workflow '"
                                + workflow.name() + "' begins"));
            }
        }
        for (OpenTasks open : statistics.countOpenTasks()) {
            if (names.contains(open.definitionHash())) {
                check(open, known.find(open.taskId())).ifPresent(findings::add);
            }
        }
        return findings;
    }

    /**
     * For tests, and for a build that is not to start if it would leave something standing.
     *
     * @param workflows what the build knows
     * @param handlers what it can do
     * @throws IllegalArgumentException if there are two handlers of one task, or one that a worker would not take
     * @throws IllegalStateException if it cannot do what is under way; the message says all that {@link #check} finds
     */
    public void requireServed(Collection<Workflow> workflows, Collection<? extends TaskHandler<?>> handlers) {
        List<Finding> findings = check(workflows, handlers);
        if (!findings.isEmpty()) {
            throw new IllegalStateException("This build cannot do all that is under way: "
                    + findings.stream().map(Finding::message).collect(Collectors.joining("; ")));
        }
    }

    private Optional<Finding> check(OpenTasks open, Optional<TaskHandler<?>> handler) {
        String at = open.instances() + " instances of workflow '" + open.definitionHash() + "' are at task '"
                + open.taskId() + "', as '" + open.exampleInstanceId() + "' is";
        if (handler.isEmpty()) {
            return Optional.of(finding(Problem.NO_HANDLER, open, at + ", and there is no handler of it"));
        }
        try {
            Optional<WorkflowSnapshot> example = snapshots.findSnapshot(open.exampleInstanceId());
            example.flatMap(snapshot -> input(snapshot, open.taskId()))
                    .ifPresent(input -> payloads.read(
                            "input of task '" + open.taskId() + "'",
                            input,
                            handler.get().inputType()));
            return Optional.empty();
        } catch (SnapshotSerializationException e) {
            return Optional.of(finding(Problem.UNREADABLE_SNAPSHOT, open, at + ": " + e.getMessage()));
        } catch (IllegalArgumentException e) {
            return Optional.of(finding(Problem.UNREADABLE_INPUT, open, at + ": " + e.getMessage()));
        }
    }

    private static Finding finding(Problem problem, OpenTasks open, String message) {
        return new Finding(problem, open.definitionHash(), open.taskId(), open.instances(), message);
    }

    /** Empty if the instance has gone on meanwhile, or if it is given what only a claim tells, as in the middle of a branch. */
    private Optional<Payload> input(WorkflowSnapshot snapshot, String taskId) {
        if (snapshot.fork().isPresent()) {
            return ofFork(snapshot, snapshot.fork().get(), taskId);
        }
        return snapshot.openTask()
                .filter(open -> open.taskId().equals(taskId) && !open.waiting())
                .map(open -> Inputs.of(snapshot));
    }

    private Optional<Payload> ofFork(WorkflowSnapshot snapshot, AtFork fork, String taskId) {
        if (fork.openBranches().isEmpty()) {
            return Optional.of(payloads.object(fork.completedBranches()));
        }
        return fork.branches().values().stream()
                .filter(branch -> branch.taskId().equals(taskId))
                .findFirst()
                .map(branch -> ofBranch(snapshot, fork, branch));
    }

    private static Payload ofBranch(WorkflowSnapshot snapshot, AtFork fork, Branch branch) {
        return branch.input()
                .or(() -> fork.afterTaskId().flatMap(snapshot.completedTasks()::output))
                .or(snapshot::initialInput)
                .orElse(Payload.empty());
    }
}
