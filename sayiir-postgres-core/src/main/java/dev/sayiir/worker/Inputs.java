package dev.sayiir.worker;

import dev.sayiir.persistence.BranchStep;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.Optional;

/** What the task at which an instance stands is given: all of it is stored, so it is the same again after a crash. */
final class Inputs {

    private Inputs() {}

    /** A branch is given what it has of its own, or what the task before gave; a join, what all branches gave. */
    static Payload of(ClaimedTask task, JsonPayloads payloads) {
        WorkflowSnapshot snapshot = task.snapshot();
        Optional<BranchStep> branch = task.claim().branch();
        if (branch.isPresent()) {
            return ofBranch(snapshot, branch.get());
        }
        return snapshot.fork()
                .map(fork -> payloads.object(fork.completedBranches()))
                .orElseGet(() -> of(snapshot));
    }

    private static Payload ofBranch(WorkflowSnapshot snapshot, BranchStep step) {
        return step.afterTaskId()
                .flatMap(snapshot.completedTasks()::output)
                .or(() -> snapshot.fork()
                        .flatMap(fork -> Optional.ofNullable(fork.branches().get(step.label()))
                                .flatMap(Branch::input)))
                .or(snapshot::initialInput)
                .orElse(Payload.empty());
    }

    static Payload of(WorkflowSnapshot snapshot) {
        return snapshot.lastCompletedTaskId()
                .flatMap(snapshot.completedTasks()::output)
                .or(snapshot::initialInput)
                .orElse(Payload.empty());
    }
}
