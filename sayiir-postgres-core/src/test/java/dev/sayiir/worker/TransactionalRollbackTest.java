package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.testing.LogLines;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessResourceFailureException;
import org.springframework.dao.PessimisticLockingFailureException;
import org.springframework.transaction.support.TransactionTemplate;

/** When a task fails, is lost or cannot be stored, what its handler has written is rolled back with it. */
class TransactionalRollbackTest extends PaymentTest {

    @Test
    void R31_what_a_handler_wrote_before_it_threw_is_rolled_back_and_it_is_tried_again_by_its_policy() {
        start(charge((in, task) -> {
                    if (task.attempt() < 3) {
                        throw new IllegalStateException("card refused");
                    }
                    return TaskOutcome.complete("paid");
                })
                .retries(THRICE));
        begin("order-1");

        awaitStatus("order-1", WorkflowStatus.COMPLETED);
        assertThat(jdbc.queryForList("SELECT attempt FROM payments", Integer.class))
                .containsExactly(3);
        assertThat(calls).hasValue(3);
    }

    @Test
    void R31_the_last_failure_fails_the_workflow_and_leaves_no_row() {
        start(charge((in, task) -> {
            throw new IllegalStateException("card refused");
        }));
        begin("order-1");

        assertThat(errorOf("order-1")).contains("card refused");
        assertThat(payments()).isZero();
    }

    @Test
    void R31_a_retry_that_is_asked_for_is_rolled_back_and_a_failure_that_is_returned_is_committed() {
        start(charge((in, task) -> task.attempt() < 3
                ? TaskOutcome.retry("not yet", Duration.ofMillis(1))
                : TaskOutcome.fail("no money")));
        begin("order-1");

        assertThat(errorOf("order-1")).isEqualTo("no money");
        assertThat(jdbc.queryForList("SELECT attempt FROM payments", Integer.class))
                .containsExactly(3);
    }

    @Test
    void R31_a_constraint_that_fails_at_the_commit_is_the_handlers_failure() {
        jdbc.update("INSERT INTO payments VALUES ('order-1', 0)");
        start(charge((in, task) -> {
                    if (task.attempt() == 3) {
                        jdbc.update("DELETE FROM payments WHERE attempt = 0");
                    }
                    return TaskOutcome.complete("paid");
                })
                .retries(THRICE));
        begin("order-1");

        awaitStatus("order-1", WorkflowStatus.COMPLETED);
        assertThat(jdbc.queryForList("SELECT attempt FROM payments", Integer.class))
                .containsExactly(3);
        assertThat(calls).hasValue(3);
    }

    @Test
    void R31_a_handler_that_catches_an_sql_error_has_failed_with_an_error_that_says_so() {
        start(charge((in, task) -> {
            try {
                jdbc.execute("SELECT 1 / 0");
            } catch (RuntimeException e) {
                return TaskOutcome.complete("never mind");
            }
            return TaskOutcome.complete("paid");
        }));
        begin("order-1");

        assertThat(errorOf("order-1")).contains("current transaction is aborted");
        assertThat(payments()).isZero();
    }

    @Test
    void R31_a_transaction_that_is_marked_to_be_rolled_back_is_not_committed() {
        TransactionTemplate inner = new TransactionTemplate(backend.transactionManager());
        start(charge((in, task) -> {
            inner.executeWithoutResult(transaction -> transaction.setRollbackOnly());
            return TaskOutcome.complete("paid");
        }));
        begin("order-1");

        assertThat(errorOf("order-1")).contains("was marked to be rolled back", "Let the handler throw");
        assertThat(payments()).isZero();
    }

