package dev.sayiir.postgres;

import dev.sayiir.persistence.BranchOutcome;
import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.CommittedTask;
import dev.sayiir.persistence.StaleSnapshotException;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TerminalStateException;
import dev.sayiir.testing.ChildJvm;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;

/**
 * A process with two workers that do the steps of instances, and the branches into which they fork, until it is killed. Now and then one of them stands still
 * for longer than its claim lasts, and then goes on as if nothing had happened.
 */
final class WorkerProcess {

    static final Duration TTL = Duration.ofSeconds(1);

    /** The fourth and the fifth are a branch, and the sixth another one beside it, which the seventh joins. */
    static final List<String> TASKS =
            List.of("step-1", "step-2", "step-3", "left-1", "left-2", "right-1", "step-4", "step-5");

    private static final int SOME = 50;

    /** Printed by a process that has done some tasks. */
    static final String WORKING = "Working";

    /** Printed for each commit that is refused. */
    static final String FENCED_OFF = "Fenced off";

    private static final AtomicInteger COMMITTED = new AtomicInteger();
    private static final int WORKERS = 2;

    private final PostgresBackend backend;
    private final String workerId;
    private final int tasksBetweenStops;
    private final Duration longestStop;

    private WorkerProcess(PostgresBackend backend, String workerId, int tasksBetweenStops, Duration longestStop) {
        this.backend = backend;
        this.workerId = workerId;
        this.tasksBetweenStops = tasksBetweenStops;
        this.longestStop = longestStop;
    }

    /**
     * Takes the URL of the database, user and password, the name of this process, at one in how many tasks its workers stand
     * still, and for how long at most.
     */
    public static void main(String[] arguments) {
        ChildJvm.endWithParent();
        for (int i = 0; i < WORKERS; i++) {
            SingleConnectionDataSource connection =
                    new SingleConnectionDataSource(arguments[0], arguments[1], arguments[2], true);
            PostgresBackend backend = PostgresBackend.builder(connection)
                    .migration(MigrationMode.NONE)
                    .build();
            var worker = new WorkerProcess(
                    backend, arguments[3] + "-" + i, Integer.parseInt(arguments[4]), Duration.parse(arguments[5]));
            new Thread(worker::work).start();
        }
    }

    private void work() {
        while (true) {
            List<ClaimedTask> tasks = backend.claimAvailableTasks(ClaimQuery.of(workerId, 4, TTL));
            tasks.forEach(task -> doSteps(task.claim(), task.snapshot()));
            if (tasks.isEmpty()) {
                LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(20));
            }
        }
    }

    private void doSteps(TaskClaim first, WorkflowSnapshot claimed) {
        Optional<TaskClaim> claim = Optional.of(first);
        WorkflowSnapshot snapshot = claimed;
        try {
            while (claim.isPresent()) {
                if (ThreadLocalRandom.current().nextInt(tasksBetweenStops) == 0) {
                    standStill(claim.get());
                }
                if (claim.get().branch().isPresent()) {
                    claim = backend.commitBranchTask(claim.get(), inBranch(claim.get()), Optional.of(TTL))
                            .next();
                } else {
                    CommittedTask committed =
                            backend.commitTask(claim.get(), after(claim.get(), snapshot), Optional.of(TTL));
                    claim = committed.next();
                    snapshot = committed.snapshot();
                }
                if (COMMITTED.incrementAndGet() == SOME) {
                    System.out.println(WORKING);
                }
            }
        } catch (ClaimLostException | StaleSnapshotException | TerminalStateException e) {
            System.out.println(FENCED_OFF + ": " + e.getMessage());
        }
    }

    /** Until somebody else has the task, or the time is over: while there is much to do, nobody may come to it for long. */
    private void standStill(TaskClaim claim) {
        long end = System.nanoTime() + longestStop.toNanos();
        while (System.nanoTime() < end && isHeld(claim)) {
            LockSupport.parkNanos(TTL.dividedBy(10).toNanos());
        }
    }

    private boolean isHeld(TaskClaim claim) {
        return backend.listTasks(claim.instanceId()).stream()
                .flatMap(task -> task.claim().stream())
                .anyMatch(held -> held.claimToken() == claim.claimToken());
    }

    /** The output tells by which claim it was made. */
    private static Payload output(TaskClaim claim) {
        return Payload.utf8(Long.toString(claim.claimToken()));
    }

    private static WorkflowSnapshot after(TaskClaim claim, WorkflowSnapshot snapshot) {
        WorkflowSnapshot done = snapshot.completeTask(claim.taskId(), output(claim));
        return switch (claim.taskId()) {
            case "step-3" ->
                done.forkInto("step-4", Map.of("left", Branch.of("left-1"), "right", Branch.of("right-1")));
            case "step-5" -> done.complete(output(claim));
            default -> done.moveTo(new AtTask(TASKS.get(TASKS.indexOf(claim.taskId()) + 1)));
        };
    }

    private static BranchOutcome inBranch(TaskClaim claim) {
        return claim.taskId().equals("left-1")
                ? new BranchOutcome.Next(output(claim), "left-2", Optional.empty())
                : new BranchOutcome.Done(output(claim));
    }
}
