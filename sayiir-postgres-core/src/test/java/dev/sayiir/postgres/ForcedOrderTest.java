package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.awaitility.Awaitility.await;

import dev.sayiir.persistence.BranchOutcome.Done;
import dev.sayiir.persistence.BranchOutcome.Next;
import dev.sayiir.persistence.BranchOutcome.Retry;
import dev.sayiir.persistence.ClaimLostException;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.EventOutcome;
import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalOutcome;
import dev.sayiir.persistence.SignalRefusedException;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.SnapshotNotFoundException;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.LockWaits;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.transaction.support.TransactionTemplate;

/**
 * Two operations on one instance, of which the second begins before the first is committed and goes on after it. What it had
 * seen before it waited does not count.
 */
class ForcedOrderTest {

    private static final String ID = "order-1";
    private static final Duration HOUR = Duration.ofHours(1);
    private static final Payload OUTPUT = Payload.utf8("done");
    private static final SignalRequest ASKED = SignalRequest.of("late", "ann");
    private static final AtSignal WAIT = new AtSignal("wait", "approved", Optional.empty(), Optional.of("ship"));

    private static Database database;
    private static JdbcTemplate jdbc;
    private static TransactionTemplate transaction;
    private static PostgresBackend backend;

    private WorkflowSnapshot order;
    private TaskClaim claim;

    @BeforeAll
    static void migrate() {
        database = PostgresServer.of(17).newDatabase();
        jdbc = new JdbcTemplate(database.dataSource());
        transaction = new TransactionTemplate(new DataSourceTransactionManager(database.dataSource()));
        backend = PostgresBackend.builder(database.dataSource())
                .notifyMode(NotifyMode.POLL)
                .build();
    }

    @AfterAll
    static void drop() {
        database.close();
    }

    @BeforeEach
    void create() {
        backend.listSnapshots().forEach(backend::deleteSnapshot);
        order = backend.createSnapshot(
                WorkflowSnapshot.start(ID, "d", Payload.empty()).moveTo(new AtTask("reserve")));
        claim = backend.claimTask(ID, "reserve", "w", HOUR).orElseThrow();
    }

