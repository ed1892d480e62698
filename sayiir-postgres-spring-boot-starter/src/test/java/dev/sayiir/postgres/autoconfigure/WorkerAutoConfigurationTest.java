package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.WakeUpSource;
import dev.sayiir.persistence.WakeUps;
import dev.sayiir.worker.FailurePolicy;
import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.TaskWorker;
import dev.sayiir.worker.TaskWorkerListener;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import io.micrometer.observation.Observation;
import io.micrometer.observation.ObservationHandler;
import io.micrometer.observation.ObservationRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.test.context.FilteredClassLoader;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.annotation.Order;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/** The worker and the workflows of an application. */
@ExtendWith(OutputCaptureExtension.class)
class WorkerAutoConfigurationTest extends WorkerStarterTest {

    @Test
    void handler_beans_and_marked_methods_do_the_tasks_of_the_workflow_beans() {
        fulfilment()
                .run(context ->
                        assertThat(run(context, FULFILMENT, String.class)).isEqualTo("tea paid, shipped"));
    }

    @Test
    void a_marked_method_says_how_it_is_tried_again() {
        fulfilment()
                .run(context -> assertThat(run(context, RETRIED, Boolean.class)).isTrue());
    }

    @Test
    void a_failure_policy_of_the_application_is_that_of_all_handlers() {
        withWorker()
                .withBean(Workflow.class, () -> new Workflow("declined-v1", "charge"))
                .withBean(FailurePolicy.class, () -> FailurePolicy.DEFAULT.orElse("refund"))
                .withBean(
                        "charge",
                        TaskHandler.class,
                        () -> TaskHandler.of("charge", String.class, (in, task) -> {
                            throw new IllegalStateException("declined");
                        }))
                .withBean(
                        "refund",
                        TaskHandler.class,
                        () -> TaskHandler.of(
                                        "refund", String.class, (in, task) -> TaskOutcome.complete(in + " refunded"))
                                .failures(FailurePolicy.DEFAULT))
                .run(context -> assertThat(run(context, new Workflow("declined-v1", "charge"), String.class))
                        .isEqualTo("tea refunded"));
    }

