package dev.sayiir.shop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.postgres.autoconfigure.WorkflowTask;
import dev.sayiir.postgres.test.WorkflowClock;
import dev.sayiir.postgres.test.WorkflowDriver;
import dev.sayiir.postgres.test.autoconfigure.SayiirPostgresTest;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Import;
import org.springframework.test.context.DynamicPropertyRegistry;
import org.springframework.test.context.DynamicPropertySource;
import org.springframework.transaction.annotation.Transactional;
import org.springframework.transaction.support.TransactionTemplate;

/** Entities and repositories of the application are there, and its transactions are those of the stores. */
@SayiirPostgresTest(properties = {"spring.liquibase.enabled=false", "spring.jpa.hibernate.ddl-auto=create"})
@Import(JpaInSliceTest.Billing.class)
class JpaInSliceTest {

    private static final Workflow BILLING = new Workflow("billing-v1", "bill");
    private static final Database DATABASE = PostgresServer.of(17).newDatabase();

    static class Billing {

        private final Invoices invoices;

        Billing(Invoices invoices) {
            this.invoices = invoices;
        }

        @Bean
        static Workflow billing() {
            return BILLING;
        }

        @WorkflowTask("bill")
        TaskOutcome bill(String card, TaskContext task) {
            invoices.save(new Invoice(task.instanceId(), card));
            return TaskOutcome.delay(Duration.ofDays(30), "dun", card);
        }

        @WorkflowTask("dun")
        TaskOutcome dun(String card) {
            return TaskOutcome.complete(invoices.count());
        }
    }

    @Autowired
    private Workflows workflows;

    @Autowired
    private WorkflowDriver driver;

    @Autowired
    private WorkflowClock clock;

    @Autowired
    private Invoices invoices;

    @Autowired
    private Clock applicationClock;

    @Autowired
    private TransactionTemplate transaction;

    @DynamicPropertySource
    static void configure(DynamicPropertyRegistry properties) {
        DATABASE.describe("spring.datasource", properties::add);
    }

    @AfterAll
    static void drop() {
        DATABASE.close();
    }

    @Test
    void a_task_uses_the_repositories_of_the_application() {
        workflows.start(BILLING, "order-1", "4711");
        driver.runUntilIdle();

        assertThat(invoices.findById("order-1").orElseThrow().card()).isEqualTo("4711");
        clock.advance(Duration.ofDays(30));
        driver.runUntilIdle();
        assertThat(driver.instance("order-1")).isCompleted().hasResult(1);
    }

    @Test
    void an_instance_is_started_in_the_transaction_of_the_application() {
        transaction.executeWithoutResult(status -> {
            invoices.save(new Invoice("order-2", "4712"));
            workflows.start(BILLING, "order-2", "4712");
            status.setRollbackOnly();
        });

        assertThat(invoices.existsById("order-2")).isFalse();
        assertThatThrownBy(() -> workflows.status("order-2")).hasMessageContaining("order-2");
    }

    @Test
    @Transactional
    void the_driver_does_not_run_in_a_transaction() {
        workflows.start(BILLING, "order-3", "4713");

        assertThatThrownBy(driver::runUntilIdle)
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContainingAll("in a transaction", "TestTransaction.end()");
    }

    @Test
    void the_clock_of_the_application_is_the_moved_one() {
        Instant before = applicationClock.instant();

        clock.advance(Duration.ofDays(1));

        assertThat(applicationClock.instant()).isAfterOrEqualTo(before.plus(Duration.ofDays(1)));
    }
}
