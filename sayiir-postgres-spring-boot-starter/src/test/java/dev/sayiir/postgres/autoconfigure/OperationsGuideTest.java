package dev.sayiir.postgres.autoconfigure;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BlockedQuery;
import dev.sayiir.persistence.BlockedTask;
import dev.sayiir.persistence.FailureGroup;
import dev.sayiir.persistence.RedriveRequest;
import dev.sayiir.persistence.RepairStore;
import dev.sayiir.persistence.SignalRequest;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

/** Runs the code in docs/operations.md. */
@ExtendWith(OutputCaptureExtension.class)
class OperationsGuideTest {

    private static final Logger log = LoggerFactory.getLogger(OperationsGuideTest.class);

    @Test
    void blocked_tasks_are_listed_and_unblocked(CapturedOutput output) {
        InMemoryBackend backend = new InMemoryBackend();
        for (String id : List.of("order-1", "order-2")) {
            backend.createSnapshot(
                    WorkflowSnapshot.start(id, "fulfilment", Payload.empty()).moveTo(new AtTask("charge")));
            TaskClaim claim =
                    backend.claimTask(id, "charge", "w", Duration.ofMinutes(1)).orElseThrow();
            backend.refuseTasks(List.of(new TaskRefusal(
                    claim,
                    BlockReason.UNREADABLE_INPUT,
                    "no such field",
                    Duration.ZERO,
                    Duration.ZERO,
                    Optional.empty())));
        }
        WorkflowQueries queries = backend;
        RepairStore repairs = backend;

        // region blocked
        for (BlockedTask task : queries.findBlockedTasks(BlockedQuery.all().ofDefinition("fulfilment"))) {
            log.info("{} at {} since {}: {}", task.instanceId(), task.taskId(), task.blockedAt(), task.error());
        }
        SignalRequest why = SignalRequest.of("fixed in 2.3.1", "ada");
        while (repairs.unblock(BlockedQuery.all().atTask("charge").limit(1000), why) > 0) {}
        // endregion

        assertThat(output).contains("order-1 at charge since ").contains("order-2 at charge since ");
        assertThat(queries.findBlockedTasks(BlockedQuery.all())).isEmpty();
    }

    @Test
    void failures_are_grouped_and_redriven(CapturedOutput output) {
        InMemoryBackend backend = new InMemoryBackend();
        for (String id : List.of("order-1", "order-2")) {
            backend.createSnapshot(
                    WorkflowSnapshot.start(id, "fulfilment", Payload.empty()).moveTo(new AtTask("charge")));
            backend.saveSnapshot(backend.loadSnapshot(id).fail("Card " + id + " declined"));
        }
        WorkflowQueries queries = backend;
        RepairStore repairs = backend;

        // region failures
        for (FailureGroup group : queries.failuresByFingerprint(Optional.of("fulfilment"), 10)) {
            log.info("{} x {}, last at {}", group.count(), group.fingerprint(), group.lastSeen());
        }
        WorkflowQuery declined =
                WorkflowQuery.all().withFailure("Card # declined").limit(100);
        for (WorkflowSummary order : queries.findWorkflows(declined).workflows()) {
            repairs.redrive(
                    order.instanceId(), RedriveRequest.fromFailure(), SignalRequest.of("bug 17 is fixed", "ada"));
        }
        // endregion

        assertThat(output).contains("2 x Card # declined, last at ");
        assertThat(queries.failuresByFingerprint(Optional.empty(), 10)).isEmpty();
        assertThat(backend.loadSnapshot("order-2").status()).isEqualTo(WorkflowStatus.IN_PROGRESS);
    }
}
