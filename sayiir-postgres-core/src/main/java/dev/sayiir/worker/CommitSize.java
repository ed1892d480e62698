package dev.sayiir.worker;

import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.TaskCommit;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.TaskChanges;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState.Completed;
import java.util.Optional;
import java.util.stream.Stream;

/** About how many bytes a result brings to the store: those of its payloads, in which they can be many. */
final class CommitSize {

    private CommitSize() {}

    static long of(TaskCommit commit) {
        if (commit instanceof TaskCommit.OfTask task) {
            return payloads(task.snapshot()).mapToLong(Payload::size).sum();
        }
        BranchOutcome outcome = ((TaskCommit.OfBranchTask) commit).outcome();
        if (outcome instanceof BranchOutcome.Done done) {
            return done.output().size();
        }
        return outcome instanceof BranchOutcome.Next next ? next.output().size() : 0;
    }

    private static Stream<Payload> payloads(WorkflowSnapshot snapshot) {
        Stream<Payload> outputs = snapshot.taskChanges().map(TaskChanges::completed).stream()
                .flatMap(completed -> completed.values().stream());
        Stream<Payload> branches = snapshot.fork().map(AtFork::branches).stream()
                .flatMap(all -> all.values().stream())
                .map(Branch::input)
                .flatMap(Optional::stream);
        Stream<Payload> result =
                snapshot.state() instanceof Completed completed ? Stream.of(completed.finalOutput()) : Stream.empty();
        return Stream.of(outputs, branches, result).flatMap(all -> all);
    }
}
