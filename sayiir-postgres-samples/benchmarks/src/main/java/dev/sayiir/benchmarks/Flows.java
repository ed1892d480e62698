package dev.sayiir.benchmarks;

import dev.sayiir.worker.TaskFunction;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/** The workflows that are run through the worker. */
final class Flows {

    private static final String EVENT = "approved";

    private Flows() {}

    /** Ten steps, one after the other. */
    static Flow linear() {
        return chain("linear", Steps.COUNT);
    }

    /** So many steps, one after the other. */
    static Flow chain(String name, int steps) {
        List<TaskHandler<?>> handlers = IntStream.range(0, steps)
                .<TaskHandler<?>>mapToObj(step -> task(
                        Steps.id(step),
                        (text, task) -> step + 1 < steps
                                ? TaskOutcome.next(Steps.id(step + 1), text)
                                : TaskOutcome.complete(text)))
                .toList();
        return Flow.of(new Workflow(name, Steps.id(0)), handlers, steps);
    }

    /** A task that forks into so many branches of one task each, and one that joins them. */
    static Flow fanout(int branches) {
        List<TaskHandler<?>> handlers = new ArrayList<>();
        TaskOutcome.Fork fork = TaskOutcome.fork("join", "");
        for (int branch = 0; branch < branches; branch++) {
            fork = fork.branch("branch-" + branch, "branch-" + branch);
            handlers.add(task("branch-" + branch, (text, task) -> TaskOutcome.complete(text)));
        }
        Map<String, TaskOutcome.BranchStart> all = fork.branches();
        handlers.add(task("fork", (text, task) -> new TaskOutcome.Fork("join", text, all)));
        handlers.add(TaskHandler.of("join", Map.class, (results, task) -> TaskOutcome.complete(results.size())));
        return Flow.of(new Workflow("fanout-" + branches, "fork"), handlers, branches + 2);
    }

    /** A task, a wait for an event that is sent from outside, and a task that is given the event. */
    static Flow signalDriven() {
        return Flow.of(
                        new Workflow("signal-driven", "ask"),
                        List.of(
                                task("ask", (text, task) -> TaskOutcome.awaitEvent(EVENT, "use", text)),
                                task("use", (text, task) -> TaskOutcome.complete(text))),
                        2)
                .sent(EVENT);
    }

    /** Delays that are all over when the worker starts, and a task after each. */
    static Flow delayStorm() {
        Instant over = Instant.EPOCH;
        return Flow.of(
                        new Workflow("delay-storm", "woken"),
                        List.of(task("woken", (text, task) -> TaskOutcome.complete(text))),
                        1)
                .startingAt(new AtDelay("delay:woken", over, over, Optional.of("woken")));
    }

    /** All of them. */
    static List<Flow> all() {
        return List.of(linear(), fanout(10), fanout(100), signalDriven(), delayStorm());
    }

    private static TaskHandler<String> task(String taskId, TaskFunction<String> function) {
        return TaskHandler.of(taskId, String.class, function);
    }
}
