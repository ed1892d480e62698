package dev.sayiir.shop;

import dev.sayiir.worker.FunctionHandler;
import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskFunction;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import dev.sayiir.workflow.Payload;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/** Workflows that come to an end, and some that do not; counts the calls of its handlers. */
@Configuration
class Packing {

    static final Workflow WORKFLOW = new Workflow("packing-v1", "pack");
    static final Workflow SPLITTING = new Workflow("splitting-v1", "split");
    static final Workflow ENDLESS = new Workflow("endless-v1", "again");
    static final Workflow STUCK = new Workflow("stuck-v1", "stuck");

    record Parcel(String what, int pieces) {}

    final CountDownLatch interrupted = new CountDownLatch(1);
    private final Map<String, Integer> calls = new ConcurrentHashMap<>();
    private final Map<String, Runnable> beforeShipping = new ConcurrentHashMap<>();

    void beforeShipping(String instanceId, Runnable action) {
        beforeShipping.put(instanceId, action);
    }

    int calls(String instanceId, String taskId) {
        return calls.getOrDefault(instanceId + "/" + taskId, 0);
    }

    <I> FunctionHandler<I> counted(String taskId, Class<I> type, TaskFunction<I> function) {
        return TaskHandler.of(taskId, type, (input, task) -> {
            calls.merge(task.instanceId() + "/" + taskId, 1, Integer::sum);
            return function.handle(input, task);
        });
    }

    @Bean
    Workflow packingWorkflow() {
        return WORKFLOW;
    }

    @Bean
    Workflow splittingWorkflow() {
        return SPLITTING;
    }

    @Bean
    Workflow endlessWorkflow() {
        return ENDLESS;
    }

    @Bean
    Workflow hangingWorkflow() {
        return STUCK;
    }

    @Bean
    TaskHandler<String> pack() {
        return counted("pack", String.class, (what, task) -> TaskOutcome.next("ship", what));
    }

    @Bean
    TaskHandler<String> ship() {
        return counted("ship", String.class, (what, task) -> {
            beforeShipping.getOrDefault(task.instanceId(), () -> {}).run();
            return TaskOutcome.complete(new Parcel(what, 2));
        });
    }

    @Bean
    TaskHandler<String> split() {
        return counted(
                "split",
                String.class,
                (what, task) ->
                        TaskOutcome.fork("join", what).branch("one", "label").branch("other", "wrap"));
    }

    @Bean
    TaskHandler<String> label() {
        return counted("label", String.class, (what, task) -> TaskOutcome.complete(task.taskId()));
    }

    @Bean
    TaskHandler<String> wrap() {
        return counted("wrap", String.class, (what, task) -> TaskOutcome.next("weigh", what));
    }

    @Bean
    TaskHandler<String> weigh() {
        return counted("weigh", String.class, (what, task) -> TaskOutcome.complete(task.taskId()));
    }

    @Bean
    TaskHandler<Payload> join() {
        return counted(
                "join",
                Payload.class,
                (all, task) -> TaskOutcome.complete(List.of(branch(task, "one"), branch(task, "other"))));
    }

    private static String branch(TaskContext task, String label) {
        return task.branchResult(label, String.class).orElseThrow();
    }

    @Bean
    TaskHandler<Payload> again() {
        return counted("again", Payload.class, (input, task) -> TaskOutcome.next("once-more", input));
    }

    @Bean
    TaskHandler<Payload> onceMore() {
        return counted("once-more", Payload.class, (input, task) -> TaskOutcome.next("again", input));
    }

    @Bean
    TaskHandler<Payload> stuck() {
        return counted("stuck", Payload.class, (input, task) -> {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                interrupted.countDown();
                throw e;
            }
            return TaskOutcome.complete(input);
        });
    }
}
