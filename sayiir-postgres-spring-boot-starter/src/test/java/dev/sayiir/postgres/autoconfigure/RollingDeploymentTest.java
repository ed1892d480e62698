package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.BlockedTask;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowStatistics;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;

/** A build that renames a task and changes a payload comes while instances are under way, and the one before still runs. */
@ExtendWith(OutputCaptureExtension.class)
class RollingDeploymentTest extends WorkerStarterTest {

    private static final Workflow ORDERS = new Workflow("orders", "reserve");
    private static final int UNDER_WAY = 30;

    record Order(String sku, int pieces) {}

    record Quantity(int count, String unit) {}

    record OrderInUnits(String sku, Quantity pieces) {}

    /** Before it goes, the first build has come to an end with half of the orders' first tasks. */
    private final AtomicBoolean goes = new AtomicBoolean();

    private final CountDownLatch charging = new CountDownLatch(UNDER_WAY / 2);

    private ApplicationContextRunner build(String version, TaskHandler<?>... handlers) {
        ApplicationContextRunner build = withWorker()
                .withConfiguration(AutoConfigurations.of(SayiirHealthAutoConfiguration.class))
                .withBean("orders", Workflow.class, () -> ORDERS)
                .withPropertyValues(
                        "sayiir.postgres.worker.build-id=" + version,
                        "sayiir.postgres.worker.concurrency=" + UNDER_WAY,
                        "sayiir.postgres.worker.block-after=400ms",
                        "sayiir.postgres.worker.shutdown-timeout=1ms",
                        "sayiir.postgres.worker.unblock-on-new-build=true",
                        "sayiir.postgres.health.blocked-status=OUT_OF_SERVICE");
        for (TaskHandler<?> handler : handlers) {
            build = build.withBean(version + handler.taskId(), TaskHandler.class, () -> handler);
        }
        return build;
    }

    @Test
    void R26_no_instance_fails_what_stands_still_is_named_and_the_mended_build_ends_all(CapturedOutput logged) {
        ApplicationContextRunner before = build(
                "1.0",
                TaskHandler.of("reserve", Order.class, (order, task) -> {
                    if (goes.get() || Integer.parseInt(order.sku()) % 2 == 0) {
                        untilTheProcessGoes();
                    }
                    return TaskOutcome.next("charge", order);
                }),
                TaskHandler.of("charge", Order.class, (order, task) -> {
                    charging.countDown();
                    untilTheProcessGoes();
                    return TaskOutcome.complete(order);
                }));
        ApplicationContextRunner broken = build(
                "2.0",
                TaskHandler.of("reserve", OrderInUnits.class, (order, task) -> TaskOutcome.next("bill", order)),
                TaskHandler.of("bill", OrderInUnits.class, (order, task) -> TaskOutcome.complete(order)));
        ApplicationContextRunner mended = build(
                "2.1",
                TaskHandler.of("reserve", Payload.class, (order, task) -> TaskOutcome.next("bill", order)),
                TaskHandler.of("charge", Payload.class, (order, task) -> TaskOutcome.complete(order)),
                TaskHandler.of("bill", Payload.class, (order, task) -> TaskOutcome.complete(order)));

        before.run(old -> {
            for (int i = 0; i < UNDER_WAY; i++) {
                old.getBean(Workflows.class).start(ORDERS, "order-" + i, new Order(Integer.toString(i), 2));
            }
            charging.await();
            broken.run(context -> {
                goes.set(true);
                old.getBean(TaskWorkerLifecycle.class).stop();
                List<BlockedTask> blocked = await().atMost(Duration.ofSeconds(30))
                        .until(
                                () -> context.getBean(WorkflowQueries.class).findBlockedTasks(BlockedQuery.all()),
                                found -> found.size() == UNDER_WAY);
                assertThat(blocked)
                        .filteredOn(task -> task.taskId().equals("reserve"))
                        .hasSize(UNDER_WAY / 2)
                        .allMatch(task -> task.reason() == BlockReason.UNREADABLE_INPUT)
                        .allMatch(task -> task.build().filter("2.0"::equals).isPresent());
                assertThat(blocked)
                        .filteredOn(task -> task.taskId().equals("charge"))
                        .hasSize(UNDER_WAY / 2)
                        .allMatch(task -> task.reason() == BlockReason.NO_HANDLER);
                assertThat(instances(context, WorkflowStatus.IN_PROGRESS)).isEqualTo(UNDER_WAY);
                assertThat(logged.getOut())
                        .contains(
                                "task 'reserve' of instance 'order-",
                                "is blocked, and goes on when somebody unblocks it")
                        .contains("no worker has a handler of them");
                assertThat(context.getBean(SayiirHealthIndicator.class).health().getDetails())
                        .containsEntry("blockedTasks", (long) UNDER_WAY);
            });
        });
        mended.run(context -> {
            await().atMost(Duration.ofSeconds(30))
                    .until(() -> instances(context, WorkflowStatus.COMPLETED) == UNDER_WAY);
            assertThat(context.getBean(WorkflowStatistics.class)
                            .currentFigures()
                            .blockedTasks())
                    .isZero();
        });
    }

    private static void untilTheProcessGoes() throws InterruptedException {
        new CountDownLatch(1).await();
    }

    private static long instances(ApplicationContext context, WorkflowStatus status) {
        return context.getBean(WorkflowQueries.class).countByStatus().get(status);
    }
}
