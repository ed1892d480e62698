package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.worker.Bystanders.Cost;
import dev.sayiir.workflow.WorkflowStatus;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever is wrong with one instance, the others that the same worker has are done while it is wrong: each of their tasks
 * once, no claim lost, and for about as many statements as without the fault. The fault ends when they are done, so that any
 * wait for its end would last for ever.
 */
@Tag("slow")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class BystanderTest {

    /** Beside twice as many as without a fault, for tries that get rarer and rarer. */
    private static final long A_FEW = 100;

    /** Polls, heartbeats and looks for cancels go on for as long as it takes; half again, for what is tried at each. */
    private static final double MOST_IN_A_SECOND = 1.5 * (1_000.0 / 50 + 2 * 1_000.0 / 200);

    private Cost undisturbed;

    private static final class NoFault implements BystanderFault {
        @Override
        public void begin(Bystanders scene) {
            scene.startGuilty("first");
        }

        @Override
        public Optional<WorkflowStatus> status() {
            return Optional.empty();
        }
    }

    @BeforeAll
    void measure() throws Exception {
        undisturbed = costOf(new NoFault());
    }

    @ParameterizedTest
    @EnumSource
    void R27_a_callers_transaction_that_stays_open_delays_only_its_own_instance(CallersFault operation)
            throws Exception {
        assertBounded(operation.name(), costOf(operation));
    }

    @ParameterizedTest
    @EnumSource
    void R27_whatever_is_wrong_with_an_instance_delays_no_other_one(OwnFault fault) throws Exception {
        assertBounded(fault.name(), costOf(fault));
    }

    private static Cost costOf(BystanderFault fault) throws Exception {
        try (Bystanders scene = new Bystanders(fault)) {
            return scene.run();
        }
    }

    private void assertBounded(String fault, Cost cost) {
        double perTime = MOST_IN_A_SECOND * cost.time().toMillis() / 1_000;
        System.out.printf(
                "%s: %d statements in %d ms, without a fault %d in %d ms%n",
                fault,
                cost.statements(),
                cost.time().toMillis(),
                undisturbed.statements(),
                undisturbed.time().toMillis());
        assertThat((double) cost.statements()).isLessThan(2 * undisturbed.statements() + A_FEW + perTime);
    }
}