    @Test
    void R31_a_task_whose_time_is_up_is_rolled_back_even_in_the_middle_of_a_statement() {
        start(charge((in, task) -> {
                    if (task.attempt() == 1) {
                        jdbc.execute("SELECT pg_sleep(600)");
                    }
                    return TaskOutcome.complete("paid");
                })
                .timeout(Duration.ofSeconds(1))
                .retries(THRICE));
        begin("order-1");

        awaitStatus("order-1", WorkflowStatus.COMPLETED);
        assertThat(jdbc.queryForList("SELECT attempt FROM payments", Integer.class))
                .containsExactly(2);
        await().atMost(PATIENCE)
                .until(() -> jdbc.queryForObject(
                                "SELECT count(*) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND state = 'active'"
                                        + " AND pid <> pg_backend_pid()",
                                Integer.class)
                        == 0);
    }

    @Test
    void R31_a_cancel_rolls_back_what_the_handler_has_written() {
        CountDownLatch begun = new CountDownLatch(1);
        start(builder(charge((in, task) -> {
                    begun.countDown();
                    new CountDownLatch(1).await();
                    return TaskOutcome.complete("never");
                }))
                .claims(HOUR, SOON));
        begin("order-1");
        await().atMost(PATIENCE).until(() -> begun.getCount() == 0);

        backend.storeSignal("order-1", SignalKind.CANCEL, SignalRequest.of("late", "ann"));

        awaitStatus("order-1", WorkflowStatus.CANCELLED);
        assertThat(payments()).isZero();
    }

    @Test
    void R31_a_worker_that_has_lost_its_claim_commits_nothing() {
        CountDownLatch goOn = new CountDownLatch(1);
        CountDownLatch begun = new CountDownLatch(1);
        start(builder(charge((in, task) -> {
                    begun.countDown();
                    goOn.await();
                    return TaskOutcome.complete("late");
                }))
                .concurrency(1)
                .claims(HOUR, Duration.ofMinutes(30)));
        begin("order-1");
        await().atMost(PATIENCE).until(() -> begun.getCount() == 0);
        backend.releaseTaskClaims(worker.workerId());
        TaskClaim other = backend.claimTask("order-1", "charge", "other", HOUR).orElseThrow();

        goOn.countDown();

        await().atMost(PATIENCE).until(() -> ends.contains(TaskWorkerListener.End.LOST));
        assertThat(payments()).isZero();
        assertThat(backend.isHeld(other)).isTrue();
    }

    /** As of a worker that stands still between the claim and the transaction. */
    @Test
    void R31_a_claim_that_is_lost_before_the_transaction_begins_calls_no_handler() {
        InterceptedClaims renewingNone = new InterceptedClaims(backend);
        renewingNone.on("extendTaskClaims", (arguments, proceed) -> List.copyOf((Collection<?>) arguments[0]));
        start(TaskWorker.builder(backend, backend, renewingNone.store())
                .handlerStores(backend, backend)
                .transactionManager(backend.transactionManager())
                .workflow(WORKFLOW)
                .concurrency(1)
                .claims(Duration.ofMillis(300), SOON)
                .handler(charge((in, task) -> TaskOutcome.complete("paid")))
                .listener(new TaskWorkerListener() {
                    @Override
                    public TaskOutcome aroundTask(TaskContext task, Callable<TaskOutcome> handler) throws Exception {
                        await().atMost(PATIENCE)
                                .until(() -> backend.claimTask("order-1", "charge", "other", HOUR)
                                        .isPresent());
                        return handler.call();
                    }

                    @Override
                    public void taskEnded(TaskClaim claim, End end) {
                        ends.add(end);
                    }
                }));
        begin("order-1");

        await().atMost(PATIENCE).until(() -> ends.contains(TaskWorkerListener.End.LOST));
        assertThat(calls).hasValue(0);
    }

    @Test
    void R31_a_connection_that_is_terminated_under_the_handler_is_no_failure_of_the_task() {
        start(charge((in, task) -> {
            if (calls.get() == 1) {
                jdbc.execute("SELECT pg_terminate_backend(pg_backend_pid())");
            }
            return TaskOutcome.complete("paid");
        }));
        begin("order-1");

        awaitStatus("order-1", WorkflowStatus.COMPLETED);
        assertThat(calls).hasValue(2);
        assertThat(payments()).isOne();
    }

