package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.BlockedTask;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.TaskWorkerListener;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.info.BuildProperties;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.jdbc.core.JdbcTemplate;

/** What each property of the worker does, and what it refuses. */
@ExtendWith(OutputCaptureExtension.class)
class WorkerPropertiesTest extends WorkerStarterTest {

    @Test
    void the_worker_id_and_the_ttl_of_claims_can_be_set() {
        fulfilment()
                .withPropertyValues(
                        "sayiir.postgres.worker.worker-id=worker-7",
                        "sayiir.postgres.claims.ttl=10m",
                        "sayiir.postgres.claims.heartbeat=1m")
                .run(context -> {
                    TaskClaim claim = claimOfBlocked(context);
                    assertThat(claim.workerId()).isEqualTo("worker-7");
                    assertThat(Duration.between(claim.claimedAt(), claim.expiresAt()))
                            .isEqualTo(Duration.ofMinutes(10));
                });
    }

    /** The claim of a task that is under way, as the view shows it. */
    private static TaskClaim claimOfBlocked(ApplicationContext context) throws InterruptedException {
        begin(context, "order-1");
        context.getBean(Fulfilment.class).begun.await();
        TaskClaim claim = context.getBean(JdbcTemplate.class)
                .queryForObject(
                        "SELECT worker_id, claim_token, claimed_at, expires_at FROM sayiir.sayiir_task_claims",
                        (row, number) -> new TaskClaim(
                                "order-1",
                                "block",
                                "blocked-v1",
                                row.getString("worker_id"),
                                row.getLong("claim_token"),
                                1,
                                0,
                                0,
                                Optional.empty(),
                                row.getTimestamp("claimed_at").toInstant(),
                                row.getTimestamp("expires_at").toInstant()));
        context.getBean(Fulfilment.class).blocked.countDown();
        return claim;
    }

    @Test
    void concurrency_and_batch_size_limit_how_many_tasks_are_claimed() {
        for (String limit : List.of("concurrency=1", "batch-size=1")) {
            AtomicInteger most = new AtomicInteger();
            AtomicInteger polls = new AtomicInteger();
            fulfilment()
                    .withPropertyValues("sayiir.postgres.worker." + limit)
                    .withBean(TaskWorkerListener.class, () -> new TaskWorkerListener() {
                        @Override
                        public void polled(int claimed) {
                            most.accumulateAndGet(claimed, Math::max);
                            polls.incrementAndGet();
                        }
                    })
                    .run(context -> {
                        context.getBean(Fulfilment.class).blocked.countDown();
                        for (int i = 0; i < 10; i++) {
                            begin(context, limit + "-" + i);
                        }
                        for (int i = 0; i < 10; i++) {
                            assertThat(context.getBean(Workflows.class)
                                            .awaitEnd(limit + "-" + i, Duration.ofMinutes(1)))
                                    .isPresent();
                        }
                    });
            assertThat(most).as(limit).hasValue(1);
            assertThat(polls.get()).isGreaterThanOrEqualTo(10);
        }
    }

    @Test
    void tags_are_what_the_worker_offers() {
        fulfilment().withPropertyValues("sayiir.postgres.worker.tags=gpu,eu").run(context -> {
            Workflows workflows = context.getBean(Workflows.class);
            workflows.start(FULFILMENT, "other", "tea", instance -> instance.taskTags(List.of("arm")));
            workflows.start(FULFILMENT, "order-1", "tea", instance -> instance.taskTags(List.of("gpu")));

            assertThat(workflows.awaitEnd("order-1", Duration.ofMinutes(1))).isPresent();
            assertThat(workflows.status("other")).isEqualTo(WorkflowStatus.IN_PROGRESS);
        });
    }

    @Test
    void claims_heartbeat_is_when_a_cancel_reaches_a_task_that_is_under_way() {
        fulfilment().withPropertyValues("sayiir.postgres.claims.heartbeat=20ms").run(context -> {
            begin(context, "order-1");
            context.getBean(Fulfilment.class).begun.await();
            context.getBean(Workflows.class).cancel("order-1", SignalRequest.of("changed her mind", "ada"));

            assertThat(context.getBean(Workflows.class).awaitEnd("order-1", Duration.ofSeconds(15)))
                    .hasValueSatisfying(end -> assertThat(end.status()).isEqualTo(WorkflowStatus.CANCELLED));
        });
    }

