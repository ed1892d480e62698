package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** What monitoring is told: the figures of all instances, and the tasks of one. */
class WorkflowStatisticsContractTest extends ContractTest {

    @Test
    void an_empty_store_has_a_zero_for_everything() {
        assertThat(statistics.currentFigures()).isEqualTo(WorkflowFigures.none());
        assertThat(WorkflowFigures.none().workflows()).hasSize(WorkflowStatus.values().length);
        assertThat(WorkflowFigures.none().pendingSignals()).hasSize(SignalKind.values().length);
    }

    @Test
    void instances_are_counted_by_status_through_all_their_changes() {
        store.createSnapshot(order("running"));
        store.createSnapshot(order("born-failed").fail("lost"));
        store.saveSnapshot(store.createSnapshot(order("completed")).complete(output("done")));
        signals.requestCancel("running", SignalRequest.unexplained());
        signals.requestPause(store.createSnapshot(order("paused")).instanceId(), SignalRequest.unexplained());
        signals.requestPause(store.createSnapshot(order("resumed")).instanceId(), SignalRequest.unexplained());
        signals.unpause("resumed");
        store.createSnapshot(order("deleted").fail("lost"));
        store.deleteSnapshot("deleted");

        Map<WorkflowStatus, Long> expected = Map.of(
                WorkflowStatus.IN_PROGRESS, 1L,
                WorkflowStatus.PAUSED, 1L,
                WorkflowStatus.COMPLETED, 1L,
                WorkflowStatus.FAILED, 1L,
                WorkflowStatus.CANCELLED, 1L);
        assertThat(statistics.currentFigures().workflows()).isEqualTo(expected);
        assertThat(queries.countByStatus()).isEqualTo(expected);
    }

    @Test
    void concurrent_changes_are_all_counted() throws Exception {
        List<Callable<Integer>> threads = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            String prefix = "order-" + i + "-";
            SplittableRandom random = new SplittableRandom(i);
            threads.add(() -> {
                for (int n = 0; n < 50; n++) {
                    WorkflowSnapshot snapshot = store.createSnapshot(order(prefix + n));
                    switch (random.nextInt(3)) {
                        case 0 -> store.saveSnapshot(snapshot.complete(output("done")));
                        case 1 -> store.deleteSnapshot(snapshot.instanceId());
                        default -> store.saveSnapshot(snapshot.fail("lost"));
                    }
                }
                return 0;
            });
        }
        Together.run(threads);