    @Test
    void a_marked_method_of_a_proxied_bean_runs_in_its_transaction() {
        withWorker().withUserConfiguration(Transactions.class, Ledger.class).run(context -> {
            context.getBean(JdbcTemplate.class).execute("CREATE TABLE entries (what text)");
            assertThat(run(context, new Workflow("ledger-v1", "enter"), String.class))
                    .isEqualTo("entered");
        });
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement
    static class Transactions {
        @Bean
        Workflow ledgerWorkflow() {
            return new Workflow("ledger-v1", "enter");
        }
    }

    static class Ledger {

        private final JdbcTemplate jdbc;

        Ledger(JdbcTemplate jdbc) {
            this.jdbc = jdbc;
        }

        @Transactional
        @WorkflowTask("enter")
        public TaskOutcome enter(String what) {
            jdbc.update("INSERT INTO entries VALUES (?)", what);
            assertThat(
                            org.springframework.transaction.support.TransactionSynchronizationManager
                                    .isActualTransactionActive())
                    .isTrue();
            return TaskOutcome.complete("entered");
        }
    }

    @Test
    void a_method_that_cannot_do_tasks_is_refused_at_start_up() {
        withWorker()
                .withUserConfiguration(Fulfilment.class)
                .withBean(NoOutcome.class)
                .run(context -> assertThat(context).getFailure().hasStackTraceContaining("to return a TaskOutcome"));
    }

    static class NoOutcome {
        @WorkflowTask("none")
        String none(String in) {
            return in;
        }
    }

    @Test
    void there_are_workflows_but_no_worker_without_workflow_beans_or_handlers() {
        withWorker().run(context -> {
            assertThat(context).hasSingleBean(Workflows.class);
            assertThat(context.getBean(TaskWorkerLifecycle.class).isRunning()).isFalse();
        });
    }

    @Test
    void an_application_with_half_of_what_a_worker_needs_says_what_is_missing(CapturedOutput output) {
        withWorker()
                .withBean(
                        TaskHandler.class,
                        () -> TaskHandler.of("charge", String.class, (in, task) -> TaskOutcome.complete(in)))
                .run(context -> assertThat(output)
                        .contains("WARN")
                        .contains("nobody does tasks of [charge]")
                        .contains("no bean of type dev.sayiir.worker.Workflow"));
        withWorker()
                .withBean(Workflow.class, () -> new Workflow("started-elsewhere-v1", "charge"))
                .run(context -> assertThat(output)
                        .contains("can start [started-elsewhere-v1], and has no method with @WorkflowTask"));
    }

    @Test
    void the_worker_can_be_switched_off() {
        fulfilment()
                .withPropertyValues("sayiir.postgres.worker.enabled=false")
                .run(context -> assertThat(context)
                        .doesNotHaveBean(TaskWorkerLifecycle.class)
                        .hasSingleBean(Workflows.class));
    }

    @Test
    void without_a_backend_there_is_nothing() {
        fulfilment()
                .withPropertyValues("sayiir.postgres.enabled=false")
                .run(context -> assertThat(context)
                        .hasNotFailed()
                        .doesNotHaveBean(TaskWorkerLifecycle.class)
                        .doesNotHaveBean(Workflows.class));
    }

    @Test
    void workflows_and_worker_back_off() {
        fulfilment()
                .withBean("own", Workflows.class, () -> new Workflows(null, null, null, null))
                .withUserConfiguration(OwnWorker.class)
                .run(context -> assertThat(context)
                        .hasSingleBean(Workflows.class)
                        .hasBean("own")
                        .doesNotHaveBean(TaskWorkerLifecycle.class));
    }

    @Configuration(proxyBeanMethods = false)
    static class OwnWorker {
        @Bean
        TaskWorker ownWorker(dev.sayiir.postgres.PostgresBackend backend) {
            return TaskWorker.builder(backend)
                    .workflow(FULFILMENT)
                    .handler(TaskHandler.of("x", String.class, (in, task) -> TaskOutcome.complete(in)))
                    .build();
        }
    }

    @Test
    void with_wake_ups_the_worker_need_not_wait_for_its_next_poll() {
        Hints hints = new Hints();
        fulfilment()
                .withBean(WakeUps.class, () -> hints)
                .withPropertyValues("sayiir.postgres.worker.poll-interval=1h")
                .run(context -> {
                    Workflows workflows = context.getBean(Workflows.class);
                    Awaitility.await().until(() -> hints.listener.get() != null);
                    workflows.start(FULFILMENT, "order-1", "tea");
                    hints.listener.get().accept(WakeUpSource.LOCAL);
                    assertThat(workflows.awaitEnd("order-1", Duration.ofMinutes(1)))
                            .isPresent();
                });
        assertThat(hints.closed).hasValue(1);
    }

    private static final class Hints implements WakeUps {

        private final AtomicReference<Consumer<WakeUpSource>> listener = new AtomicReference<>();
        private final AtomicInteger closed = new AtomicInteger();

        @Override
        public Subscription onWakeUp(Consumer<WakeUpSource> told) {
            listener.set(told);
            return closed::incrementAndGet;
        }
    }

    @Test
    void a_context_that_is_closed_gives_back_what_it_has_before_its_data_source_is_closed() {
        fulfilment()
                .withPropertyValues("sayiir.postgres.worker.shutdown-timeout=10ms")
                .run(context -> {
                    begin(context, "order-1");
                    context.getBean(Fulfilment.class).begun.await();
                    context.close();
                });
        withWorker()
                .run(context -> assertThat(context.getBean(TaskClaimStore.class)
                                .findAvailableTasks(ClaimQuery.of("w", 10, Duration.ofMinutes(1))))
                        .hasSize(1));
    }

    @Test
    void a_worker_can_be_stopped_and_started_again() {
        fulfilment().run(context -> {
            TaskWorkerLifecycle worker = context.getBean(TaskWorkerLifecycle.class);
            assertThat(worker.isRunning()).isTrue();
            worker.stop();
            assertThat(worker.isRunning()).isFalse();
            worker.start();
            assertThat(run(context, FULFILMENT, String.class)).isEqualTo("tea paid, shipped");
        });
    }

    @Test
    void all_listener_beans_are_told_in_their_order_and_observations_wrap_them() {
        List<String> notes = new CopyOnWriteArrayList<>();
        ObservationRegistry observations = ObservationRegistry.create();
        observations.observationConfig().observationHandler(new ObservationHandler<Observation.Context>() {
            @Override
            public void onStart(Observation.Context context) {
                notes.add(context.getName() + " "
                        + context.getLowCardinalityKeyValue("workflow").getValue());
            }

            @Override
            public boolean supportsContext(Observation.Context context) {
                return Set.of("sayiir.task", "sayiir.workflow.start").contains(context.getName());
            }
        });
        fulfilment()
                .withBean("observations", ObservationRegistry.class, () -> observations)
                .withBean("last", TaskWorkerListener.class, () -> noting("last", notes))
                .withBean(FirstListener.class, () -> new FirstListener(noting("first", notes)))
                .run(context -> {
                    assertThat(run(context, new Workflow("retried-v1", "ship"), String.class))
                            .isEqualTo("tea, shipped");
                    assertThat(notes)
                            .containsExactly(
                                    "sayiir.workflow.start retried-v1", "sayiir.task retried-v1", "first", "last");
                });
    }

    private static TaskWorkerListener noting(String name, List<String> notes) {
        return new TaskWorkerListener() {
            @Override
            public TaskOutcome aroundTask(TaskContext task, Callable<TaskOutcome> handler) throws Exception {
                notes.add(name);
                return handler.call();
            }
        };
    }

    @Order(1)
    record FirstListener(TaskWorkerListener target) implements TaskWorkerListener {
        @Override
        public TaskOutcome aroundTask(TaskContext task, Callable<TaskOutcome> handler) throws Exception {
            return target.aroundTask(task, handler);
        }
    }

    @Test
    void the_worker_needs_no_tracing_on_the_class_path() {
        fulfilment()
                .withClassLoader(new FilteredClassLoader("io.micrometer.tracing", "io.micrometer.core"))
                .withBean(ObservationRegistry.class, ObservationRegistry::create)
                .run(context ->
                        assertThat(run(context, FULFILMENT, String.class)).isEqualTo("tea paid, shipped"));
    }

    @Test
    void R7_an_order_and_its_workflow_are_there_together_or_not_at_all() {
        withWorker().run(context -> {
            Workflows workflows = context.getBean(Workflows.class);
            JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
            TransactionTemplate transaction =
                    new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
            jdbc.execute("CREATE TABLE orders (id text)");

            assertThatThrownBy(() -> transaction.executeWithoutResult(status -> {
                        jdbc.update("INSERT INTO orders VALUES ('order-1')");
                        workflows.start(FULFILMENT, "order-1", "tea");
                        throw new IllegalStateException("no");
                    }))
                    .hasMessage("no");
            assertThat(context.getBean(SnapshotStore.class).listSnapshots()).isEmpty();

            for (int i = 0; i < 2; i++) {
                transaction.executeWithoutResult(status -> {
                    workflows.startIfAbsent(FULFILMENT, "order-1", "tea");
                    jdbc.update("INSERT INTO orders VALUES ('order-1')");
                });
            }
            assertThat(context.getBean(SnapshotStore.class).listSnapshots()).containsExactly("order-1");
            assertThat(jdbc.queryForObject("SELECT count(*) FROM orders", Integer.class))
                    .isEqualTo(2);
        });
    }
}
