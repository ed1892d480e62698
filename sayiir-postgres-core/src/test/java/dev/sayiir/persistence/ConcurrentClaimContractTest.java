package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Workers that are slower than their claims last: others take over, and still every task is done once. */
class ConcurrentClaimContractTest extends ContractTest {

    private static final int INSTANCES = 25;
    private static final int STEPS = 8;
    private static final int WORKERS = 8;
    private static final Duration VERY_SHORT = Duration.ofMillis(1);

    private final AtomicInteger finished = new AtomicInteger();
    private final AtomicInteger fencedOff = new AtomicInteger();
    private final Queue<TaskClaim> forgotten = new ConcurrentLinkedQueue<>();
    private final Map<String, Long> latest = new ConcurrentHashMap<>();

    /** Which commit was accepted, by instance and version. */
    private final Map<String, TaskClaim> accepted = new ConcurrentHashMap<>();

    @Test
    void R17_every_task_is_committed_once_though_claims_expire_and_former_holders_come_back() throws Exception {
        for (int i = 0; i < INSTANCES; i++) {
            store.createSnapshot(WorkflowSnapshot.start("order-" + i, "steps-v1", Payload.empty())
                    .moveTo(new AtTask("step-0")));
        }
        List<Callable<Integer>> workers = new ArrayList<>();
        for (int i = 0; i < WORKERS; i++) {
            String worker = "worker-" + i;
            workers.add(() -> work(worker));
        }

        assertThat(Together.run(workers))
                .allSatisfy(outcome -> assertThat(outcome.failure()).isEmpty());

        assertThat(fencedOff).as("commits of former holders").hasPositiveValue();
        for (int i = 0; i < INSTANCES; i++) {
            String instanceId = "order-" + i;
            assertThat(store.loadSnapshot(instanceId).status()).isEqualTo(WorkflowStatus.COMPLETED);
            List<String> done = versionsOf(instanceId).stream()
                    .flatMap(version -> version.completedTaskIds().stream())
                    .toList();
            assertThat(done).hasSize(STEPS).doesNotHaveDuplicates();
            assertThat(versionsOf(instanceId)).hasSize(STEPS + 1);
        }
        assertThat(accepted).hasSize(INSTANCES * STEPS);
    }

    private int work(String workerId) {
        int committed = 0;
        while (finished.get() < INSTANCES) {
            Duration ttl = ThreadLocalRandom.current().nextBoolean() ? VERY_SHORT : Duration.ofMillis(50);
            for (ClaimedTask task : claims.claimAvailableTasks(ClaimQuery.of(workerId, 3, ttl))) {
                TaskClaim claim = task.claim();
                latest.merge(claim.instanceId(), claim.claimToken(), Math::max);
                if (ThreadLocalRandom.current().nextInt(4) == 0) {
                    forgotten.add(claim); // as if the worker had stood still
                } else if (commit(claim)) {
                    committed++;
                }
            }
            Optional.ofNullable(forgotten.poll()).ifPresent(this::comeBack);
        }
        return committed;
    }

    /** Not before somebody else has had the task: then it is too late. */
    private void comeBack(TaskClaim claim) {
        if (latest.get(claim.instanceId()) == claim.claimToken()) {
            forgotten.add(claim);
        } else {
            assertThat(commit(claim))
                    .as("commit by the former holder of %s", claim)
                    .isFalse();
        }
    }

    private boolean commit(TaskClaim claim) {
        WorkflowSnapshot loaded = store.loadSnapshot(claim.instanceId());
        if (loaded.status().isTerminal()) {
            return false;
        }
        try {
            CommittedTask committed = claims.commitTask(claim, after(loaded, claim.taskId()), Optional.empty());
            accepted.put(claim.instanceId() + "@" + committed.snapshot().version(), claim);
            if (committed.snapshot().status().isTerminal()) {
                finished.incrementAndGet();
            }
            return true;
        } catch (ClaimLostException | StaleSnapshotException | TerminalStateException e) {
            fencedOff.incrementAndGet();
            return false;
        }
    }

    private static WorkflowSnapshot after(WorkflowSnapshot loaded, String taskId) {
        int step = Integer.parseInt(taskId.substring("step-".length()));
        WorkflowSnapshot done = loaded.completeTask(taskId, output("of " + taskId));
        return step + 1 == STEPS ? done.complete(output("all done")) : done.moveTo(new AtTask("step-" + (step + 1)));
    }
}
