package dev.sayiir.benchmarks;

import dev.sayiir.codec.SnapshotCodecs;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** {@code commitTask} alone: saves the result of a task and carries the claim on to the next one. */
final class CommitTask implements Workload {

    private static final Payload OUTPUT = Payload.of(Bytes.random(Steps.PAYLOAD_BYTES));

    @Override
    public String name() {
        return "commitTask";
    }

    @Override
    public String unit() {
        return "step";
    }

    @Override
    public Work prepare(Target target, Load load) throws Exception {
        return prepare(target, load, name(), () -> {});
    }

    /** @param before is done before each commit, and measured with it */
    static Work prepare(Target target, Load load, String name, Runnable before) throws Exception {
        int instances = load.portions(Steps.COUNT);
        Instances.start(target, load, name, instances);
        List<ClaimedTask> claimed = target.backend()
                .claimAvailableTasks(
                        ClaimQuery.of("benchmarks", instances, Instances.CLAIM).definitions(Set.of(name)));
        if (claimed.size() != instances) {
            throw new IllegalStateException(
                    "Of " + instances + " instances only " + claimed.size() + " could be claimed");
        }
        return new ClosedLoop(load, instances, (number, timer) -> {
            new Commits(target.backend(), claimed.get(number), before).run(0, Steps.COUNT, timer);
            return Steps.COUNT;
        });
    }

    /** How large the control state of a step is, without outputs, as the stores write it. */
    static int controlStateBytes() {
        WorkflowSnapshot first = Instances.first("linear", "instance-0");
        return SnapshotCodecs.json()
                .encode(first.toBuilder().withoutInitialInput().build())
                .length;
    }

    /** Commits the tasks of one instance. */
    static final class Commits {

        private final TaskClaimStore claims;
        private final Runnable before;
        private TaskClaim claim;
        private WorkflowSnapshot snapshot;

        Commits(TaskClaimStore claims, ClaimedTask first) {
            this(claims, first, () -> {});
        }

        Commits(TaskClaimStore claims, ClaimedTask first, Runnable before) {
            this.claims = claims;
            this.before = before;
            this.claim = first.claim();
            this.snapshot = first.snapshot();
        }

        /** Those from that step to before the other one. */
        void run(int from, int to, ClosedLoop.Timer timer) throws Exception {
            for (int step = from; step < to; step++) {
                AtTask next = new AtTask(Steps.id(step + 1));
                timer.time(() -> commit(next));
            }
        }

        private void commit(AtTask next) {
            before.run();
            CommittedTask committed = claims.commitTask(
                    claim, snapshot.completeTask(claim.taskId(), OUTPUT).moveTo(next), Optional.of(Instances.CLAIM));
            claim = committed.next().orElseThrow();
            snapshot = committed.snapshot();
        }
    }
}
