package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.time.Instant;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Ids that no store can hold are refused by every operation, in words, before anything is looked up. */
class IdentifierContractTest extends ContractTest {

    @BeforeEach
    void createOrder() {
        store.createSnapshot(order("order-1"));
    }

    @ParameterizedTest
    @MethodSource("dev.sayiir.persistence.Examples#badIds")
    void R9_a_text_that_is_no_id_is_refused_as_an_instance_id(String id) {
        assertRefused("instance id", id, () -> order(id));
        assertRefused("instance id", id, () -> store.saveTaskResult(id, "reserve", output("x")));
        assertRefused("instance id", id, () -> store.loadSnapshot(id));
        assertRefused("instance id", id, () -> store.findSnapshot(id));
        assertRefused("instance id", id, () -> store.deleteSnapshot(id));
        assertRefused("instance id", id, () -> results.loadTaskResult(id, "reserve"));
        assertRefused("instance id", id, () -> results.loadTaskResults(id));
        assertRefused("instance id", id, () -> history.listVersions(id, 0, 10));
        assertRefused("instance id", id, () -> history.loadVersion(id, 1));
        assertRefused("instance id", id, () -> history.loadAsOf(id, Instant.now()));
        assertRefused("instance id", id, () -> queries.findWorkflow(id));
    }

    @ParameterizedTest
    @MethodSource("dev.sayiir.persistence.Examples#badIds")
    void R9_a_text_that_is_no_id_is_refused_as_a_task_id(String id) {
        assertRefused("task id", id, () -> order("order-1").completeTask(id, output("x")));
        assertRefused("task id", id, () -> store.saveTaskResult("order-1", id, output("x")));
        assertRefused("task id", id, () -> store.saveTaskResult("not-there", id, output("x")));
        assertRefused("task id", id, () -> results.loadTaskResult("order-1", id));
        assertRefused("task id", id, () -> results.loadTaskResult("not-there", id));
    }

    @ParameterizedTest
    @MethodSource("dev.sayiir.persistence.Examples#badIds")
    void R13_a_text_that_is_no_id_is_refused_in_a_query(String id) {
        String forkId = id.length() > 100 ? id.repeat(5) : id;
        assertThatIllegalArgumentException()
                .isThrownBy(() -> WorkflowQuery.all().atTask(forkId))
                .withMessageContaining("task id");
    }

    private void assertRefused(String what, String id, ThrowingCallable call) {
        assertThatIllegalArgumentException().isThrownBy(call).withMessageContainingAll(what, reason(id));
        assertThat(store.listSnapshots()).containsExactly("order-1");
        assertThat(versionsOf("order-1")).hasSize(1);
    }

    private static String reason(String id) {
        if (id.isEmpty()) {
            return "empty";
        } else if (id.indexOf('\0') >= 0) {
            return "NUL";
        }
        return id.length() > 100 ? "at most 256" : "surrogate";
    }
}
