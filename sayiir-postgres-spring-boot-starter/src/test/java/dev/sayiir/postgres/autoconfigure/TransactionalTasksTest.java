package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskHandler;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import javax.sql.DataSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.test.context.assertj.AssertableApplicationContext;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.ApplicationEventPublisher;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.support.JdbcTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;
import org.springframework.transaction.annotation.EnableTransactionManagement;
import org.springframework.transaction.annotation.Propagation;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.event.TransactionPhase;
import org.springframework.transaction.event.TransactionalEventListener;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** Tasks that are committed together with what their methods write, in a Spring application with JDBC. */
@ExtendWith(OutputCaptureExtension.class)
class TransactionalTasksTest extends WorkerStarterTest {

    static final Workflow PAYMENT = new Workflow("payment-v1", "charge");

    private ApplicationContextRunner payments(Class<?>... beans) {
        return withWorker()
                .withUserConfiguration(Payments.class)
                .withUserConfiguration(beans)
                .withPropertyValues("sayiir.postgres.claims.heartbeat=100ms");
    }

    @Configuration(proxyBeanMethods = false)
    @EnableTransactionManagement
    static class Payments {

        @Bean
        Workflow payment(JdbcTemplate jdbc) {
            jdbc.execute("CREATE TABLE payments (what text, attempt integer)");
            return PAYMENT;
        }
    }

    private static void run(AssertableApplicationContext context) {
        assertThat(context).hasNotFailed();
        Workflows workflows = context.getBean(Workflows.class);
        workflows.start(PAYMENT, "order-1", "tea");
        await().atMost(Duration.ofMinutes(1)).until(() -> workflows.status("order-1") == WorkflowStatus.COMPLETED);
    }

    private static List<String> payments(AssertableApplicationContext context) {
        return context.getBean(JdbcTemplate.class)
                .queryForList("SELECT what || ' ' || attempt FROM payments ORDER BY 1", String.class);
    }

    static class Ledger {

        private final List<String> heard = new CopyOnWriteArrayList<>();
        private final JdbcTemplate jdbc;
        private final Audit audit;
        private final ApplicationEventPublisher events;

        Ledger(JdbcTemplate jdbc, Audit audit, ApplicationEventPublisher events) {
            this.jdbc = jdbc;
            this.audit = audit;
            this.events = events;
        }

        record Paid(String orderId, int attempt) {}

        @Transactional
        @WorkflowTask(value = "charge", transactional = true, maxRetries = 2, retryDelay = "1ms")
        public TaskOutcome charge(String what, TaskContext task) {
            assertThat(TransactionSynchronizationManager.getCurrentTransactionName())
                    .isEqualTo("task charge");
            jdbc.update("INSERT INTO payments VALUES ('paid', ?)", task.attempt());
            audit.note(task);
            events.publishEvent(new Paid(task.instanceId(), task.attempt()));
            if (task.attempt() < 3) {
                throw new IllegalStateException("declined");
            }
            return TaskOutcome.complete(what);
        }

        List<String> heard() {
            return heard;
        }

        @TransactionalEventListener
        void paid(Paid event) {
            heard.add("committed " + event.attempt());
        }

        @TransactionalEventListener(phase = TransactionPhase.AFTER_ROLLBACK)
        void notPaid(Paid event) {
            heard.add("rolled back " + event.attempt());
        }
    }

    static class Audit {

        private final JdbcTemplate jdbc;

        Audit(JdbcTemplate jdbc) {
            this.jdbc = jdbc;
        }

        @Transactional(propagation = Propagation.REQUIRES_NEW)
        public void note(TaskContext task) {
            jdbc.update("INSERT INTO payments VALUES ('tried', ?)", task.attempt());
        }
    }

    @Test
    void R31_transactions_of_spring_behave_within_a_transactional_task_as_everywhere() {
        payments(Ledger.class, Audit.class).run(context -> {
            run(context);

            assertThat(payments(context)).containsExactly("paid 3", "tried 1", "tried 2", "tried 3");
            assertThat(context.getBean(Ledger.class).heard())
                    .containsExactly("rolled back 1", "rolled back 2", "committed 3");
        });
    }

    static class Forgetful {

        private final JdbcTemplate jdbc;

        Forgetful(JdbcTemplate jdbc) {
            this.jdbc = jdbc;
        }

        @Transactional
        @WorkflowTask("charge")
        public TaskOutcome charge(String what, TaskContext task) {
            jdbc.update("INSERT INTO payments VALUES ('paid', ?)", task.attempt());
            return TaskOutcome.complete(what);
        }

        @Transactional(propagation = Propagation.REQUIRES_NEW)
        @WorkflowTask("meant")
        public TaskOutcome meant(String what) {
            return TaskOutcome.complete(what);
        }

        @WorkflowTask("plain")
        public TaskOutcome plain(String what) {
            return TaskOutcome.complete(what);
        }
    }

    @Transactional
    static class ForgetfulHandler implements TaskHandler<String> {

        @Override
        public String taskId() {
            return "handle";
        }

        @Override
        public TaskOutcome handle(String input, TaskContext task) {
            return TaskOutcome.complete(input);
        }
    }

    @Test
    void R31_a_transactional_method_of_a_task_that_is_not_is_warned_of_at_start(CapturedOutput output) {
        payments(Forgetful.class, ForgetfulHandler.class).run(context -> {
            run(context);

            assertThat(output)
                    .contains("The handler of task 'charge' is @Transactional, but the task is not")
                    .contains("write @WorkflowTask(value = \"charge\", transactional = true)")
                    .contains("The handler of task 'handle' is @Transactional")
                    .contains("let its isTransactional() return true")
                    .doesNotContain("task 'meant' is")
                    .doesNotContain("task 'plain' is");
        });
    }

    static class Charging {

        @WorkflowTask(value = "charge", transactional = true)
        public TaskOutcome charge(String what) {
            return TaskOutcome.complete(what);
        }
    }

    @Test
    void R31_a_pool_that_the_application_does_not_write_to_is_refused() {
        onOwnDatabase()
                .withPropertyValues(settings("spring.datasource", database))
                .withConfiguration(AutoConfigurations.of(SayiirWorkerAutoConfiguration.class))
                .withUserConfiguration(Payments.class, Charging.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(DataSourceSetupException.class)
                        .hasMessageContaining("Task 'charge' is transactional")
                        .hasMessageContaining("Leave sayiir.postgres.url out"));
    }

    @Configuration(proxyBeanMethods = false)
    static class UnknownManager {

        @Bean
        PlatformTransactionManager transactions(DataSource dataSource) {
            return new TransactionsTest.Opaque(dataSource);
        }
    }

    @Test
    void R31_a_manager_that_is_not_known_to_manage_the_workflows_is_refused() {
        payments(Charging.class, UnknownManager.class)
                .run(context -> assertThat(context)
                        .getFailure()
                        .rootCause()
                        .isInstanceOf(DataSourceSetupException.class)
                        .hasMessageContaining("Task 'charge' is transactional")
                        .hasMessageContaining("@SayiirTransactionManager"));
    }

    @Configuration(proxyBeanMethods = false)
    static class TwoManagers {

        @Bean
        JdbcTransactionManager transactions(DataSource dataSource) {
            return new JdbcTransactionManager(dataSource);
        }

        @Bean
        PlatformTransactionManager others() {
            return new TransactionsTest.Opaque(new org.springframework.jdbc.datasource.DriverManagerDataSource());
        }
    }

    @Test
    void R31_the_manager_of_the_workflows_is_found_among_several() {
        payments(Charging.class, TwoManagers.class).run(TransactionalTasksTest::run);
    }
}
