package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.testing.LogLines;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.MDC;

/** What is logged while a handler runs says of which task it is. */
class LogContextTest extends WorkerContractTest {

    private static final Logger log = LoggerFactory.getLogger(LogContextTest.class);

    private final List<String> left = new CopyOnWriteArrayList<>();

    private static Map<String, String> of(String instanceId, String taskId, int attempt) {
        return Map.of(
                "sayiir.instance.id",
                instanceId,
                "sayiir.workflow",
                "fulfilment-v1",
                "sayiir.task",
                taskId,
                "sayiir.attempt",
                String.valueOf(attempt));
    }

    @Test
    void the_lines_of_a_handler_and_those_of_the_worker_about_its_failure_have_the_task() {
        try (LogLines lines = LogLines.of("dev.sayiir.worker")) {
            begin("order-1");
            start(
                    task("first", (in, task) -> {
                                log.info("doing the first");
                                if (task.attempt() == 1) {
                                    throw new IllegalStateException("declined");
                                }
                                return TaskOutcome.next("second", in);
                            })
                            .retries(THRICE),
                    task("second", (in, task) -> {
                        log.info("doing the second");
                        return TaskOutcome.complete(in);
                    }));
            resultOf("order-1");

            assertThat(lines.contextsOf("doing the first"))
                    .containsExactly(of("order-1", "first", 1), of("order-1", "first", 2));
            assertThat(lines.contextsOf("doing the second")).containsExactly(of("order-1", "second", 1));
            assertThat(lines.contextsOf("failed, attempt 1 of 4")).containsExactly(of("order-1", "first", 1));
        }
    }

    @Test
    void what_a_handler_leaves_in_the_mdc_does_not_get_to_the_next_one() {
        start(worker(
                        task("first", (in, task) -> {
                            left.add(String.valueOf(MDC.get("mine")));
                            MDC.put("mine", task.instanceId());
                            return TaskOutcome.next("second", in);
                        }),
                        task("second", (in, task) -> {
                            left.add(String.valueOf(MDC.get("mine")));
                            return TaskOutcome.complete(in);
                        }))
                .concurrency(1));
        begin("order-1");
        begin("order-2");
        resultOf("order-1");
        resultOf("order-2");

        await().untilAsserted(() -> assertThat(left).containsExactly("null", "null", "null", "null"));
    }

    @Test
    void the_mdc_is_afterwards_as_it_was_before() {
        Instant now = Instant.now();
        TaskClaim claim = new TaskClaim(
                "order-1",
                "first",
                "fulfilment-v1",
                "worker-1",
                7,
                2,
                1,
                0,
                Optional.empty(),
                now,
                now.plusSeconds(60));
        MDC.put("application", "shop");
        MDC.put("sayiir.task", "mine");
        try {
            Map<String, String> during = TaskLogContext.during(claim, () -> {
                MDC.put("left", "over");
                return MDC.getCopyOfContextMap();
            });

            assertThat(during).containsAllEntriesOf(of("order-1", "first", 2)).containsEntry("application", "shop");
            assertThat(MDC.getCopyOfContextMap())
                    .containsExactlyInAnyOrderEntriesOf(Map.of("application", "shop", "sayiir.task", "mine"));
        } finally {
            MDC.clear();
        }
    }
}
