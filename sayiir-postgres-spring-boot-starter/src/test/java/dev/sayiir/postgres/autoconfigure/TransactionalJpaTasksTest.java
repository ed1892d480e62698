package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.worker.TaskContext;
import dev.sayiir.worker.TaskOutcome;
import dev.sayiir.worker.Workflow;
import dev.sayiir.worker.Workflows;
import dev.sayiir.workflow.WorkflowStatus;
import jakarta.persistence.Column;
import jakarta.persistence.Entity;
import jakarta.persistence.EntityManager;
import jakarta.persistence.Id;
import jakarta.persistence.PersistenceContext;
import jakarta.persistence.Version;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.hibernate.autoconfigure.HibernateJpaAutoConfiguration;
import org.springframework.boot.persistence.autoconfigure.EntityScan;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.transaction.PlatformTransactionManager;

/** Tasks that are committed together with the entities that their methods have changed. */
class TransactionalJpaTasksTest extends WorkerStarterTest {

    @Entity(name = "accounts")
    static class Account {

        @Id
        String id;

        @Version
        long version;

        int balance;

        @Column(unique = true)
        String reference;

        Account() {}

        Account(String id, int balance, String reference) {
            this.id = id;
            this.balance = balance;
            this.reference = reference;
        }
    }

    @Configuration(proxyBeanMethods = false)
    @EntityScan(basePackageClasses = Account.class)
    static class Bank {

        @Bean
        Workflow transfer() {
            return new Workflow("transfer-v1", "withdraw");
        }

        @Bean
        Accounts accounts(JdbcTemplate jdbc) {
            return new Accounts(jdbc);
        }
    }

    static class Accounts {

        @PersistenceContext
        private EntityManager entities;

        private final JdbcTemplate jdbc;
        private final AtomicInteger withdrawals = new AtomicInteger();

        Accounts(JdbcTemplate jdbc) {
            this.jdbc = jdbc;
        }

        /** Written when Hibernate flushes, which is at the commit; at first its connection is lost, which is no failure. */
        @WorkflowTask(value = "withdraw", transactional = true)
        TaskOutcome withdraw(String in) {
            entities.find(Account.class, "ann").balance -= 10;
            if (withdrawals.incrementAndGet() == 1) {
                entities.createNativeQuery("SELECT pg_terminate_backend(pg_backend_pid())")
                        .getResultList();
            }
            return TaskOutcome.next("contended", in);
        }

        /** Somebody else changes the entity between its load and the flush. */
        @WorkflowTask(value = "contended", transactional = true, maxRetries = 2, retryDelay = "1ms")
        TaskOutcome contended(String in, TaskContext task) throws InterruptedException {
            Account account = entities.find(Account.class, "ann");
            if (task.attempt() < 3) {
                Thread other = new Thread(
                        () -> jdbc.update("UPDATE accounts SET version = version + 1, balance = balance + 1"));
                other.start();
                other.join();
            }
            account.balance -= 10;
            return TaskOutcome.next("deposit", in);
        }

        /** The reference is taken at first, which Hibernate finds out when it flushes. */
        @WorkflowTask(value = "deposit", transactional = true, maxRetries = 2, retryDelay = "1ms")
        TaskOutcome deposit(String in, TaskContext task) {
            entities.persist(new Account("bob", 20, task.attempt() < 3 ? "ann's" : "bob's"));
            return TaskOutcome.complete(in);
        }
    }

    @Test
    void R31_entities_are_flushed_with_the_commit_of_the_task_and_what_fails_then_is_tried_again() {
        withWorker()
                .withConfiguration(AutoConfigurations.of(HibernateJpaAutoConfiguration.class))
                .withUserConfiguration(Bank.class)
                .withPropertyValues("spring.jpa.hibernate.ddl-auto=create")
                .run(context -> {
                    assertThat(context)
                            .getBean(PlatformTransactionManager.class)
                            .isInstanceOf(JpaTransactionManager.class);
                    JdbcTemplate jdbc = context.getBean(JdbcTemplate.class);
                    jdbc.update(
                            "INSERT INTO accounts (id, version, balance, reference) VALUES ('ann', 0, 100, 'ann''s')");
                    Workflows workflows = context.getBean(Workflows.class);

                    workflows.start(new Workflow("transfer-v1", "withdraw"), "order-1", "in");
                    await().atMost(Duration.ofMinutes(1))
                            .until(() -> workflows.status("order-1").isTerminal());

                    assertThat(workflows.status("order-1")).isEqualTo(WorkflowStatus.COMPLETED);
                    assertThat(jdbc.queryForList("SELECT balance FROM accounts ORDER BY id", Integer.class))
                            .containsExactly(82, 20);
                    assertThat(jdbc.queryForObject(
                                    "SELECT count(*) FROM sayiir.sayiir_workflow_history WHERE completed_task_ids IS NOT NULL",
                                    Integer.class))
                            .isEqualTo(3);
                });
    }
}