        Map<WorkflowStatus, Long> counted = statistics.currentFigures().workflows();
        for (WorkflowStatus status : WorkflowStatus.values()) {
            assertThat(counted.get(status))
                    .isEqualTo(idsOf(WorkflowQuery.all().withStatus(status)).size());
        }
    }

    @Test
    void open_tasks_are_counted_and_closed_ones_are_not() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        store.saveSnapshot(order.completeTask("reserve", output("x")).moveTo(new AtTask("charge")));
        store.createSnapshot(
                order("order-2").moveTo(new AtSignal("await-payment", "paid", Optional.empty(), Optional.of("ship"))));
        store.createSnapshot(order("order-3").complete(output("done")));

        WorkflowFigures figures = statistics.currentFigures();
        assertThat(figures.activeTasks()).isOne();
        assertThat(figures.waitingTasks()).isOne();
        assertThat(figures.readyTasks()).isOne();
    }

    @Test
    void a_ready_task_ages_until_it_is_claimed() {
        store.createSnapshot(order("order-1"));
        Awaitility.await()
                .until(() -> statistics.currentFigures().oldestReadyAge().compareTo(Duration.ofMillis(5)) > 0);

        claims.claimTask("order-1", "reserve", "worker-1", Duration.ofMinutes(1));
        WorkflowFigures claimed = statistics.currentFigures();
        assertThat(claimed.readyTasks()).isZero();
        assertThat(claimed.oldestReadyAge()).isZero();
        assertThat(claimed.liveClaims()).isOne();
        assertThat(claimed.expiredClaims()).isZero();
        assertThat(claimed.activeTasks()).isOne();
    }

    @Test
    void an_expired_claim_is_one_and_its_task_is_ready_again() {
        store.createSnapshot(order("order-1"));
        claims.claimTask("order-1", "reserve", "worker-1", Duration.ofMillis(1));

        Awaitility.await().until(() -> statistics.currentFigures().expiredClaims() == 1);
        WorkflowFigures expired = statistics.currentFigures();
        assertThat(expired.liveClaims()).isZero();
        assertThat(expired.readyTasks()).isOne();
    }

    @Test
    void live_and_expired_claims_are_counted_apart() {
        for (int i = 0; i < 3; i++) {
            store.createSnapshot(order("order-" + i));
            claims.claimTask("order-" + i, "reserve", "worker-1", Duration.ofMillis(i == 0 ? 60_000 : 1));
        }

        Awaitility.await().until(() -> statistics.currentFigures().readyTasks() == 2);
        assertThat(statistics.currentFigures().liveClaims()).isOne();
        assertThat(statistics.currentFigures().expiredClaims()).isEqualTo(2);
        assertThat(statistics.currentFigures().activeTasks()).isEqualTo(3);
    }

    @Test
    void the_task_of_a_paused_instance_is_open_but_not_ready() {
        store.createSnapshot(order("order-1"));
        signals.requestPause("order-1", SignalRequest.unexplained());

        assertThat(statistics.currentFigures().activeTasks()).isOne();
        assertThat(statistics.currentFigures().readyTasks()).isZero();
    }

    @Test
    void pending_requests_and_events_are_counted_until_they_are_consumed() {
        store.createSnapshot(order("order-1"));
        store.createSnapshot(order("order-2"));
        signals.storeSignal("order-1", SignalKind.CANCEL, SignalRequest.unexplained());
        signals.storeSignal("order-2", SignalKind.CANCEL, SignalRequest.unexplained());
        signals.storeSignal("order-2", SignalKind.PAUSE, SignalRequest.unexplained());
        signals.sendEvent("order-2", "paid", output("10"));

        assertThat(statistics.currentFigures().pendingSignals())
                .isEqualTo(Map.of(SignalKind.CANCEL, 2L, SignalKind.PAUSE, 1L));
        assertThat(statistics.currentFigures().pendingEvents()).isOne();

        signals.checkAndCancel("order-1", Optional.empty());
        signals.consumeEvent("order-2", "paid");
        assertThat(statistics.currentFigures().pendingSignals())
                .isEqualTo(Map.of(SignalKind.CANCEL, 1L, SignalKind.PAUSE, 1L));
        assertThat(statistics.currentFigures().pendingEvents()).isZero();
    }

    @Test
    void R26_open_tasks_are_counted_by_workflow_and_task_blocked_ones_too() {
        store.createSnapshot(order("order-1"));
        store.createSnapshot(order("order-2"));
        store.createSnapshot(order("order-3").moveTo(new AtTask("charge")));
        store.createSnapshot(
                WorkflowSnapshot.start("order-4", "another", output("in")).moveTo(new AtTask("charge")));
        store.createSnapshot(order("order-5").moveTo(new AtSignal("wait", "paid", Optional.empty(), Optional.empty())));
        store.createSnapshot(order("order-6").complete(output("done")));
        TaskClaim claim = claims.claimTask("order-2", "reserve", "worker", Duration.ofMinutes(1))
                .orElseThrow();
        claims.refuseTasks(List.of(new TaskRefusal(
                claim, BlockReason.NO_HANDLER, "none", Duration.ZERO, Duration.ZERO, Optional.empty())));

        assertThat(statistics.countOpenTasks())
                .containsExactly(
                        new OpenTasks("another", "charge", 1, "order-4"),
                        new OpenTasks("fulfilment-v1", "charge", 1, "order-3"),
                        new OpenTasks("fulfilment-v1", "reserve", 2, "order-1"));
    }
}
