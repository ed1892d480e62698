package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.THEN;
import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.orderCreatedAt;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Failures by what their errors have in common. */
class FailureGroupContractTest extends ContractTest {

    private static final SignalRequest ASKED = SignalRequest.of("audit", "ada");

    @Test
    void R13_failures_are_grouped_by_what_their_errors_have_in_common() {
        failed("order-alpha", THEN, "Card 4711 of 'ann' declined for order-alpha");
        failed("order-beta", THEN, "Card 0815 of 'bob' declined for order-beta");
        failed("order-gamma", THEN, "out of stock");
        failed("order-delta", THEN, "Card 17 of 'eve'  declined\nfor order-delta");
        store.createSnapshot(order("running"));
        store.createSnapshot(
                order("cancelled").cancel(Optional.of("out of stock"), Optional.empty(), THEN, Optional.empty()));
        store.createSnapshot(
                WorkflowSnapshot.start("refund", "refund-v1", output("tea")).fail("no account"));

        List<FailureGroup> groups = queries.failuresByFingerprint(Optional.empty(), 10);
        assertThat(groups)
                .containsExactly(
                        new FailureGroup(
                                "Card # of # declined for #",
                                3,
                                updated("order-alpha"),
                                updated("order-delta"),
                                "order-delta",
                                "Card 17 of 'eve'  declined\nfor order-delta"),
                        new FailureGroup("no account", 1, updated("refund"), updated("refund"), "refund", "no account"),
                        new FailureGroup(
                                "out of stock",
                                1,
                                updated("order-gamma"),
                                updated("order-gamma"),
                                "order-gamma",
                                "out of stock"));
        assertThat(queries.failuresByFingerprint(Optional.empty(), 2)).isEqualTo(groups.subList(0, 2));
        assertThat(queries.failuresByFingerprint(Optional.of("refund-v1"), 10)).isEqualTo(groups.subList(1, 2));
        assertThat(queries.failuresByFingerprint(Optional.of("refund"), 10)).isEmpty();

        WorkflowQuery declined = WorkflowQuery.all().withFailure("Card # of # declined for #");
        assertThat(idsOf(declined)).containsExactly("order-delta", "order-beta", "order-alpha");
        assertThat(idsOf(declined.limit(1))).containsExactly("order-delta", "order-beta", "order-alpha");
        assertThat(idsOf(declined.ofDefinition("refund-v1"))).isEmpty();
        assertThat(idsOf(declined.withErrorContaining("'eve'"))).containsExactly("order-delta");
        assertThat(idsOf(declined.withStatus(WorkflowStatus.CANCELLED))).isEmpty();
        assertThat(idsOf(WorkflowQuery.all().withFailure("Card"))).isEmpty();
    }

    private void failed(String id, Instant createdAt, String error) {
        store.createSnapshot(orderCreatedAt(id, createdAt).fail(error));
    }

    @Test
    void R13_one_that_goes_on_is_in_no_group_any_more_and_may_come_into_another() {
        store.saveSnapshot(store.createSnapshot(order("order-1")).fail("lost"));
        repairs.redrive("order-1", RedriveRequest.fromFailure(), ASKED);
        assertThat(queries.failuresByFingerprint(Optional.empty(), 10)).isEmpty();
        assertThat(idsOf(WorkflowQuery.all().withFailure("lost"))).isEmpty();

        store.saveSnapshot(store.loadSnapshot("order-1").fail("lost again"));
        assertThat(idsOf(WorkflowQuery.all().withFailure("lost"))).isEmpty();
        assertThat(idsOf(WorkflowQuery.all().withFailure("lost again"))).containsExactly("order-1");
        store.deleteSnapshot("order-1");
        assertThat(idsOf(WorkflowQuery.all().withFailure("lost again"))).isEmpty();
    }

    @Test
    void R13_every_store_makes_the_same_fingerprint() {
        List<String> errors = NastyErrors.ALL;
        for (int i = 0; i < errors.size(); i++) {
            failed(NastyErrors.id(i), THEN, errors.get(i));
        }

        for (int i = 0; i < errors.size(); i++) {
            String fingerprint = FailureFingerprint.of(errors.get(i), NastyErrors.id(i));
            assertThat(idsOf(WorkflowQuery.all().withFailure(fingerprint)))
                    .as(errors.get(i))
                    .contains(NastyErrors.id(i));
        }
        assertThat(queries.failuresByFingerprint(Optional.empty(), 1000))
                .allSatisfy(group -> assertThat(group.fingerprint())
                        .isEqualTo(FailureFingerprint.of(group.exampleError(), group.exampleInstanceId())));
    }

    private Instant updated(String instanceId) {
        return queries.findWorkflow(instanceId).orElseThrow().updatedAt();
    }
}
