package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.springframework.transaction.support.TransactionSynchronization;
import org.springframework.transaction.support.TransactionSynchronizationManager;

/** What a handler writes to the database of its workflow, and its task, are committed together. */
class TransactionalTaskTest extends PaymentTest {

    @Test
    void R31_business_writes_checkpoint_and_the_claim_of_the_next_task_are_one_transaction() {
        CountDownLatch goOn = new CountDownLatch(1);
        start(
                charge((in, task) -> TaskOutcome.next("ship", "paid")),
                TaskHandler.of("ship", String.class, (in, task) -> {
                    goOn.await();
                    return TaskOutcome.complete(in);
                }));
        begin("order-1");
        await().atMost(PATIENCE)
                .until(() -> backend.loadSnapshot("order-1").completedTasks().contains("charge"));

        assertThat(jdbc.queryForList("""
                SELECT DISTINCT t.xmin::text
                FROM (SELECT p.xmin FROM payments AS p
                      UNION ALL SELECT h.xmin FROM sayiir.sayiir_workflow_history AS h WHERE h.version = 2
                      UNION ALL SELECT w.xmin FROM sayiir.sayiir_workflows AS w
                      UNION ALL SELECT c.xmin FROM sayiir.sayiir_task_claims AS c
                                WHERE c.task_id = 'ship' AND c.worker_id IS NOT NULL) AS t
                """, String.class)).hasSize(1);
        goOn.countDown();
        awaitStatus("order-1", WorkflowStatus.COMPLETED);
        assertThat(calls).hasValue(1);
        assertThat(ends).containsOnly(TaskWorkerListener.End.COMMITTED);
    }

    @Test
    void R31_what_others_have_changed_meanwhile_does_not_call_the_handler_again() {
        start(charge((in, task) -> {
            workflows.pause("order-1", SignalRequest.of("wait", "ann"));
            return TaskOutcome.next("ship", "paid");
        }));
        begin("order-1");

        awaitStatus("order-1", WorkflowStatus.PAUSED);
        await().atMost(PATIENCE).until(() -> ends.contains(TaskWorkerListener.End.COMMITTED));
        assertThat(payments()).isOne();
        assertThat(calls).hasValue(1);
    }

    @Test
    void R31_branches_are_transactional_as_well() {
        TaskHandler<String> fork = TaskHandler.of(
                "charge",
                String.class,
                (in, task) ->
                        TaskOutcome.fork("join", "in").branch("a", "pay-a").branch("b", "pay-b"));
        start(
                fork,
                branch("pay-a"),
                branch("pay-b"),
                branch("book-a"),
                branch("book-b"),
                TaskHandler.of("join", Payload.class, (in, task) -> TaskOutcome.complete("done")));
        begin("order-1");

        awaitStatus("order-1", WorkflowStatus.COMPLETED);
        assertThat(jdbc.queryForList("SELECT attempt FROM payments", Integer.class))
                .hasSize(4);
    }

    private TaskHandler<Payload> branch(String taskId) {
        return TaskHandler.of(taskId, Payload.class, (in, task) -> {
                    jdbc.update("INSERT INTO payments VALUES (?, ?)", task.taskId() + calls.incrementAndGet(), 1);
                    if (task.attempt() == 1) {
                        throw new IllegalStateException("once");
                    }
                    return taskId.startsWith("book")
                            ? TaskOutcome.complete("booked")
                            : TaskOutcome.next(taskId.replace("pay", "book"), "");
                })
                .retries(THRICE)
                .transactional();
    }

    @Test
    void R31_a_branch_that_fails_its_workflow_commits_what_it_has_written() {
        start(
                TaskHandler.of(
                        "charge",
                        String.class,
                        (in, task) -> TaskOutcome.fork("join", "in").branch("a", "refuse")),
                TaskHandler.of("refuse", String.class, (in, task) -> {
                            pay(task);
                            return TaskOutcome.fail("no money");
                        })
                        .transactional());
        begin("order-1");

        assertThat(errorOf("order-1")).isEqualTo("no money");
        assertThat(payments()).isOne();
    }

    @Test
    void R31_what_fails_after_the_commit_in_the_application_does_not_do_the_task_again() {
        start(
                charge((in, task) -> {
                    TransactionSynchronizationManager.registerSynchronization(new TransactionSynchronization() {
                        @Override
                        public void afterCommit() {
                            throw new IllegalStateException("mail server is down");
                        }
                    });
                    return TaskOutcome.next("ship", "paid");
                }),
                TaskHandler.of("ship", String.class, (in, task) -> TaskOutcome.complete(in)));
        begin("order-1");

        awaitStatus("order-1", WorkflowStatus.COMPLETED);
        assertThat(payments()).isOne();
        assertThat(calls).hasValue(1);
    }

    @Test
    void R31_a_handler_may_start_other_instances_and_they_come_with_its_commit() {
        start(charge((in, task) -> {
                    workflows.start(new Workflow("shipping-v1", "pack"), "ship-" + task.attempt(), "in");
                    if (task.attempt() == 1) {
                        throw new IllegalStateException("once");
                    }
                    return TaskOutcome.complete("paid");
                })
                .retries(THRICE));
        begin("order-1");

        awaitStatus("order-1", WorkflowStatus.COMPLETED);
        assertThat(backend.findSnapshot("ship-1")).isEmpty();
        assertThat(backend.findSnapshot("ship-2")).isPresent();
    }

    @Test
    void R31_handlers_that_hold_the_transaction_longer_than_a_claim_keep_it() {
        start(builder(charge((in, task) -> {
                    long until = System.nanoTime() + Duration.ofMillis(700).toNanos();
                    await().atMost(PATIENCE).until(() -> System.nanoTime() > until);
                    return TaskOutcome.complete("paid");
                }))
                .claims(Duration.ofMillis(200), SOON));
        begin("order-1");

        awaitStatus("order-1", WorkflowStatus.COMPLETED);
        assertThat(calls).hasValue(1);
    }

    @Test
    void R31_a_transactional_handler_takes_a_transaction_manager() {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> TaskWorker.builder(backend)
                        .workflow(WORKFLOW)
                        .handler(charge((in, task) -> TaskOutcome.complete("paid")))
                        .build())
                .withMessageContaining("charge")
                .withMessageContaining("transactionManager");
    }
}
