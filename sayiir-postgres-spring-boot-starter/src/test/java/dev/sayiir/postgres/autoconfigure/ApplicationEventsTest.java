package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.event.InstanceEvent;
import dev.sayiir.event.TaskBlockedEvent;
import dev.sayiir.event.WorkflowCancelledEvent;
import dev.sayiir.event.WorkflowCompletedEvent;
import dev.sayiir.event.WorkflowFailedEvent;
import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.SnapshotStore;
import dev.sayiir.postgres.test.WorkflowTestAutoConfiguration;
import dev.sayiir.postgres.test.autoconfigure.InMemoryTestAutoConfiguration;
import dev.sayiir.worker.FailurePolicy;
import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.event.EventListener;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionSynchronizationManager;
import org.springframework.transaction.support.TransactionTemplate;

/** What the application hears of its instances, and in whose transaction. */
@ExtendWith(OutputCaptureExtension.class)
class ApplicationEventsTest extends WorkerStarterTest {

    private static final Workflow ORDERS = new Workflow("orders-v1", "order");
    private static final SignalRequest ASKED = SignalRequest.of("out of stock", "ada");

    private ApplicationContextRunner orders(Class<?>... beans) {
        return withWorker()
                .withConfiguration(AutoConfigurations.of(SayiirEventsAutoConfiguration.class))
                .withUserConfiguration(Orders.class, Heard.class)
                .withUserConfiguration(beans);
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement
    static class Orders {

        private final JdbcTemplate jdbc;

        Orders(JdbcTemplate jdbc) {
            this.jdbc = jdbc;
            jdbc.execute("CREATE TABLE entries (what text)");
        }

        @Bean
        Workflow workflow() {
            return ORDERS;
        }

        @Bean
        FailurePolicy failurePolicy() {
            return FailurePolicy.DEFAULT;
        }

        @WorkflowTask("order")
        TaskOutcome order(String what) {
            return switch (what) {
                case "fail" -> TaskOutcome.fail("no stock");
                case "wait" -> TaskOutcome.awaitEvent("approved", "order", what);
                case "block" -> TaskOutcome.next("unwritable", what);
                case "transactional" -> TaskOutcome.next("pay", what);
                default -> TaskOutcome.complete(what);
            };
        }

        @WorkflowTask("unwritable")
        TaskOutcome unwritable(String what) {
            return TaskOutcome.complete(new Unwritable());
        }

        @WorkflowTask(value = "pay", transactional = true, maxRetries = 2, retryDelay = "1ms")
        TaskOutcome pay(String what, TaskContext task) {
            jdbc.update("INSERT INTO entries VALUES ('paid ' || ?)", task.attempt());
            return TaskOutcome.complete(what);
        }
    }

    static class Unwritable {

        public String getText() {
            throw new IllegalStateException("not to be read");
        }
    }

    /** What was heard, by whom, and how it was then. */
    static class Heard {

        private final List<String> notes = new CopyOnWriteArrayList<>();
        private final List<InstanceEvent> events = new CopyOnWriteArrayList<>();
        private final Workflows workflows;

        Heard(Workflows workflows) {
            this.workflows = workflows;
        }

        @EventListener
        void any(InstanceEvent event) {
            events.add(event);
            notes.add("heard of " + event.instanceId() + " " + workflows.status(event.instanceId())
                    + (TransactionSynchronizationManager.isActualTransactionActive() ? " in transaction" : "")
                    + (Thread.currentThread().getName().startsWith("sayiir-events-") ? " on its own thread" : ""));
        }

        @TransactionalEventListener
        void committed(InstanceEvent event) {
            notes.add("committed " + event.instanceId());
        }

        @TransactionalEventListener(phase = TransactionPhase.AFTER_ROLLBACK)
        void rolledBack(InstanceEvent event) {
            notes.add("rolled back " + event.instanceId());
        }
    }

    private static List<String> notes(ApplicationContext context) {
        return context.getBean(Heard.class).notes;
    }

    private static List<InstanceEvent> events(ApplicationContext context) {
        return context.getBean(Heard.class).events;
    }

    private static void awaitNotes(ApplicationContext context, Predicate<List<String>> all) {
        await().atMost(Duration.ofMinutes(1)).until(() -> all.test(notes(context)));
    }

    private static void awaitStatus(ApplicationContext context, String instanceId, WorkflowStatus status) {
        await().atMost(Duration.ofMinutes(1))
                .until(() -> context.getBean(Workflows.class).status(instanceId) == status);
    }

    private static TransactionTemplate transaction(ApplicationContext context) {
        return new TransactionTemplate(context.getBean(PlatformTransactionManager.class));
    }

    @Test
    void what_the_worker_ends_or_blocks_is_published_after_its_commit_on_a_thread_of_its_own() {
        orders().run(context -> {
            Workflows workflows = context.getBean(Workflows.class);
            workflows.start(ORDERS, "order-1", "tea");
            workflows.start(ORDERS, "order-2", "fail");
            workflows.start(ORDERS, "order-3", "block");

            awaitNotes(context, it -> it.size() == 3);
            assertThat(notes(context))
                    .containsExactlyInAnyOrder(
                            "heard of order-1 Completed on its own thread",
                            "heard of order-2 Failed on its own thread",
                            "heard of order-3 InProgress on its own thread");
            assertThat(events(context))
                    .contains(
                            new WorkflowCompletedEvent("order-1", "orders-v1"),
                            new WorkflowFailedEvent("order-2", "orders-v1", "no stock"));
            assertThat(events(context))
                    .filteredOn(TaskBlockedEvent.class::isInstance)
                    .singleElement()
                    .satisfies(it -> {
                        TaskBlockedEvent blocked = (TaskBlockedEvent) it;
                        assertThat(blocked.taskId()).isEqualTo("unwritable");
                        assertThat(blocked.branch()).isEmpty();
                        assertThat(blocked.reason()).isEqualTo(BlockReason.UNWRITABLE_OUTPUT);
                        assertThat(blocked.error()).contains("output of task 'unwritable'");
                    });
        });
    }

    @Test
    void what_a_caller_does_in_a_transaction_is_published_there_and_known_to_be_committed_or_rolled_back() {
        orders().run(context -> {
            Workflows workflows = context.getBean(Workflows.class);
            workflows.start(ORDERS, "order-1", "wait");
            awaitWait(context, "order-1");

            transaction(context).executeWithoutResult(status -> {
                workflows.cancel("order-1", ASKED);
                assertThat(notes(context)).containsExactly("heard of order-1 Cancelled in transaction");
                status.setRollbackOnly();
            });
            assertThat(notes(context)).last().isEqualTo("rolled back order-1");
            transaction(context).executeWithoutResult(status -> workflows.cancel("order-1", ASKED));

            assertThat(notes(context))
                    .containsExactly(
                            "heard of order-1 Cancelled in transaction",
                            "rolled back order-1",
                            "heard of order-1 Cancelled in transaction",
                            "committed order-1");
            assertThat(events(context))
                    .last()
                    .isEqualTo(new WorkflowCancelledEvent(
                            "order-1", "orders-v1", Optional.of("out of stock"), Optional.of("ada")));
        });
    }

    @Test
    void what_a_caller_does_without_a_transaction_is_published_when_it_is_committed() {
        orders().run(context -> {
            Workflows workflows = context.getBean(Workflows.class);
            workflows.start(ORDERS, "order-1", "wait");
            awaitWait(context, "order-1");

            workflows.cancel("order-1", ASKED);

            awaitNotes(context, it -> it.contains("heard of order-1 Cancelled on its own thread"));
            assertThat(notes(context)).hasSize(1);
        });
    }

    private static void awaitWait(ApplicationContext context, String instanceId) {
        JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
        await().atMost(Duration.ofMinutes(1))
                .until(() -> jdbc.queryForObject(
                                "SELECT count(*) FROM sayiir.sayiir_workflows"
                                        + " WHERE instance_id = ? AND position_kind = 'AtSignal'",
                                Long.class,
                                instanceId)
                        == 1);
    }

    /** Fails with the first instance, and writes what it hears. */
    static class Bookkeeper {

        private final JdbcTemplate jdbc;

        Bookkeeper(JdbcTemplate jdbc) {
            this.jdbc = jdbc;
        }

        @EventListener
        void completed(WorkflowCompletedEvent event) {
            jdbc.update("INSERT INTO entries VALUES ('booked')");
            if (jdbc.queryForObject("SELECT count(*) FROM entries WHERE what = 'paid 1'", Long.class) > 0) {
                throw new SnapshotNotFoundException("books"); // which is not about the instance of the event
            }
        }
    }

    @Test
    void what_a_transactional_task_ends_is_published_within_its_transaction() {
        orders(Bookkeeper.class).run(context -> {
            context.getBean(Workflows.class).start(ORDERS, "order-1", "transactional");

            awaitNotes(context, it -> it.contains("committed order-1"));
            assertThat(context.getBean(JdbcTemplate.class)
                            .queryForList("SELECT what FROM entries ORDER BY 1", String.class))
                    .containsExactly("booked", "paid 2");
            assertThat(notes(context))
                    .containsOnlyOnce("rolled back order-1", "committed order-1")
                    .allMatch(note -> !note.startsWith("heard") || note.endsWith("Completed in transaction"));
            awaitStatus(context, "order-1", WorkflowStatus.COMPLETED);
        });
    }

    @Test
    void a_test_with_stores_in_memory_hears_of_the_same() {
        List<InstanceEvent> heard = new CopyOnWriteArrayList<>();
        new ApplicationContextRunner()
                .withConfiguration(AutoConfigurations.of(
                        SayiirEventsAutoConfiguration.class,
                        InMemoryTestAutoConfiguration.class,
                        WorkflowTestAutoConfiguration.class))
                .withPropertyValues("sayiir.test.in-memory=true")
                .withBean(Late.class, () -> new Late(new CountDownLatch(0), heard))
                .run(context -> {
                    context.getBean(SnapshotStore.class)
                            .createSnapshot(order("order-1").fail("no stock"));

                    await().until(() ->
                            heard.equals(List.of(new WorkflowFailedEvent("order-1", "fulfilment-v1", "no stock"))));
                });
    }

    static class Stubborn {

        private final CountDownLatch mayGoOn = new CountDownLatch(1);

        @EventListener
        void completed(WorkflowCompletedEvent event) throws InterruptedException {
            mayGoOn.await();
            throw new IllegalStateException("broken listener");
        }
    }

    @Test
    void a_listener_that_blocks_or_fails_holds_up_no_task(CapturedOutput output) {
        orders(Stubborn.class).run(context -> {
            Workflows workflows = context.getBean(Workflows.class);
            for (int i = 1; i <= 50; i++) {
                workflows.start(ORDERS, "order-" + i, "tea");
            }
            for (int i = 1; i <= 50; i++) {
                awaitStatus(context, "order-" + i, WorkflowStatus.COMPLETED);
            }
            workflows.start(ORDERS, "order-51", "fail");
            awaitStatus(context, "order-51", WorkflowStatus.FAILED);
            assertThat(events(context)).hasSizeLessThan(2);

            context.getBean(Stubborn.class).mayGoOn.countDown();

            await().atMost(Duration.ofMinutes(1))
                    .until(() ->
                            events(context).contains(new WorkflowFailedEvent("order-51", "orders-v1", "no stock")));
            assertThat(output).contains("A listener has failed with WorkflowCompletedEvent[instanceId=order-1");
        });
    }

    @Test
    void what_was_committed_before_the_application_stops_is_published_before_it_has_stopped() {
        List<InstanceEvent> heard = new CopyOnWriteArrayList<>();
        CountDownLatch mayGoOn = new CountDownLatch(1);
        orders().withBean(Late.class, () -> new Late(mayGoOn, heard)).run(context -> {
            Workflows workflows = context.getBean(Workflows.class);
            for (int i = 1; i <= 20; i++) {
                workflows.start(ORDERS, "order-" + i, "tea");
            }
            for (int i = 1; i <= 20; i++) {
                awaitStatus(context, "order-" + i, WorkflowStatus.COMPLETED);
            }
            mayGoOn.countDown();
            context.getSourceApplicationContext().close();
            assertThat(heard).hasSize(20);
        });
    }

    record Late(CountDownLatch mayGoOn, List<InstanceEvent> heard) {

        @EventListener
        void any(InstanceEvent event) throws InterruptedException {
            mayGoOn.await();
            heard.add(event);
        }
    }
}