    @ParameterizedTest
    @CsvSource({"1m, old", "365d, urgent"})
    void dispatch_ageing_interval_says_when_what_waits_comes_before_what_is_urgent(String interval, String first) {
        fulfilment()
                .withPropertyValues(
                        "sayiir.postgres.worker.concurrency=1", "sayiir.postgres.dispatch.ageing-interval=" + interval)
                .run(context -> {
                    TaskWorkerLifecycle worker = context.getBean(TaskWorkerLifecycle.class);
                    worker.stop();
                    Workflows workflows = context.getBean(Workflows.class);
                    workflows.start(FULFILMENT, "old", "tea", it -> it.taskPriority(TaskPriority.MINIMAL));
                    workflows.start(FULFILMENT, "urgent", "tea", it -> it.taskPriority(TaskPriority.CRITICAL));
                    JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
                    jdbc.update("UPDATE sayiir.sayiir_task_claims SET ready_at = ready_at - interval '1 hour'"
                            + " WHERE instance_id = 'old'");
                    worker.start();
                    for (String id : List.of("old", "urgent")) {
                        assertThat(workflows.awaitEnd(id, Duration.ofMinutes(1)))
                                .isPresent();
                    }
                    assertThat(jdbc.queryForList(
                                    "SELECT instance_id FROM sayiir.sayiir_workflow_events WHERE kind = 'Completed'"
                                            + " ORDER BY created_at",
                                    String.class))
                            .first()
                            .isEqualTo(first);
                });
    }

    @Test
    void block_after_and_build_id_are_for_what_cannot_be_done() {
        unreadable()
                .withPropertyValues("sayiir.postgres.worker.build-id=nightly-7")
                .run(context -> assertThat(blocked(context).build()).contains("nightly-7"));
    }

    @Test
    void the_build_is_the_version_of_the_application_if_nothing_is_said() {
        Properties version = new Properties();
        version.setProperty("version", "2.3.1");
        unreadable()
                .withBean(BuildProperties.class, () -> new BuildProperties(version))
                .run(context -> assertThat(blocked(context).build()).contains("2.3.1"));
    }

    @Test
    void another_build_unblocks_what_the_one_before_could_not_do() {
        unreadable().withPropertyValues("sayiir.postgres.worker.build-id=1").run(context -> blocked(context));
        fulfilment()
                .withBean(
                        "texts",
                        TaskHandler.class,
                        () -> TaskHandler.of("number", String.class, (in, task) -> TaskOutcome.complete(in)))
                .withPropertyValues(
                        "sayiir.postgres.worker.build-id=2",
                        "sayiir.postgres.worker.block-after=1s",
                        "sayiir.postgres.worker.unblock-on-new-build=true")
                .run(context -> await().atMost(Duration.ofSeconds(30))
                        .until(() -> context.getBean(Workflows.class).status("order-1") == WorkflowStatus.COMPLETED));
    }

    @Test
    void what_is_under_way_and_cannot_be_done_is_said_when_the_worker_starts_or_keeps_it_from_starting(
            CapturedOutput logged) {
        fulfilment()
                .run(context -> context.getBean(Workflows.class)
                        .start(new Workflow("fulfilment-v1", "removed"), "order-1", "in"));
        fulfilment()
                .run(context -> assertThat(logged.getOut())
                        .contains("1 instances of workflow 'fulfilment-v1' are at task 'removed', as 'order-1' is"));
        fulfilment()
                .withPropertyValues("sayiir.postgres.worker.start-check=fail")
                .run(context -> assertThat(context)
                        .hasFailed()
                        .getFailure()
                        .rootCause()
                        .hasMessageContaining("there is no handler of it"));
        int before = logged.getOut().length();
        fulfilment()
                .withPropertyValues("sayiir.postgres.worker.start-check=off")
                .run(context -> assertThat(logged.getOut().substring(before)).doesNotContain("'removed'"));
    }

    private ApplicationContextRunner unreadable() {
        return fulfilment()
                .withBean(
                        "numbers",
                        TaskHandler.class,
                        () -> TaskHandler.of("number", Integer.class, (in, task) -> TaskOutcome.complete(in)))
                .withPropertyValues("sayiir.postgres.worker.block-after=0");
    }

    private static BlockedTask blocked(ApplicationContext context) {
        context.getBean(Workflows.class).start(new Workflow("fulfilment-v1", "number"), "order-1", "no number");
        return await().atMost(Duration.ofSeconds(30))
                .until(
                        () -> context.getBean(WorkflowQueries.class).findBlockedTasks(BlockedQuery.all()),
                        found -> !found.isEmpty())
                .get(0);
    }

    @Test
    void a_setting_that_makes_no_sense_is_named() {
        List.of(
                        "sayiir.postgres.worker.concurrency=0",
                        "sayiir.postgres.worker.batch-size=-1",
                        "sayiir.postgres.worker.poll-interval=0",
                        "sayiir.postgres.worker.shutdown-timeout=-1s",
                        "sayiir.postgres.worker.worker-id=",
                        "sayiir.postgres.worker.block-after=-1s",
                        "sayiir.postgres.worker.build-id=",
                        "sayiir.postgres.claims.heartbeat=2m",
                        "sayiir.postgres.dispatch.ageing-interval=0")
                .forEach(setting -> fulfilment()
                        .withPropertyValues(setting)
                        .run(context -> assertThat(context)
                                .getFailure()
                                .hasStackTraceContaining(setting.substring(0, setting.indexOf('=')))));
    }
}