    /** Commits the first when the second waits for it, and gives back what the second came to. */
    private static <T> T inOrder(Runnable first, Supplier<T> second) {
        CompletableFuture<T> waiting = transaction.execute(status -> {
            first.run();
            CompletableFuture<T> begun = CompletableFuture.supplyAsync(second);
            await().atMost(Duration.ofSeconds(20))
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(5))
                    .until(() -> LockWaits.count(jdbc) > 0 || begun.isDone());
            assertThat(begun.isDone()).as("the second did not wait").isFalse();
            return begun;
        });
        try {
            return waiting.join();
        } catch (CompletionException e) {
            throw e.getCause() instanceof RuntimeException cause ? cause : e;
        }
    }

    private static Runnable done(Supplier<?> operation) {
        return () -> assertThat(operation.get()).isNotNull();
    }

    /** Every way to a wait. */
    enum Parking {
        SAVE {
            @Override
            Object park(ForcedOrderTest test) {
                return backend.saveSnapshot(test.reserved().moveTo(WAIT));
            }
        },
        SAVE_IF_VERSION {
            @Override
            Object park(ForcedOrderTest test) {
                return backend.saveSnapshotIfVersion(test.reserved().moveTo(WAIT), 1);
            }
        },
        REPLACE {
            @Override
            Object park(ForcedOrderTest test) {
                return backend.saveSnapshot(
                        WorkflowSnapshot.start(ID, "d", Payload.empty()).moveTo(WAIT));
            }
        },
        COMMIT {
            @Override
            Object park(ForcedOrderTest test) {
                return backend.commitTask(test.claim, test.reserved().moveTo(WAIT), Optional.empty());
            }
        },
        COMMIT_IN_A_TRANSACTION {
            @Override
            Object park(ForcedOrderTest test) {
                return transaction.execute(
                        status -> backend.commitTask(test.claim, test.reserved().moveTo(WAIT), Optional.empty()));
            }
        };

        abstract Object park(ForcedOrderTest test);
    }

    private WorkflowSnapshot reserved() {
        return order.completeTask("reserve", OUTPUT);
    }

    @ParameterizedTest
    @EnumSource
    void R16_an_event_that_is_sent_while_its_instance_goes_to_the_wait_is_not_slept_through(Parking parking) {
        inOrder(
                () -> assertThat(backend.sendEvent(ID, "approved", Payload.utf8("by ada")))
                        .isEqualTo(EventOutcome.BUFFERED),
                () -> parking.park(this));
        backend.releaseTaskClaims("w");

        ClaimedTask next = await().atMost(Duration.ofSeconds(10))
                .until(this::claimed, Optional::isPresent)
                .orElseThrow();
        assertThat(next.claim().taskId()).isEqualTo("ship");
        assertThat(next.snapshot().completedTasks().output("wait")).contains(Payload.utf8("by ada"));
    }

    /** The first poll after an event finds the wait and delivers it, the next one finds what follows. */
    private Optional<ClaimedTask> claimed() {
        return backend.claimAvailableTasks(ClaimQuery.of("w", 1, HOUR)).stream().findFirst();
    }

    @ParameterizedTest
    @EnumSource
    void R16_an_instance_that_goes_to_its_wait_first_is_woken_by_the_event(Parking parking) {
        assertThat(inOrder(done(() -> parking.park(this)), () -> backend.sendEvent(ID, "approved", OUTPUT)))
                .isEqualTo(EventOutcome.DELIVERED);
    }

    @Test
    void R16_an_event_that_is_sent_while_an_instance_at_its_wait_resumes_wakes_it() {
        backend.saveSnapshot(reserved().moveTo(WAIT));
        backend.requestPause(ID, ASKED);

        WorkflowSnapshot resumed = inOrder(() -> backend.sendEvent(ID, "approved", OUTPUT), () -> backend.unpause(ID));

        assertThat(resumed.position()).contains(new AtTask("ship"));
    }

    @Test
    void R16_an_event_is_consumed_once() {
        backend.sendEvent(ID, "approved", OUTPUT);

        assertThat(inOrder(
                        done(() -> backend.consumeEvent(ID, "approved")), () -> backend.consumeEvent(ID, "approved")))
                .isEmpty();
    }

    @Test
    void R16_an_event_with_a_key_is_kept_once() {
        Supplier<EventOutcome> send = () -> backend.sendEvent(ID, "approved", OUTPUT, Optional.of("key"));

        assertThat(inOrder(done(send), send)).isEqualTo(EventOutcome.DUPLICATE);
        assertThat(backend.listPendingEvents(ID)).hasSize(1);
    }

    @Test
    void R15_a_cancel_that_is_asked_for_while_a_step_is_committed_is_carried_out_by_it() {
        var committed = inOrder(
                () -> backend.storeSignal(ID, SignalKind.CANCEL, ASKED),
                () -> backend.commitTask(claim, reserved().moveTo(new AtTask("charge")), Optional.of(HOUR)));

        assertThat(committed.snapshot().status()).isEqualTo(WorkflowStatus.CANCELLED);
        assertThat(committed.next()).isEmpty();
    }

    @Test
    void R15_a_pause_that_is_asked_for_while_an_instance_is_parked_is_carried_out_by_it() {
        var committed = inOrder(
                () -> backend.storeSignal(ID, SignalKind.PAUSE, ASKED),
                () -> backend.commitTask(claim, reserved().moveTo(WAIT), Optional.empty()));

        assertThat(committed.snapshot().status()).isEqualTo(WorkflowStatus.PAUSED);
    }

    @Test
    void R15_a_cancel_that_is_asked_for_while_a_branch_is_committed_is_carried_out_by_it() {
        TaskClaim parcel = fork("parcel", "invoice");

        inOrder(
                () -> backend.storeSignal(ID, SignalKind.CANCEL, ASKED),
                () -> backend.commitBranchTask(parcel, new Next(OUTPUT, "weigh", Optional.empty()), Optional.of(HOUR)));

        assertThat(backend.loadSnapshot(ID).status()).isEqualTo(WorkflowStatus.CANCELLED);
    }

    @Test
    void R10_a_cancel_that_waits_for_the_last_step_is_refused() {
        assertThatExceptionOfType(SignalRefusedException.class)
                .isThrownBy(() -> inOrder(
                        done(() -> backend.commitTask(claim, reserved().complete(OUTPUT), Optional.empty())),
                        () -> backend.requestCancel(ID, ASKED)));
        assertThat(backend.listPendingSignals(ID)).isEmpty();
    }

    @Test
    void R15_a_cancel_that_waits_for_a_commit_which_carries_on_is_left_to_its_holder() {
        assertThat(inOrder(
                        done(() ->
                                backend.commitTask(claim, reserved().moveTo(new AtTask("charge")), Optional.of(HOUR))),
                        () -> backend.requestCancel(ID, ASKED)))
                .isEqualTo(SignalOutcome.PENDING);
    }

    @Test
    void R15_a_cancel_that_waits_for_a_commit_which_gives_the_task_back_is_carried_out_at_once() {
        assertThat(inOrder(
                        done(() ->
                                backend.commitTask(claim, reserved().moveTo(new AtTask("charge")), Optional.empty())),
                        () -> backend.requestCancel(ID, ASKED)))
                .isEqualTo(SignalOutcome.APPLIED);
    }

    @Test
    void R17_of_two_that_claim_a_task_one_gets_it() {
        backend.releaseTaskClaim(claim);

        assertThat(inOrder(
                        done(() -> backend.claimTask(ID, "reserve", "a", HOUR)),
                        () -> backend.claimTask(ID, "reserve", "b", HOUR)))
                .isEmpty();
    }

    @Test
    void R17_a_task_that_is_taken_over_meanwhile_is_not_committed() {
        takeOver(() -> assertThatExceptionOfType(ClaimLostException.class)
                .isThrownBy(() -> backend.commitTask(claim, reserved().complete(OUTPUT), Optional.empty())));
    }

    private void takeOver(Runnable second) {
        create();
        inOrder(
                () -> {
                    backend.releaseTaskClaim(claim);
                    assertThat(backend.claimTask(ID, "reserve", "other", HOUR)).isPresent();
                },
                () -> {
                    second.run();
                    return "refused";
                });
        assertThat(backend.releaseTaskClaims("other")).isOne();
    }

    @Test
    void R11_the_last_two_branches_let_the_join_go_on_together() {
        TaskClaim parcel = fork("parcel", "invoice");
        TaskClaim invoice = backend.claimTask(ID, "do-invoice", "w", HOUR).orElseThrow();

        inOrder(
                done(() -> backend.commitBranchTask(parcel, new Done(OUTPUT), Optional.empty())),
                () -> backend.commitBranchTask(invoice, new Done(OUTPUT), Optional.empty()));

        assertThat(claimed()).map(task -> task.claim().taskId()).contains("join");
        assertThat(backend.loadSnapshot(ID).completedTaskCount()).isEqualTo(3);
        assertThat(backend.findWorkflow(ID).orElseThrow().completedTaskCount()).isEqualTo(3);
    }

    @Test
    void R11_a_result_that_is_saved_twice_counts_once() {
        Supplier<Long> save = () -> backend.saveTaskResult(ID, "weigh", OUTPUT);

        assertThat(inOrder(done(save), save)).isEqualTo(3);
        assertThat(backend.findWorkflow(ID).orElseThrow().completedTaskCount()).isOne();
    }

    @Test
    void R15_a_branch_that_waits_for_a_pause_leaves_its_next_task_for_later() {
        TaskClaim parcel = fork("parcel", "invoice");

        var committed = inOrder(
                () -> {
                    backend.storeSignal(ID, SignalKind.PAUSE, ASKED);
                    backend.checkAndPause(ID);
                },
                () -> backend.commitBranchTask(parcel, new Next(OUTPUT, "weigh", Optional.empty()), Optional.of(HOUR)));

        assertThat(committed.next()).isEmpty();
        assertThat(claimed()).isEmpty();
        backend.unpause(ID);
        assertThat(backend.claimAvailableTasks(ClaimQuery.of("w", 9, HOUR)))
                .extracting(task -> task.claim().taskId())
                .containsExactlyInAnyOrder("weigh", "do-invoice");
    }

    /** Such a commit waits for the rows of the branches, which a pause changes. */
    @Test
    void R15_a_branch_that_failed_and_waits_for_a_pause_is_not_due_before_it_is_over() {
        TaskClaim parcel = fork("parcel");

        inOrder(
                () -> {
                    backend.storeSignal(ID, SignalKind.PAUSE, ASKED);
                    backend.checkAndPause(ID);
                },
                () -> backend.commitBranchTask(parcel, new Retry("no boxes", Duration.ofMillis(1)), Optional.empty()));

        assertThat(claimed()).isEmpty();
        backend.unpause(ID);
        await().until(this::claimed, Optional::isPresent);
    }

    @Test
    void R12_a_commit_that_waits_for_a_deletion_finds_nothing() {
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> inOrder(
                        () -> backend.deleteSnapshot(ID),
                        () -> backend.commitTask(claim, reserved().complete(OUTPUT), Optional.empty())));
    }

    /** The claim on the first branch. */
    private TaskClaim fork(String... labels) {
        Map<String, Branch> branches = new LinkedHashMap<>();
        for (String label : labels) {
            branches.put(label, Branch.of("do-" + label));
        }
        backend.commitTask(claim, reserved().forkInto("join", branches), Optional.empty());
        return backend.claimTask(ID, "do-" + labels[0], "w", HOUR).orElseThrow();
    }
}
