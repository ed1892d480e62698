package dev.sayiir.postgres.test;

import dev.sayiir.persistence.AvailableTask;
import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.CommitResult;
import dev.sayiir.persistence.CommitResult.NotStored;
import dev.sayiir.persistence.CommitResult.Stored;
import dev.sayiir.persistence.CommittedBranchTask;
import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.TaskCommit;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.postgres.test.WorkflowFaults.AtCommit;
import dev.sayiir.workflow.OpenTask;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.sql.SQLRecoverableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** The claims of a test: knows what its worker has, keeps one task from it, and drops results and answers on demand. */
final class DrivenClaims implements TaskClaimStore {

    private final TaskClaimStore claims;
    private final RunningTasks running;
    private final WorkflowFaults faults;
    private volatile Optional<String> keptBack = Optional.empty();

    DrivenClaims(TaskClaimStore claims, RunningTasks running, WorkflowFaults faults) {
        this.claims = claims;
        this.running = running;
        this.faults = faults;
    }

    /** Nobody is given that task, in whatever instance. */
    void keepBack(Optional<String> taskId) {
        keptBack = taskId;
    }

    @Override
    public List<ClaimedTask> claimAvailableTasks(ClaimQuery query) {
        ClaimQuery wanted =
                query.taskIds().map(this::withoutKeptBack).map(query::taskIds).orElse(query);
        running.pollBegins(wanted);
        List<ClaimedTask> claimed = List.of();
        try {
            claimed = claims.claimAvailableTasks(wanted);
        } finally {
            running.pollEnds(claimed);
        }
        return claimed;
    }

    private Set<String> withoutKeptBack(Set<String> taskIds) {
        return taskIds.stream().filter(it -> !isKeptBack(it)).collect(Collectors.toSet());
    }

    private boolean isKeptBack(String taskId) {
        return keptBack.filter(taskId::equals).isPresent();
    }

    @Override
    public List<CommitResult> commitTasks(List<TaskCommit> commits) {
        List<Optional<AtCommit>> faulty =
                commits.stream().map(it -> faults.atCommit(it.claim())).toList();
        List<TaskCommit> passedOn = new ArrayList<>();
        for (int i = 0; i < commits.size(); i++) {
            if (faulty.get(i).isEmpty()) {
                passedOn.add(toKeptBack(commits.get(i)) ? withoutNext(commits.get(i)) : commits.get(i));
            } else if (faulty.get(i).get() == AtCommit.STORED_UNHEARD) {
                passedOn.add(withoutNext(commits.get(i)));
            }
        }
        Iterator<CommitResult> answers = passedOn.isEmpty()
                ? List.<CommitResult>of().iterator()
                : claims.commitTasks(passedOn).iterator();
        List<CommitResult> results = new ArrayList<>();
        for (int i = 0; i < commits.size(); i++) {
            TaskClaim claim = commits.get(i).claim();
            results.add(
                    faulty.get(i).map(fault -> faulty(fault, claim, answers)).orElseGet(answers::next));
        }
        results.forEach(this::note);
        return results;
    }

    private CommitResult faulty(AtCommit fault, TaskClaim claim, Iterator<CommitResult> answers) {
        if (fault == AtCommit.NOT_STORED) {
            faults.happened(claim);
            return new NotStored(new ClaimLostException(claim)); // so that the worker leaves it
        }
        CommitResult answer = answers.next();
        if (!(answer instanceof Stored)) {
            return answer;
        }
        faults.happened(claim);
        return new NotStored(lostAnswer());
    }

    /** What is carried on to is the worker's. */
    private void note(CommitResult result) {
        if (result instanceof Stored stored) {
            stored.next().ifPresent(running::isHeld);
        }
    }

    private boolean toKeptBack(TaskCommit commit) {
        if (commit instanceof TaskCommit.OfBranchTask ofBranch) {
            return ofBranch.outcome() instanceof BranchOutcome.Next next && isKeptBack(next.nextTaskId());
        }
        return ((TaskCommit.OfTask) commit)
                .snapshot()
                .openTask()
                .map(OpenTask::taskId)
                .filter(this::isKeptBack)
                .isPresent();
    }

