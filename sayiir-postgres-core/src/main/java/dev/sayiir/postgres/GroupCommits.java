package dev.sayiir.postgres;

import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.CommitResult;
import dev.sayiir.persistence.CommitResult.Locked;
import dev.sayiir.persistence.CommitResult.NotStored;
import dev.sayiir.persistence.CommitResult.Stored;
import dev.sayiir.persistence.StoreOperation;
import dev.sayiir.persistence.TaskCommit;
import dev.sayiir.persistence.TaskCommit.OfBranchTask;
import dev.sayiir.persistence.TaskCommit.OfTask;
import dev.sayiir.persistence.ValueLimits;
import dev.sayiir.persistence.ValueTooLargeException;
import dev.sayiir.workflow.SayiirException;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.springframework.dao.DataAccessException;
import org.springframework.transaction.TransactionException;
import org.springframework.transaction.support.TransactionOperations;

/**
 * Commits tasks together: plain steps in one statement, tasks of branches in another, and what else comes of a task in one
 * transaction. What was not stored by these is committed by itself, which finds out why; so that no task fails or delays
 * another. Waits for nobody.
 */
final class GroupCommits {

    private final TransientFailures failures;
    private final ValueLimits limits;
    private final TransactionOperations transactions;
    private final CheckpointRepository checkpoints;
    private final BranchRepository branchTasks;
    private final CommitService tasks;
    private final BranchService branches;

    GroupCommits(
            TransientFailures failures,
            ValueLimits limits,
            TransactionOperations transactions,
            CheckpointRepository checkpoints,
            BranchRepository branchTasks,
            CommitService tasks,
            BranchService branches) {
        this.failures = failures;
        this.limits = limits;
        this.transactions = transactions;
        this.checkpoints = checkpoints;
        this.branchTasks = branchTasks;
        this.tasks = tasks;
        this.branches = branches;
    }

    List<CommitResult> commit(StoreOperation operation, List<TaskCommit> commits) {
        List<Pending> all = commits.stream().map(Pending::new).toList();
        List<Pending> storable = all.stream().filter(this::isStorable).toList();
        // One alone would only be encoded twice.
        if (storable.size() > 1) {
            commitTasks(operation, storable);
            commitBranchTasks(operation, storable);
        }
        return all.stream()
                .map(it -> it.result.orElseGet(() -> alone(operation, it)))
                .toList();
    }

    /** A commit on its way to its result. */
    private static final class Pending {

        private final TaskCommit commit;
        private Write write = Write.first();
        private Optional<CommitResult> result = Optional.empty();

        Pending(TaskCommit commit) {
            this.commit = commit;
        }

        String instanceId() {
            return commit.claim().instanceId();
        }

        BranchRepository.Commit ofBranch() {
            OfBranchTask task = (OfBranchTask) commit;
            return new BranchRepository.Commit(task.claim(), task.outcome(), task.carryOn(), write);
        }
    }

    /** What is too large has its result by that. */
    private boolean isStorable(Pending pending) {
        try {
            limits.requireStorable(pending.commit);
            return true;
        } catch (ValueTooLargeException e) {
            pending.result = Optional.of(new NotStored(e));
            return false;
        }
    }

    /** One of each instance: two cannot both follow from the same version of it. */
    private void commitTasks(StoreOperation operation, List<Pending> all) {
        Map<Pending, Commit> steps = new LinkedHashMap<>();
        Map<Pending, Commit> others = new LinkedHashMap<>();
        Set<String> instances = new HashSet<>();
        for (Pending pending : all) {
            if (pending.commit instanceof OfTask task && instances.add(pending.instanceId())) {
                prepared(pending, task).ifPresent(commit -> (commit.isPlain() ? steps : others).put(pending, commit));
            }
        }
        Following<CheckpointRepository.Committed> following =
                (pending, committed) -> Stored.of(tasks.followed(operation, (OfTask) pending.commit, committed));
        together(List.copyOf(steps.keySet()), () -> checkpoints.commit(List.copyOf(steps.values())), following);
        together(List.copyOf(others.keySet()), () -> inOneTransaction(others.values()), following);
    }

    /** A statement for each, since they have little in common, but one end of the transaction, which is what takes time. */
    private List<Optional<CheckpointRepository.Committed>> inOneTransaction(Collection<Commit> commits) {
        return Objects.requireNonNull(transactions.execute(transaction ->
                commits.stream().map(commit -> checkpoints.commit(commit)).toList()));
    }

    /** What cannot be encoded has its result by that. */
    private Optional<Commit> prepared(Pending pending, OfTask task) {
        try {
            return Optional.of(tasks.prepare(task, pending.write));
        } catch (SayiirException e) {
            pending.result = Optional.of(new NotStored(e));
            return Optional.empty();
        }
    }

    private void commitBranchTasks(StoreOperation operation, List<Pending> all) {
        List<Pending> group = all.stream()
                .filter(it ->
                        it.commit instanceof OfBranchTask task && !(task.outcome() instanceof BranchOutcome.Retry))
                .toList();
        List<BranchRepository.Commit> ended =
                group.stream().map(Pending::ofBranch).toList();
        together(
                group,
                () -> branchTasks.commit(ended),
                (pending, committed) ->
                        Stored.of(branches.followed(operation, (OfBranchTask) pending.commit, committed)));
    }

    /** What comes of a commit that is stored. */
    private interface Following<C> {
        CommitResult of(Pending pending, C committed);
    }

    /** One alone is as well committed by itself. A group that fails leaves it to each of its members to find out why. */
    private <C> void together(List<Pending> group, Supplier<List<Optional<C>>> write, Following<C> following) {
        if (group.size() < 2) {
            return;
        }
        try {
            List<Optional<C>> committed = write.get();
            for (int i = 0; i < group.size(); i++) {
                Pending pending = group.get(i);
                pending.result = committed.get(i).map(it -> result(() -> following.of(pending, it)));
            }
        } catch (DataAccessException | TransactionException failure) {
            if (failures.inCallersTransaction()) {
                throw failure;
            }
            boolean inDoubt = TransientFailures.leavesDoubt(failure);
            group.forEach(pending -> pending.write = new Write(pending.write.id(), inDoubt));
        }
    }

    private CommitResult alone(StoreOperation operation, Pending pending) {
        return result(() -> {
            Optional<CommitResult> done = pending.commit instanceof OfTask task
                    ? tasks.commitIfFree(operation, task, pending.write).map(Stored::of)
                    : branches.commitIfFree(operation, (OfBranchTask) pending.commit, pending.write)
                            .map(Stored::of);
            return done.orElseGet(Locked::new);
        });
    }

    private CommitResult result(Supplier<CommitResult> commit) {
        try {
            return commit.get();
        } catch (SayiirException refused) {
            return new NotStored(refused);
        } catch (RuntimeException failure) {
            if (failures.inCallersTransaction()) {
                throw failure;
            }
            return new NotStored(failure);
        }
    }
}
