package dev.sayiir.persistence;

import dev.sayiir.workflow.CompletedTasks;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.SnapshotBuilder;
import dev.sayiir.workflow.TaskResult;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.InProgress;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** For stores: what lets instances go on, the same in every store. */
public final class Repairs {

    private Repairs() {}

    /**
     * Sees to it that an instance may go on.
     *
     * @param instanceId the instance
     * @param status its status
     * @param redrive what is asked for
     * @param held whether there is a claim on one of its tasks that has not expired
     * @throws RepairRefusedException if it may not
     */
    public static void requireAllowed(String instanceId, WorkflowStatus status, RedriveRequest redrive, boolean held) {
        if (status == WorkflowStatus.COMPLETED && !redrive.completedAllowed()) {
            throw new RepairRefusedException(
                    instanceId, "is Completed; ask for evenIfCompleted() if it is to be done again");
        }
        boolean fromFailure = redrive.taskId().isEmpty() && redrive.version().isEmpty();
        if (!status.isTerminal() && fromFailure) {
            throw new RepairRefusedException(
                    instanceId, "is " + status + " and has not failed; say from which task or version it is to go on");
        }
        if (held) {
            throw new RepairRefusedException(
                    instanceId, "has a task that a worker is doing; pause it, and try again when that is done");
        }
    }

    /**
     * @param instanceId the instance
     * @param redrive what is asked for, without a version
     * @return what to throw if there is no version to go on from
     */
    public static RepairRefusedException nowhere(String instanceId, RedriveRequest redrive) {
        String what = redrive.taskId()
                .map(taskId -> "in which its main line stands at task '" + taskId + "'")
                .orElse("in which it had not ended");
        return new RepairRefusedException(
                instanceId, "has no version, or none any more, " + what + "; list its versions to see which there are");
    }

    /**
     * @param instanceId the instance
     * @param version a version in which it had ended
     * @param before the last one before in which it had not, if there is one
     * @return what to throw if it is to go on from there
     */
    public static RepairRefusedException ended(String instanceId, long version, Optional<Long> before) {
        return new RepairRefusedException(
                instanceId,
                "had ended in version " + version + ", and nothing goes on from there; "
                        + before.map(last -> "the last version before in which it had not is " + last)
                                .orElse("there is no version before in which it had not"));
    }

    /**
     * @param from the version from which an instance goes on
     * @param redrive what is to be changed
     * @param now the store's clock
     * @return the instance as it goes on; the version and the number of the instance are those of the version
     * @throws RepairRefusedException if there is nothing to go on with, or something cannot be changed
     */
    public static WorkflowSnapshot redriven(PastVersion from, RedriveRequest redrive, Instant now) {
        WorkflowSnapshot goingOn = from.goingOn(now);
        if (redrive.taskId().isPresent() && goingOn.openTask().isEmpty()) {
            throw new RepairRefusedException(
                    goingOn.instanceId(),
                    "has a result of task '" + redrive.taskId().get() + "' in version " + goingOn.version()
                            + " already; let it go on from an earlier version");
        }
        for (Map.Entry<String, Payload> result : redrive.results().entrySet()) {
            goingOn = withResult(goingOn, result.getKey(), result.getValue());
        }
        return redrive.input().isPresent() ? withInput(goingOn, redrive.input().get()) : goingOn;
    }

    /**
     * @param from the version that a new instance begins with
     * @param newInstanceId what to call it
     * @param now the store's clock
     * @return the new instance, never stored
     * @throws RepairRefusedException if it cannot go on from there
     */
    public static WorkflowSnapshot forked(PastVersion from, String newInstanceId, Instant now) {
        WorkflowSnapshot goingOn = from.goingOn(now);
        SnapshotBuilder forked = WorkflowSnapshot.builder(newInstanceId, goingOn.definitionHash())
                .createdAt(now)
                .updatedAt(now)
                .taskPriority(goingOn.taskPriority())
                .taskTags(goingOn.taskTags())
                .traceParent(goingOn.traceParent())
                .state(goingOn.state());
        goingOn.initialInput().ifPresent(forked::initialInput);
        goingOn.loopIterations().forEach(forked::loopIteration);
        return forked.build();
    }

    private static WorkflowSnapshot withResult(WorkflowSnapshot snapshot, String taskId, Payload result) {
        InProgress running = (InProgress) snapshot.state();
        Optional<String> branch = snapshot.fork().flatMap(fork -> branchAt(fork, taskId));
        if (branch.isEmpty() && !running.completedTasks().contains(taskId)) {
            throw new RepairRefusedException(
                    snapshot.instanceId(),
                    "has no result of task '" + taskId + "' in version " + snapshot.version()
                            + " that could be replaced, and no branch that stands at it");
        }
        CompletedTasks results = running.completedTasks().with(taskId, result);
        ExecutionPosition position = running.position() instanceof AtFork fork
                ? withBranchResult(fork, branch, new TaskResult(taskId, result))
                : running.position();
        return snapshot.toBuilder()
                .state(new InProgress(position, results, running.lastCompletedTaskId()))
                .build();
    }

    private static Optional<String> branchAt(AtFork fork, String taskId) {
        return fork.openBranches().entrySet().stream()
                .filter(branch -> branch.getValue().taskId().equals(taskId))
                .map(Map.Entry::getKey)
                .findFirst();
    }

    /** What branches ended with is known twice: as the result of their last task, and by their labels. */
    private static AtFork withBranchResult(AtFork fork, Optional<String> endedBranch, TaskResult result) {
        Map<String, TaskResult> changed = new HashMap<>();
        endedBranch.ifPresent(label -> changed.put(label, result));
        fork.completedBranches().forEach((label, before) -> {
            if (before.taskId().equals(result.taskId())) {
                changed.put(label, result);
            }
        });
        return fork.withBranchResults(changed);
    }

    /** At the place where a worker finds it. */
    private static WorkflowSnapshot withInput(WorkflowSnapshot snapshot, Payload input) {
        if (snapshot.fork().isPresent()) {
            throw new RepairRefusedException(
                    snapshot.instanceId(),
                    "stands at a fork in version " + snapshot.version()
                            + ", where no input is given to all; replace results of tasks instead");
        }
        Optional<String> before = snapshot.lastCompletedTaskId().filter(snapshot.completedTasks()::contains);
        return before.isPresent()
                ? withResult(snapshot, before.get(), input)
                : snapshot.toBuilder().initialInput(input).build();
    }
}