    @Test
    void R31_what_cannot_be_stored_blocks_the_task_and_is_rolled_back() {
        start(charge((in, task) -> TaskOutcome.complete("x".repeat(17 << 20))));
        begin("order-1");

        assertThat(await().atMost(PATIENCE)
                        .until(() -> backend.findBlockedTasks(BlockedQuery.all()), found -> !found.isEmpty()))
                .singleElement()
                .satisfies(task -> assertThat(task.reason()).isEqualTo(BlockReason.UNWRITABLE_OUTPUT));
        assertThat(payments()).isZero();
    }

    @Test
    void R31_a_deadlock_with_another_transaction_of_the_application_is_no_failure_of_the_task() {
        jdbc.update("INSERT INTO payments VALUES ('order-0', 0)");
        CountDownLatch locked = new CountDownLatch(1);
        start(charge((in, task) -> {
            jdbc.update("UPDATE payments SET attempt = attempt + 1 WHERE order_id = 'order-0'");
            if (calls.get() == 1) {
                locked.countDown();
                await().atMost(PATIENCE)
                        .until(() -> jdbc.queryForObject(
                                        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
                                        Integer.class)
                                > 0);
            }
            return TaskOutcome.complete("paid");
        }));
        begin("order-1");
        await().atMost(PATIENCE).until(() -> locked.getCount() == 0);

        // One of both is the victim.
        try {
            new TransactionTemplate(backend.transactionManager()).executeWithoutResult(transaction -> {
                jdbc.execute("SELECT FROM sayiir.sayiir_workflows WHERE instance_id = 'order-1' FOR UPDATE");
                jdbc.update("UPDATE payments SET attempt = attempt + 1 WHERE order_id = 'order-0'");
            });
        } catch (PessimisticLockingFailureException e) {
            assertThat(calls).hasValue(1);
        }

        awaitStatus("order-1", WorkflowStatus.COMPLETED);
        assertThat(payments()).isEqualTo(2);
    }

    @Test
    void R31_a_store_that_fails_within_the_transaction_has_the_task_done_again_and_has_not_failed_it() {
        AtomicInteger refused = new AtomicInteger();
        InterceptedClaims intercepted = new InterceptedClaims(backend);
        intercepted.on("commitTask", (arguments, proceed) -> {
            if (refused.incrementAndGet() == 1) {
                throw new DataAccessResourceFailureException("no connection");
            }
            return proceed.call();
        });
        try (LogLines log = LogLines.of("dev.sayiir.worker")) {
            start(builder(charge((in, task) -> TaskOutcome.complete("paid")))
                    .handlerStores(backend, intercepted.store()));
            begin("order-1");

            awaitStatus("order-1", WorkflowStatus.COMPLETED);
            assertThat(log.lines()).anyMatch(line -> line.contains("is not done, as the store or a lock"));
        }
        assertThat(calls).hasValue(2);
        assertThat(payments()).isOne();
        assertThat(backend.findAvailableTasks(ClaimQuery.of("w", 1, HOUR))).isEmpty();
    }

    @Test
    void R31_a_transaction_that_never_can_be_is_blocked_in_the_end() {
        InterceptedClaims intercepted = new InterceptedClaims(backend);
        intercepted.on("commitTask", (arguments, proceed) -> {
            throw new DataAccessResourceFailureException("no connection");
        });
        begin("order-1");
        for (int i = 1; i < Undone.MOST; i++) {
            backend.releaseTaskClaim(
                    backend.claimTask("order-1", "charge", "w", HOUR).orElseThrow());
        }
        start(builder(charge((in, task) -> TaskOutcome.complete("paid"))).handlerStores(backend, intercepted.store()));

        assertThat(await().atMost(PATIENCE)
                        .until(() -> backend.findBlockedTasks(BlockedQuery.all()), found -> !found.isEmpty()))
                .singleElement()
                .satisfies(task -> assertThat(task.error()).contains("came to nothing 100 times", "no connection"));
        assertThat(payments()).isZero();
    }
}