    private static TaskCommit withoutNext(TaskCommit commit) {
        if (commit instanceof TaskCommit.OfBranchTask ofBranch) {
            return new TaskCommit.OfBranchTask(ofBranch.claim(), ofBranch.outcome(), Optional.empty());
        }
        return new TaskCommit.OfTask(commit.claim(), ((TaskCommit.OfTask) commit).snapshot(), Optional.empty());
    }

    @Override
    public List<AvailableTask> findAvailableTasks(ClaimQuery query) {
        return claims.findAvailableTasks(query);
    }

    @Override
    public Optional<AvailableTask> findHintedTask(String instanceId, String taskId, ClaimQuery query) {
        return claims.findHintedTask(instanceId, taskId, query);
    }

    @Override
    public Optional<TaskClaim> claimTask(String instanceId, String taskId, String workerId, Duration ttl) {
        return claims.claimTask(instanceId, taskId, workerId, ttl);
    }

    @Override
    public List<TaskClaim> extendTaskClaims(Collection<TaskClaim> held, Duration ttl) {
        return claims.extendTaskClaims(held, ttl);
    }

    @Override
    public int releaseTaskClaims(String workerId) {
        return claims.releaseTaskClaims(workerId);
    }

    @Override
    public int releaseTaskClaims(Collection<TaskClaim> held, Duration delay) {
        return claims.releaseTaskClaims(held, delay);
    }

    @Override
    public List<TaskRefusal.Outcome> refuseTasks(List<TaskRefusal> refusals) {
        return claims.refuseTasks(refusals);
    }

    @Override
    public int blockUnhandledTasks(ClaimQuery query) {
        return claims.blockUnhandledTasks(query);
    }

    @Override
    public boolean isInTransaction() {
        return claims.isInTransaction();
    }

    @Override
    public boolean isHeld(TaskClaim claim) {
        return claims.isHeld(claim);
    }

    @Override
    public CommittedTask commitTask(TaskClaim claim, WorkflowSnapshot snapshot, Optional<Duration> carryOn) {
        TaskCommit.OfTask commit = new TaskCommit.OfTask(claim, snapshot, carryOn);
        CommittedTask done =
                claims.commitTask(claim, snapshot, requireStorable(commit).carryOn());
        whenCommitted(claim, done.next());
        return done;
    }

    @Override
    public CommittedBranchTask commitBranchTask(TaskClaim claim, BranchOutcome outcome, Optional<Duration> carryOn) {
        TaskCommit.OfBranchTask commit = new TaskCommit.OfBranchTask(claim, outcome, carryOn);
        CommittedBranchTask done =
                claims.commitBranchTask(claim, outcome, requireStorable(commit).carryOn());
        whenCommitted(claim, done.next());
        return done;
    }

    /** What is to be stored of it in the caller's transaction; throws if it is not to be stored. */
    private TaskCommit requireStorable(TaskCommit commit) {
        Optional<AtCommit> fault = faults.atCommit(commit.claim());
        if (fault.filter(it -> it == AtCommit.NOT_STORED).isPresent()) {
            faults.happened(commit.claim());
            throw new ClaimLostException(commit.claim());
        }
        return fault.isPresent() || toKeptBack(commit) ? withoutNext(commit) : commit;
    }

    /** The answer to a commit of a transaction is lost after it. */
    private void whenCommitted(TaskClaim claim, Optional<TaskClaim> next) {
        boolean isUnheard = faults.atCommit(claim).isPresent();
        if (TransactionSynchronizationManager.isSynchronizationActive()) {
            TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                @Override
                public void afterCommit() {
                    loseAnswer(claim, isUnheard);
                }

                /** Called whatever others have thrown after the commit. */
                @Override
                public void afterCompletion(int status) {
                    if (status == STATUS_COMMITTED) {
                        next.ifPresent(running::isHeld);
                    }
                }
            });
        } else {
            next.ifPresent(running::isHeld);
            loseAnswer(claim, isUnheard);
        }
    }

    private void loseAnswer(TaskClaim claim, boolean isUnheard) {
        if (isUnheard) {
            faults.happened(claim);
            throw lostAnswer();
        }
    }

    private static DataAccessResourceFailureException lostAnswer() {
        return new DataAccessResourceFailureException(
                "The test lost the answer to a commit", new SQLRecoverableException("connection reset", "08006"));
    }

    @Override
    public void ping() {
        claims.ping();
    }
}
