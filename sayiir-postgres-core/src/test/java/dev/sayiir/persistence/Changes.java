package dev.sayiir.persistence;

import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.RetryPolicy;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;

/** What a workflow may do next. */
final class Changes {

    static final List<String> TASKS = List.of("reserve", "charge", "pack", "cool-off", "poll-carrier");

    private static final Instant NEVER = Instant.parse("2999-01-01T00:00:00Z");
    private static final List<String> STEPS = List.of("weigh", "seal");

    private Changes() {}

    /** One of the workers of a player. */
    static String worker(String player, int number) {
        return "worker " + number + " of " + player;
    }

    static List<String> tags(SplittableRandom random) {
        return switch (random.nextInt(6)) {
            case 0 -> List.of("gpu");
            case 1 -> List.of("eu");
            case 2 -> List.of("eu", "gpu");
            default -> List.of();
        };
    }

    /** What may come out of a task of a branch, whose steps are its own. No time is one for which the clock goes forward. */
    static BranchOutcome inBranch(String label, SplittableRandom random) {
        Payload output = Payload.utf8("output " + random.nextInt(1_000));
        String step = STEPS.get(random.nextInt(STEPS.size())) + " " + label;
        return switch (random.nextInt(6)) {
            case 0 -> new BranchOutcome.Retry("no boxes", Duration.ofMinutes(15));
            case 1 -> new BranchOutcome.Next(output, step, Optional.of(Duration.ofMinutes(15)));
            case 2, 3 -> new BranchOutcome.Next(output, step, Optional.empty());
            default -> new BranchOutcome.Done(output);
        };
    }

    private static WorkflowSnapshot forked(SplittableRandom random, WorkflowSnapshot snapshot) {
        Map<String, Branch> branches = new LinkedHashMap<>();
        branches.put("left", Branch.of("wrap"));
        branches.put("right", Branch.of("bill", Payload.utf8("42")));
        if (random.nextBoolean()) {
            branches.remove("left");
        }
        return snapshot.toBuilder().updatedAt(Examples.THEN).build().forkInto("join", branches);
    }

    private static WorkflowSnapshot toBeTriedAgain(SplittableRandom random, WorkflowSnapshot snapshot) {
        String worker = worker(snapshot.definitionHash(), random.nextInt(3));
        Instant at = random.nextInt(3) == 0 ? NEVER : Examples.THEN.plusSeconds(random.nextInt(1_000_000));
        RetryPolicy policy = new RetryPolicy(3, Duration.ofSeconds(1), 2f, Optional.empty());
        return snapshot.openTask()
                .filter(task -> task.taskId().length() < 100) // one of the forks has a longer id than a task may have
                .map(task -> snapshot.toBuilder()
                        .taskRetry(task.taskId(), new TaskRetry(1, policy, "timed out", Optional.of(worker), at))
                        .build())
                .orElse(snapshot);
    }

    static WorkflowSnapshot random(SplittableRandom random, WorkflowSnapshot snapshot) {
        if (snapshot.status() == WorkflowStatus.PAUSED) {
            return snapshot.unpause();
        } else if (snapshot.status().isTerminal()) {
            return snapshot;
        }
        String task = TASKS.get(random.nextInt(TASKS.size()));
        List<ExecutionPosition> positions = Examples.positions();
        return switch (random.nextInt(52)) {
            case 40, 41, 42, 43, 44 -> forked(random, snapshot);
            case 45, 46, 47, 48 -> toBeTriedAgain(random, snapshot);
            case 49, 50 -> snapshot.toBuilder().taskTags(tags(random)).build();
            case 51 ->
                snapshot.toBuilder()
                        .taskPriority(TaskPriority.ofLevel(1 + random.nextInt(5)))
                        .build();
            case 0 -> snapshot.complete(Payload.utf8("done"));
            case 1 -> snapshot.fail("lost");
            case 2 -> snapshot.cancel(Optional.of("late"), Optional.empty(), Examples.THEN, Optional.empty());
            case 3, 4, 5 -> snapshot.pause(Optional.of("audit"), Optional.empty(), Examples.THEN);
            case 6, 7, 8, 9, 10, 11 -> snapshot.withdrawTask(task);
            case 12, 13, 14, 15 -> snapshot.moveTo(positions.get(random.nextInt(positions.size())));
            case 16, 17, 18, 19 -> snapshot.moveTo(new AtTask(task));
            case 20 -> snapshot.toBuilder().state(snapshot.state()).build();
            case 21 ->
                snapshot.toBuilder().loopIteration("loop", random.nextInt(9)).build();
            default -> snapshot.completeTask(task, Payload.utf8("output " + random.nextInt(1_000)));
        };
    }
}
