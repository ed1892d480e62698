package dev.sayiir.workflow;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.params.provider.Arguments.arguments;

import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.ExecutionPosition.AtJoin;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.ExecutionPosition.InLoop;
import dev.sayiir.workflow.ExecutionPosition.NotStarted;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class ExecutionPositionTest {

    private static final Instant THEN = Instant.parse("2023-11-14T22:13:20Z");

    static Stream<Arguments> positions() {
        return Stream.of(
                arguments(new NotStarted(), "NotStarted", null, null),
                arguments(new AtTask("ship"), "AtTask", "ship", new OpenTask("ship", false, Optional.empty())),
                arguments(
                        new AtFork("pack||bill", Map.of(), THEN),
                        "AtFork",
                        "pack||bill",
                        new OpenTask("pack||bill", true, Optional.of(THEN))),
                arguments(
                        new AtJoin("join", Map.of()), "AtJoin", "join", new OpenTask("join", false, Optional.empty())),
                arguments(
                        new AtDelay("delay", Instant.EPOCH, THEN, Optional.empty()),
                        "AtDelay",
                        "delay",
                        new OpenTask("delay", true, Optional.of(THEN))),
                arguments(
                        new AtSignal("wait", "paid", Optional.of(THEN), Optional.empty()),
                        "AtSignal",
                        "wait",
                        new OpenTask("wait", true, Optional.of(THEN))),
                arguments(
                        new InLoop("loop", 2, Optional.empty()),
                        "InLoop",
                        "loop",
                        new OpenTask("loop", false, Optional.empty())));
    }

    @ParameterizedTest
    @MethodSource("positions")
    void columns_and_queue_say_where_an_instance_stands(
            ExecutionPosition position, String kind, String nodeId, OpenTask openTask) {
        WorkflowSnapshot there =
                WorkflowSnapshot.start("order-1", "v1", Payload.empty()).moveTo(position);

        assertThat(position.kind().text()).isEqualTo(kind);
        assertThat(position.kind()).hasToString(kind);
        assertThat(position.nodeId()).isEqualTo(Optional.ofNullable(nodeId));
        assertThat(there.openTask()).isEqualTo(Optional.ofNullable(openTask));
    }
}
