package dev.sayiir.benchmarks;

import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import java.util.List;
import java.util.stream.IntStream;

/** The workflows that are run through the worker. */
final class Flows {

    private Flows() {}

    /** Ten steps, one after the other. */
    static Flow linear() {
        List<TaskHandler<?>> handlers = IntStream.range(0, Steps.COUNT)
                .<TaskHandler<?>>mapToObj(step -> TaskHandler.of(
                        Steps.id(step),
                        String.class,
                        (text, task) -> step + 1 < Steps.COUNT
                                ? TaskOutcome.next(Steps.id(step + 1), text)
                                : TaskOutcome.complete(text)))
                .toList();
        return new Flow(new Workflow("linear", Steps.id(0)), handlers, Steps.COUNT);
    }
}
