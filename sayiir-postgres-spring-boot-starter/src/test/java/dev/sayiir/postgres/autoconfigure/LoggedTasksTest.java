package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.TaskWorker;
import dev.sayiir.worker.TaskWorkerListener;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.RetryPolicy;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.slf4j.MDC;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;

/** What a handler logs names its instance, workflow, task and attempt. */
class LoggedTasksTest {

    private static final Workflow WORKFLOW = new Workflow("fulfilment-v1", "reserve");

    private final List<Map<String, String>> seen = new CopyOnWriteArrayList<>();

    private static Map<String, String> mdc() {
        Map<String, String> now = MDC.getCopyOfContextMap();
        return now == null ? Map.of() : now;
    }

    @Test
    void handlers_and_listeners_of_the_application_see_which_task_it_is() {
        TaskHandler<String> reserve = TaskHandler.of("reserve", String.class, (sku, task) -> {
                    seen.add(mdc());
                    MDC.put("left", "behind");
                    if (task.attempt() == 1) {
                        throw new IllegalStateException("no shelf");
                    }
                    return TaskOutcome.complete(sku);
                })
                .retries(new RetryPolicy(1, Duration.ofMillis(1), 1, Optional.empty()));
        List<Map<String, String>> heard = new CopyOnWriteArrayList<>();
        TaskWorkerListener listener = around(handler -> {
            heard.add(mdc());
            return handler.call();
        });
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(SayiirWorkerAutoConfiguration.class))
                .withBean(InMemoryBackend.class)
                .withBean(Workflow.class, () -> WORKFLOW)
                .withBean("reserve", TaskHandler.class, () -> reserve)
                .withBean("own", TaskWorkerListener.class, () -> listener)
                .withPropertyValues("sayiir.postgres.worker.concurrency=1", "sayiir.postgres.worker.poll-interval=10ms")
                .run(context -> {
                    Workflows workflows = context.getBean(Workflows.class);
                    workflows.start(WORKFLOW, "order-1", "tea");
                    assertThat(workflows.awaitEnd("order-1", Duration.ofMinutes(1)))
                            .isPresent();
                });

        assertThat(seen).containsExactly(of("1"), of("2")).isEqualTo(heard);
    }

    private static Map<String, String> of(String attempt) {
        return Map.of(
                LoggedTasks.INSTANCE, "order-1",
                LoggedTasks.WORKFLOW, "fulfilment-v1",
                LoggedTasks.TASK, "reserve",
                LoggedTasks.ATTEMPT, attempt);
    }

    @Test
    void what_the_thread_had_before_is_restored() throws Exception {
        List<Map<String, String>> after = new CopyOnWriteArrayList<>();
        InMemoryBackend backend = new InMemoryBackend();
        Workflows workflows = Workflows.of(backend);
        TaskWorker worker = TaskWorker.builder(backend)
                .workflow(WORKFLOW)
                .listener(around(handler -> {
                    MDC.put("worker", "7");
                    try {
                        return handler.call();
                    } finally {
                        after.add(mdc());
                        MDC.clear();
                    }
                }))
                .listener(new LoggedTasks())
                .handler(TaskHandler.of("reserve", String.class, (sku, task) -> {
                    seen.add(mdc());
                    return TaskOutcome.complete(sku);
                }))
                .build();
        try (worker) {
            workflows.start(WORKFLOW, "order-1", "tea");
            worker.start();
            assertThat(workflows.awaitEnd("order-1", Duration.ofMinutes(1))).isPresent();
        }

        assertThat(seen)
                .singleElement()
                .satisfies(it -> assertThat(it).containsEntry("worker", "7").containsAllEntriesOf(of("1")));
        assertThat(after).containsExactly(Map.of("worker", "7"));
    }

    private interface Around {
        TaskOutcome around(Callable<TaskOutcome> handler) throws Exception;
    }

    private static TaskWorkerListener around(Around around) {
        return new TaskWorkerListener() {
            @Override
            public TaskOutcome aroundTask(TaskContext task, Callable<TaskOutcome> handler) throws Exception {
                return around.around(handler);
            }
        };
    }
}
