package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.WorkflowEvent.Kind;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.SayiirException;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;

class ConcurrentSignalContractTest extends ContractTest {

    private static final SignalRequest ASKED = SignalRequest.of("audit", "finance");
    private static final AtSignal WAIT = new AtSignal("wait", "approved", Optional.empty(), Optional.of("ship"));

    @Test
    void R16_each_event_is_consumed_once_whoever_sends_and_consumes_meanwhile() throws Exception {
        store.createSnapshot(order("order-1"));
        int senders = 4;
        int each = 10;
        List<Callable<List<Payload>>> actions = new ArrayList<>();
        for (int sender = 0; sender < senders; sender++) {
            int from = sender * each;
            actions.add(() -> {
                for (int i = from; i < from + each; i++) {
                    signals.sendEvent("order-1", "approved", output("no. " + i));
                }
                return List.of();
            });
            actions.add(() -> {
                List<Payload> consumed = new ArrayList<>();
                for (int i = 0; i < each; i++) {
                    signals.consumeEvent("order-1", "approved").ifPresent(consumed::add);
                }
                return consumed;
            });
        }

        List<Together.Outcome<List<Payload>>> outcomes = Together.run(actions);

        assertThat(Together.failures(outcomes)).isEmpty();
        List<Payload> consumed = new ArrayList<>();
        Together.values(outcomes).forEach(consumed::addAll);
        for (Optional<Payload> rest = signals.consumeEvent("order-1", "approved");
                rest.isPresent();
                rest = signals.consumeEvent("order-1", "approved")) {
            consumed.add(rest.get());
        }
        assertThat(consumed).hasSize(senders * each).doesNotHaveDuplicates();
    }

    @Test
    void R16_an_event_that_meets_a_save_that_parks_is_delivered_or_pending() throws Exception {
        for (int round = 0; round < 25; round++) {
            String id = "order-" + round;
            WorkflowSnapshot order = store.createSnapshot(order(id));

            List<Together.Outcome<Object>> outcomes = Together.run(List.of(
                    () -> store.saveSnapshot(order.moveTo(WAIT)),
                    () -> signals.sendEvent(id, "approved", output("by ada"))));

            assertThat(Together.failures(outcomes)).isEmpty();
            boolean delivered = results.loadTaskResult(id, "wait").isPresent();
            assertThat(signals.listPendingEvents(id)).hasSize(delivered ? 0 : 1);
        }
    }

    @Test
    void R10_of_a_cancel_and_a_completing_save_exactly_one_ends_the_instance() throws Exception {
        for (int round = 0; round < 25; round++) {
            String id = "order-" + round;
            WorkflowSnapshot order = store.createSnapshot(order(id));

            List<Together.Outcome<Object>> outcomes = Together.run(List.of(
                    () -> store.saveSnapshotIfVersion(order.complete(output("done")), 1),
                    () -> signals.requestCancel(id, ASKED)));

            assertThat(Together.failures(outcomes))
                    .singleElement()
                    .isInstanceOfAny(TerminalStateException.class, SignalRefusedException.class);
            assertThat(versionsOf(id)).hasSize(2);
            assertThat(signals.listPendingSignals(id)).isEmpty();
            assertThat(kinds(id))
                    .filteredOn(kind -> kind == Kind.COMPLETED || kind == Kind.CANCELLED)
                    .hasSize(1);
        }
    }

    /** Everything at once on three instances: whatever happens, it is an outcome that the contract knows. */
    @Test
    void R14_no_two_operations_get_into_each_others_way() throws Exception {
        List<String> ids = List.of("order-1", "order-2", "order-3");
        ids.forEach(id -> store.createSnapshot(order(id).moveTo(WAIT)));

        List<Together.Outcome<Integer>> outcomes = Together.run(8, thread -> {
            SplittableRandom random = new SplittableRandom(4711 + thread);
            int refused = 0;
            for (int step = 0; step < 60; step++) {
                try {
                    operate(random.nextInt(12), ids.get(random.nextInt(ids.size())));
                } catch (SayiirException expected) {
                    refused++;
                }
            }
            return refused;
        });

        assertThat(Together.failures(outcomes)).isEmpty();
        for (String id : ids) {
            store.findSnapshot(id).ifPresent(this::assertExplained);
        }
    }

    private void operate(int operation, String id) {
        switch (operation) {
            case 0 -> signals.storeSignal(id, SignalKind.PAUSE, ASKED);
            case 1 -> signals.storeSignal(id, SignalKind.CANCEL, ASKED);
            case 2 -> signals.checkAndPause(id);
            case 3 -> signals.unpause(id);
            case 4, 5 -> signals.sendEvent(id, "approved", output("x"));
            case 6 -> signals.consumeEvent(id, "approved");
            case 7 -> store.saveTaskResult(id, "side", output("x"));
            case 8 -> store.saveSnapshot(order(id).moveTo(WAIT));
            case 9 -> signals.requestPause(id, ASKED);
            case 10 -> signals.clearSignal(id, SignalKind.CANCEL);
            default -> {
                store.deleteSnapshot(id);
                store.createSnapshot(order(id).moveTo(WAIT));
            }
        }
    }

    private void assertExplained(WorkflowSnapshot snapshot) {
        List<HistoryEntry> versions = versionsOf(snapshot.instanceId());
        assertThat(versions).hasSize((int) snapshot.version());
        List<WorkflowStatus> statuses = new ArrayList<>();
        for (HistoryEntry version : versions) {
            if (statuses.isEmpty() || statuses.get(statuses.size() - 1) != version.status()) {
                statuses.add(version.status());
            }
        }
        assertThat(kinds(snapshot.instanceId()))
                .filteredOn(kind -> kind == Kind.STARTED || kind == Kind.PAUSED || kind == Kind.RESUMED)
                .hasSameSizeAs(statuses);
    }

    private List<Kind> kinds(String instanceId) {
        return events.listEvents(instanceId, 0, 1000).stream()
                .map(WorkflowEvent::kind)
                .toList();
    }
}
