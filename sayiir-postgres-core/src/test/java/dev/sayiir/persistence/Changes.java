package dev.sayiir.persistence;

import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;

/** What a workflow may do next. */
final class Changes {

    static final List<String> TASKS = List.of("reserve", "charge", "pack", "cool-off", "poll-carrier");

    private Changes() {}

    static WorkflowSnapshot random(SplittableRandom random, WorkflowSnapshot snapshot) {
        if (snapshot.status() == WorkflowStatus.PAUSED) {
            return snapshot.unpause();
        } else if (snapshot.status().isTerminal()) {
            return snapshot;
        }
        String task = TASKS.get(random.nextInt(TASKS.size()));
        List<ExecutionPosition> positions = Examples.positions();
        return switch (random.nextInt(40)) {
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
