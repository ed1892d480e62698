package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.CountedStatements;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** How many statements a worker sends. */
class WorkerCostTest {

    private static final Workflow WORKFLOW = new Workflow("fulfilment-v1", "first");
    private static final Duration HOUR = Duration.ofHours(1);

    private final Database database = PostgresServer.of(17).newDatabase();
    private final CountedStatements counts = new CountedStatements(database.dataSource());
    private final PostgresBackend backend =
            PostgresBackend.builder(counts.dataSource()).build();
    private final Workflows workflows = Workflows.of(backend);
    private final AtomicInteger polls = new AtomicInteger();
    private final AtomicInteger commits = new AtomicInteger();

    private TaskWorkerBuilder worker() {
        return TaskWorker.builder(backend).workflow(WORKFLOW).pollInterval(HOUR).listener(new TaskWorkerListener() {
            @Override
            public void polled(int claimed) {
                polls.incrementAndGet();
            }

            @Override
            public void taskEnded(TaskClaim claim, End end) {
                commits.incrementAndGet();
            }
        });
    }

    private static FunctionHandler<String> task(String taskId, TaskFunction<String> function) {
        return TaskHandler.of(taskId, String.class, function);
    }

    @AfterEach
    void drop() {
        database.close();
    }

    @Test
    void R20_a_task_is_one_statement_to_claim_and_one_to_commit() {
        TaskWorker worker = worker().handler(task("first", (in, task) -> TaskOutcome.complete("done")))
                .build();
        workflows.start(WORKFLOW, "order-1", "in");

        assertThat(counts.during(() -> run(worker, 1))).isEqualTo(2);
        worker.close();
    }

    @Test
    void R20_a_task_that_is_carried_on_to_is_one_statement() {
        TaskWorker worker = worker().handler(task("first", (in, task) -> TaskOutcome.next("second", in)))
                .handler(task("second", (in, task) -> TaskOutcome.next("third", in)))
                .handler(task("third", (in, task) -> TaskOutcome.complete(in)))
                .build();
        workflows.start(WORKFLOW, "order-1", "in");

        assertThat(counts.during(() -> run(worker, 3))).isEqualTo(1 + 3);
        worker.close();
    }

    /** To claim it again would load all its results again, more of them each time. */
    @Test
    void R25_an_instance_that_nobody_waits_behind_is_claimed_once_however_long_it_is() {
        int steps = 3 * TaskRunner.IN_A_ROW;
        TaskWorkerBuilder builder = worker();
        for (int i = 0; i < steps; i++) {
            String taskId = i == 0 ? "first" : "step-" + i;
            TaskOutcome outcome =
                    i + 1 < steps ? TaskOutcome.next("step-" + (i + 1), "on") : TaskOutcome.complete("done");
            builder.handler(task(taskId, (in, task) -> outcome));
        }
        TaskWorker worker = builder.build();
        workflows.start(WORKFLOW, "order-1", "in");

        assertThat(counts.during(() -> run(worker, steps))).isEqualTo(1 + steps);
        worker.close();
    }

    @Test
    void R20_a_batch_is_claimed_by_one_statement() {
        TaskWorker worker = worker().handler(task("first", (in, task) -> TaskOutcome.complete("done")))
                .concurrency(20)
                .batchSize(20)
                .build();
        for (int i = 0; i < 10; i++) {
            workflows.start(WORKFLOW, "order-" + i, "in");
        }

        assertThat(counts.during(() -> run(worker, 10))).isBetween(1L + 1, 1L + 10);
        worker.close();
    }

    @Test
    void an_idle_worker_sends_one_statement_in_an_interval() {
        TaskWorker worker = worker().handler(task("first", (in, task) -> TaskOutcome.complete("done")))
                .pollInterval(Duration.ofMillis(20))
                .claims(HOUR, Duration.ofMillis(20))
                .build();

        long statements = counts.during(() -> {
            worker.start();
            await().until(() -> polls.get() >= 10);
            worker.stop(Duration.ZERO);
        });

        assertThat(statements).isEqualTo(polls.get());
    }

    @Test
    void a_heartbeat_is_two_statements_however_many_tasks_are_under_way() {
        CountDownLatch letGo = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(10);
        List<String> calls = new CopyOnWriteArrayList<>();
        TaskWorker worker = TaskWorker.builder(
                        backend, noting(SignalStore.class, begun, calls), noting(TaskClaimStore.class, begun, calls))
                .workflow(WORKFLOW)
                .pollInterval(HOUR)
                .handler(task("first", (in, task) -> {
                    begun.countDown();
                    letGo.await();
                    return TaskOutcome.complete("done");
                }))
                .claims(HOUR, Duration.ofMillis(20))
                .build();
        for (int i = 0; i < 10; i++) {
            workflows.start(WORKFLOW, "order-" + i, "in");
        }
        worker.start();

        await().until(() -> calls.containsAll(List.of("extendTaskClaims 10", "findSignalled 10")) && calls.size() > 6);
        // A heartbeat that had begun before all tasks had was about fewer.
        assertThat(calls.stream().dropWhile(call -> !call.equals("extendTaskClaims 10")))
                .containsOnly("extendTaskClaims 10", "findSignalled 10");
        letGo.countDown();
        worker.close();
    }

    /** Writes down what it is asked once all tasks have begun, and about how many of them. */
    private <T> T noting(Class<T> type, CountDownLatch begun, List<String> calls) {
        return type.cast(Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {type}, (proxy, method, arguments) -> {
                    if (begun.getCount() == 0) {
                        calls.add(method.getName()
                                + (arguments[0] instanceof Collection<?> many ? " " + many.size() : ""));
                    }
                    return method.invoke(backend, arguments);
                }));
    }

    private void run(TaskWorker worker, int tasks) {
        worker.start();
        await().until(() -> commits.get() == tasks);
    }
}
