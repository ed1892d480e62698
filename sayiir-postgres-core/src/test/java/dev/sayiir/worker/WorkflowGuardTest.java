package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.tuple;

import dev.sayiir.persistence.memory.InMemoryBackend;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.worker.WorkflowGuard.Finding;
import dev.sayiir.worker.WorkflowGuard.Problem;
import dev.sayiir.workflow.Branch;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.Payload;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/** What a build cannot do is found before it is let at what is under way. */
class WorkflowGuardTest {

    private static final Workflow ORDERS = new Workflow("orders", "reserve");
    private static final Payload ORDER = Payload.utf8("{\"article\":\"tea\",\"pieces\":2}");

    record OrderV1(String article, int pieces) {}

    record OrderV2(List<String> article) {}

    private final InMemoryBackend backend = new InMemoryBackend();
    private final WorkflowGuard guard = WorkflowGuard.of(backend);

    private static <I> TaskHandler<I> handler(String taskId, Class<I> type) {
        return TaskHandler.of(taskId, type, (input, task) -> TaskOutcome.complete(input));
    }

    private static WorkflowSnapshot order(String id) {
        return WorkflowSnapshot.start(id, "orders", ORDER).moveTo(new AtTask("reserve"));
    }

    @Test
    void R26_what_a_build_can_do_is_no_finding() {
        backend.createSnapshot(order("order-1"));
        backend.createSnapshot(WorkflowSnapshot.start("other-1", "other", ORDER).moveTo(new AtTask("unknown")));
        backend.createSnapshot(
                order("order-2").moveTo(new AtDelay("delay", Instant.now(), Instant.now(), Optional.of("reserve"))));

        assertThat(guard.check(List.of(ORDERS), List.of(handler("reserve", OrderV1.class))))
                .isEmpty();
        guard.requireServed(List.of(ORDERS), List.of(handler("reserve", OrderV1.class)));
    }

    @Test
    void R26_a_task_without_a_handler_is_found_with_how_many_are_at_it() {
        backend.createSnapshot(order("order-1"));
        backend.createSnapshot(order("order-2"));
        backend.createSnapshot(order("order-3").completeTask("reserve", ORDER).moveTo(new AtTask("charge")));

        List<Finding> findings = guard.check(List.of(ORDERS), List.of(handler("charge-v2", OrderV1.class)));

        assertThat(findings)
                .extracting(Finding::problem, Finding::taskId, Finding::instances)
                .containsExactly(
                        tuple(Problem.NO_HANDLER, "reserve", 0L),
                        tuple(Problem.NO_HANDLER, "charge", 1L),
                        tuple(Problem.NO_HANDLER, "reserve", 2L));
        assertThatIllegalStateException()
                .isThrownBy(() -> guard.requireServed(List.of(ORDERS), List.of(handler("reserve", OrderV1.class))))
                .withMessageContaining("1 instances of workflow 'orders' are at task 'charge', as 'order-3' is");
    }

    @Test
    void two_handlers_of_one_task_are_refused_by_its_name() {
        TaskHandler<OrderV1> handler = handler("reserve", OrderV1.class);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> guard.check(List.of(ORDERS), List.of(handler, handler)))
                .withMessageContaining("two handlers of task 'reserve'");
        assertThat(guard.check(List.of(ORDERS, ORDERS), List.of(handler))).isEmpty();
    }

    @Test
    void R26_an_input_that_the_handler_s_type_cannot_read_is_found_also_of_branches_and_of_what_joins_them() {
        backend.createSnapshot(order("order-1"));
        WorkflowSnapshot forked = order("order-2").completeTask("reserve", ORDER);
        backend.createSnapshot(forked.forkInto(
                "join", Map.of("l", Branch.of("left"), "r", Branch.of("right", Payload.utf8("\"own\"")))));

        assertThat(guard.check(
                        List.of(ORDERS),
                        List.of(
                                handler("reserve", OrderV2.class),
                                handler("left", OrderV2.class),
                                handler("right", OrderV2.class))))
                .extracting(Finding::problem, Finding::taskId)
                .containsExactlyInAnyOrder(
                        tuple(Problem.UNREADABLE_INPUT, "reserve"),
                        tuple(Problem.UNREADABLE_INPUT, "left"),
                        tuple(Problem.UNREADABLE_INPUT, "right"));
        assertThat(guard.check(
                        List.of(ORDERS),
                        List.of(
                                handler("reserve", OrderV1.class),
                                handler("left", OrderV1.class),
                                handler("right", String.class))))
                .isEmpty();
    }

    @Test
    void R26_what_cannot_be_decoded_is_found_in_the_database() {
        try (Database database = PostgresServer.of(17).newDatabase()) {
            PostgresBackend stored =
                    PostgresBackend.builder(database.dataSource()).build();
            stored.createSnapshot(order("order-1"));
            JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
            jdbc.execute("ALTER TABLE sayiir.sayiir_workflow_history DISABLE TRIGGER USER");
            jdbc.update("UPDATE sayiir.sayiir_workflow_history SET data = 'garbage'");

            assertThat(WorkflowGuard.of(stored).check(List.of(ORDERS), List.of(handler("reserve", OrderV1.class))))
                    .extracting(Finding::problem, Finding::taskId, Finding::instances)
                    .containsExactly(tuple(Problem.UNREADABLE_SNAPSHOT, "reserve", 1L));
        }
    }
}
