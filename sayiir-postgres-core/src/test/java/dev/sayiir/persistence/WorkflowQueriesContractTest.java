package dev.sayiir.persistence;

import static dev.sayiir.persistence.Examples.THEN;
import static dev.sayiir.persistence.Examples.order;
import static dev.sayiir.persistence.Examples.orderCreatedAt;
import static dev.sayiir.persistence.Examples.output;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sayiir.workflow.ExecutionPosition;
import dev.sayiir.workflow.ExecutionPosition.AtDelay;
import dev.sayiir.workflow.ExecutionPosition.AtFork;
import dev.sayiir.workflow.ExecutionPosition.AtSignal;
import dev.sayiir.workflow.ExecutionPosition.AtTask;
import dev.sayiir.workflow.ExecutionPosition.InLoop;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowState;
import dev.sayiir.workflow.WorkflowStatus;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class WorkflowQueriesContractTest extends ContractTest {

    private static final Comparator<String> BY_UTF_8 =
            Comparator.comparing(id -> id.getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);

    @Test
    void R13_no_instances_are_an_empty_page() {
        assertThat(queries.findWorkflows(WorkflowQuery.all())).isEqualTo(new WorkflowPage(List.of(), Optional.empty()));
        assertThat(queries.findWorkflow("order-1")).isEmpty();
        assertThat(store.listSnapshots()).isEmpty();
    }

    @Test
    void R13_ids_are_listed_in_the_order_of_their_bytes() {
        List<String> ids = idsInEveryOrder();
        Collections.shuffle(ids, new Random(7));
        ids.forEach(id -> store.createSnapshot(order(id)));

        ids.sort(BY_UTF_8);
        assertThat(store.listSnapshots()).containsExactlyElementsOf(ids);
    }

    @Test
    void R13_instances_of_one_second_are_found_in_the_reverse_order_of_their_bytes() {
        List<String> ids = idsInEveryOrder();
        ids.forEach(id -> store.createSnapshot(orderCreatedAt(id, THEN)));

        ids.sort(BY_UTF_8.reversed());
        assertThat(idsOf(WorkflowQuery.all())).containsExactlyElementsOf(ids);
        assertThat(idsOf(WorkflowQuery.all().limit(2))).containsExactlyElementsOf(ids);
    }

    /** Every sort order but that of bytes puts some of these elsewhere. */
    private static List<String> idsInEveryOrder() {
        return new ArrayList<>(List.of(
                "a", "B", "b", "A", "a-b", "a b", "ab", "a_b", "é", "z", "10", "9", "-1", "\uffff", "😀", "ß", "ss"));
    }

    @Test
    void R13_the_newest_instances_are_found_first() {
        store.createSnapshot(orderCreatedAt("b", THEN));
        store.createSnapshot(orderCreatedAt("c", THEN.minusSeconds(1)));
        store.createSnapshot(orderCreatedAt("a", THEN.plusSeconds(1)));

        assertThat(idsOf(WorkflowQuery.all())).containsExactly("a", "b", "c");
    }

    @Test
    void R13_a_summary_says_what_the_columns_say() {
        store.createSnapshot(Examples.withEverything("order-1")
                .taskPriority(TaskPriority.HIGH)
                .build()
                .completeTask("reserve", output("shelf 7"))
                .moveTo(new AtTask("charge")));

        HistoryEntry saved = versionsOf("order-1").get(0);
        WorkflowSummary expected = new WorkflowSummary(
                "order-1",
                "fulfilment-v2",
                WorkflowStatus.IN_PROGRESS,
                Optional.of("AtTask"),
                Optional.of("charge"),
                1,
                Optional.empty(),
                TaskPriority.HIGH,
                List.of("gpu", "eu-west"),
                1,
                THEN,
                saved.savedAt(),
                Optional.empty());
        assertThat(queries.findWorkflow("order-1")).contains(expected);
        assertThat(queries.findWorkflows(WorkflowQuery.all()).workflows()).containsExactly(expected);
    }

    @ParameterizedTest
    @EnumSource(TaskPriority.class)
    void R13_a_summary_tells_the_priority(TaskPriority priority) {
        store.createSnapshot(order("order-1").toBuilder().taskPriority(priority).build());

        assertThat(queries.findWorkflow("order-1").orElseThrow().priority()).isEqualTo(priority);
    }

    @ParameterizedTest
    @MethodSource("dev.sayiir.persistence.Examples#states")
    void R13_a_summary_follows_the_state(WorkflowState state) {
        WorkflowSnapshot saved =
                store.saveSnapshot(order("order-1").toBuilder().state(state).build());

        WorkflowSummary summary = queries.findWorkflow("order-1").orElseThrow();
        assertThat(summary.status()).isEqualTo(state.status());
        assertThat(summary.positionKind())
                .isEqualTo(saved.position().map(position -> position.kind().text()));
        assertThat(summary.currentTaskId()).isEqualTo(saved.position().flatMap(ExecutionPosition::nodeId));
        assertThat(summary.completedTaskCount())
                .isEqualTo(state.completedTasks().size());
        assertThat(summary.error())
                .isEqualTo(
                        state instanceof WorkflowState.Failed failed ? Optional.of(failed.error()) : Optional.empty());
        assertThat(summary.completedAt().isPresent()).isEqualTo(state.status().isTerminal());
        assertThat(idsOf(WorkflowQuery.all().withStatus(state.status()))).containsExactly("order-1");
    }

    @Test
    void R13_instances_are_found_by_status() {
        createOneOfEachStatus();

        assertThat(idsOf(WorkflowQuery.all().withStatus(WorkflowStatus.IN_PROGRESS)))
                .containsExactly("running");
        assertThat(idsOf(WorkflowQuery.all().withStatus(WorkflowStatus.PAUSED))).containsExactly("paused");
        assertThat(idsOf(WorkflowQuery.all().withStatus(WorkflowStatus.COMPLETED)))
                .containsExactly("completed");
        assertThat(idsOf(WorkflowQuery.all().withStatus(WorkflowStatus.FAILED))).containsExactly("failed");
        assertThat(idsOf(WorkflowQuery.all().withStatus(WorkflowStatus.CANCELLED)))
                .containsExactly("cancelled");
    }

    @Test
    void R13_instances_are_counted_by_status() {
        assertThat(queries.countByStatus())
                .isEqualTo(Map.of(
                        WorkflowStatus.IN_PROGRESS, 0L,
                        WorkflowStatus.PAUSED, 0L,
                        WorkflowStatus.COMPLETED, 0L,
                        WorkflowStatus.FAILED, 0L,
                        WorkflowStatus.CANCELLED, 0L));

        createOneOfEachStatus();
        store.createSnapshot(order("order-1"));
        store.createSnapshot(order("order-2").fail("again"));
        store.saveSnapshot(store.loadSnapshot("running").complete(output("done")));
        store.deleteSnapshot("cancelled");

        assertThat(queries.countByStatus())
                .isEqualTo(Map.of(
                        WorkflowStatus.IN_PROGRESS, 1L,
                        WorkflowStatus.PAUSED, 1L,
                        WorkflowStatus.COMPLETED, 2L,
                        WorkflowStatus.FAILED, 2L,
                        WorkflowStatus.CANCELLED, 0L));
    }

    private void createOneOfEachStatus() {
        store.createSnapshot(order("running"));
        store.createSnapshot(order("paused").pause(Optional.empty(), Optional.empty(), THEN));
        store.createSnapshot(order("completed").complete(output("done")));
        store.createSnapshot(order("failed").fail("card declined"));
        store.createSnapshot(
                order("cancelled").cancel(Optional.of("card declined"), Optional.empty(), THEN, Optional.empty()));
    }

    @Test
    void R13_instances_are_found_by_definition() {
        store.createSnapshot(order("order-1"));
        store.createSnapshot(WorkflowSnapshot.start("refund-1", "refund-v1", output("tea")));

        assertThat(idsOf(WorkflowQuery.all().ofDefinition("refund-v1"))).containsExactly("refund-1");
        assertThat(idsOf(WorkflowQuery.all().ofDefinition("refund"))).isEmpty();
        assertThat(idsOf(WorkflowQuery.all().ofDefinition("REFUND-V1"))).isEmpty();
    }

    @ParameterizedTest
    @MethodSource("openPositions")
    void R13_instances_are_found_by_their_open_task(ExecutionPosition position, String taskId) {
        store.createSnapshot(order("here").moveTo(position));
        store.createSnapshot(order("paused-here").moveTo(position).pause(Optional.empty(), Optional.empty(), THEN));
        store.createSnapshot(order("elsewhere").moveTo(new AtTask("elsewhere")));
        store.createSnapshot(order("finished").moveTo(position).complete(output("done")));
        store.createSnapshot(
                order("cancelled").moveTo(position).cancel(Optional.empty(), Optional.empty(), THEN, Optional.empty()));
        WorkflowSnapshot moved = store.createSnapshot(order("moved-on").moveTo(position));
        store.saveSnapshot(moved.moveTo(new AtTask("elsewhere")));

        assertThat(idsOf(WorkflowQuery.all().atTask(taskId))).containsExactlyInAnyOrder("here", "paused-here");
        assertThat(idsOf(WorkflowQuery.all().atTask(taskId).withStatus(WorkflowStatus.PAUSED)))
                .containsExactly("paused-here");
    }

    static Stream<Object[]> openPositions() {
        return Stream.of(
                new Object[] {new AtTask("charge"), "charge"},
                new Object[] {new ExecutionPosition.AtFork("a||b", Map.of(), THEN), "a||b"},
                new Object[] {new ExecutionPosition.AtJoin("join", Map.of()), "join"},
                new Object[] {new AtDelay("cool-off", THEN, THEN, Optional.of("charge")), "cool-off"},
                new Object[] {new AtSignal("await", "paid", Optional.empty(), Optional.of("charge")), "await"},
                new Object[] {new InLoop("poll", 2, Optional.of("charge")), "poll"});
    }

    @Test
    void R13_a_task_that_is_done_is_not_open_although_the_instance_has_not_moved_on() {
        WorkflowSnapshot order = store.createSnapshot(order("order-1"));
        store.saveSnapshot(order.completeTask("reserve", output("shelf 7")));

        assertThat(idsOf(WorkflowQuery.all().atTask("reserve"))).isEmpty();
        assertThat(queries.findWorkflow("order-1").orElseThrow().currentTaskId())
                .contains("reserve");
    }

    @Test
    void R13_failed_instances_are_found_by_what_their_error_says() {
        store.createSnapshot(order("order-1").fail("Card DECLINED by issuer"));
        store.createSnapshot(order("order-2").fail("100% of a_b \\ are 'gone'"));
        store.createSnapshot(
                order("order-3").cancel(Optional.of("declined"), Optional.empty(), THEN, Optional.empty()));
        store.createSnapshot(order("declined"));

        assertThat(idsOf(WorkflowQuery.all().withErrorContaining("declined"))).containsExactly("order-1");
        assertThat(idsOf(WorkflowQuery.all().withErrorContaining("cARD d"))).containsExactly("order-1");
        assertThat(idsOf(WorkflowQuery.all().withErrorContaining("0% of"))).containsExactly("order-2");
        assertThat(idsOf(WorkflowQuery.all().withErrorContaining("a_b \\ are 'g")))
                .containsExactly("order-2");
        assertThat(idsOf(WorkflowQuery.all().withErrorContaining("C%D"))).isEmpty();
        assertThat(idsOf(WorkflowQuery.all().withErrorContaining("b_ issuer"))).isEmpty();
        assertThat(idsOf(WorkflowQuery.all().withErrorContaining("^Card.*"))).isEmpty();
        assertThat(idsOf(WorkflowQuery.all().withErrorContaining("\\"))).containsExactly("order-2");
        assertThat(idsOf(WorkflowQuery.all().withErrorContaining(""))).containsExactlyInAnyOrder("order-1", "order-2");
    }

    @Test
    void R13_instances_are_found_by_when_they_were_created() {
        for (int second = 0; second < 5; second++) {
            store.createSnapshot(orderCreatedAt("at-" + second, THEN.plusSeconds(second)));
        }

        assertThat(idsOf(WorkflowQuery.all().createdFrom(THEN.plusSeconds(3)))).containsExactly("at-4", "at-3");
        assertThat(idsOf(WorkflowQuery.all().createdBefore(THEN.plusSeconds(2))))
                .containsExactly("at-1", "at-0");
        assertThat(idsOf(WorkflowQuery.all().createdFrom(THEN.plusSeconds(1)).createdBefore(THEN.plusSeconds(3))))
                .containsExactly("at-2", "at-1");
        assertThat(idsOf(WorkflowQuery.all().createdFrom(THEN.plusMillis(2_500))))
                .containsExactly("at-4", "at-3");
        assertThat(idsOf(WorkflowQuery.all().createdFrom(Instant.EPOCH))).hasSize(5);
        assertThat(idsOf(WorkflowQuery.all().createdFrom(THEN).createdBefore(THEN)))
                .isEmpty();
    }

    @Test
    void R13_all_conditions_have_to_hold() {
        store.createSnapshot(orderCreatedAt("order-1", THEN).fail("declined"));
        store.createSnapshot(orderCreatedAt("order-2", THEN).fail("lost"));
        store.createSnapshot(orderCreatedAt("order-3", THEN.plusSeconds(9)).fail("declined"));
        store.createSnapshot(WorkflowSnapshot.builder("refund-1", "refund-v1")
                .createdAt(THEN)
                .build()
                .fail("declined"));
        WorkflowQuery query = WorkflowQuery.all()
                .withStatus(WorkflowStatus.FAILED)
                .ofDefinition("fulfilment-v1")
                .withErrorContaining("declined")
                .createdFrom(THEN)
                .createdBefore(THEN.plusSeconds(1));

        assertThat(idsOf(query)).containsExactly("order-1");
        assertThat(idsOf(query.atTask("reserve"))).isEmpty();
        assertThat(idsOf(query.withStatus(WorkflowStatus.IN_PROGRESS))).isEmpty();
    }

    @Test
    void R13_a_page_holds_no_more_than_its_limit_and_says_whether_there_are_more() {
        IntStream.range(0, 4).forEach(i -> store.createSnapshot(orderCreatedAt("order-" + i, THEN)));

        WorkflowPage all = queries.findWorkflows(WorkflowQuery.all().limit(4));
        assertThat(all.workflows()).hasSize(4);
        assertThat(all.next()).isEmpty();
        WorkflowPage some = queries.findWorkflows(WorkflowQuery.all().limit(3));
        assertThat(some.workflows()).hasSize(3);
        assertThat(some.next()).contains(new WorkflowQuery.Cursor(THEN, "order-1"));
    }

    @Test
    void R13_paging_finds_every_instance_once_while_others_come_and_go() {
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            expected.add(0, "order-" + i);
            store.createSnapshot(orderCreatedAt("order-" + i, THEN.plusSeconds(i / 7)));
        }
        expected.sort(Comparator.<String>comparingInt(id -> Integer.parseInt(id.substring(6)) / 7)
                .thenComparing(Comparator.naturalOrder())
                .reversed());

        List<String> found = new ArrayList<>();
        WorkflowQuery query = WorkflowQuery.all().limit(3);
        WorkflowPage page = queries.findWorkflows(query);
        for (int round = 0; ; round++) {
            page.workflows().forEach(workflow -> found.add(workflow.instanceId()));
            store.createSnapshot(orderCreatedAt("newer-" + round, THEN.plusSeconds(100 + round)));
            store.deleteSnapshot(found.get(found.size() - 1));
            if (page.next().isEmpty()) {
                break;
            }
            page = queries.findWorkflows(query.after(page.next().get()));
        }

        assertThat(found).containsExactlyElementsOf(expected);
    }

    @Test
    void R13_paging_keeps_to_the_conditions() {
        for (int i = 0; i < 20; i++) {
            WorkflowSnapshot order = orderCreatedAt("order-" + i, THEN.plusSeconds(i));
            store.createSnapshot(i % 2 == 0 ? order : order.fail("odd"));
        }

        assertThat(idsOf(WorkflowQuery.all().withStatus(WorkflowStatus.FAILED).limit(3)))
                .hasSize(10)
                .startsWith("order-19", "order-17")
                .doesNotHaveDuplicates();
        assertThat(idsOf(WorkflowQuery.all().atTask("reserve").limit(3)))
                .hasSize(10)
                .startsWith("order-18", "order-16")
                .doesNotHaveDuplicates();
    }

    @Test
    void R13_bounds_may_lie_outside_all_time_and_between_microseconds() {
        store.createSnapshot(orderCreatedAt("order-1", THEN));

        assertThat(idsOf(WorkflowQuery.all().createdFrom(Instant.MIN).createdBefore(Instant.MAX)))
                .containsExactly("order-1");
        assertThat(idsOf(WorkflowQuery.all().createdFrom(Instant.MAX))).isEmpty();
        assertThat(idsOf(WorkflowQuery.all().createdFrom(THEN.plusNanos(1)))).isEmpty();
        assertThat(idsOf(WorkflowQuery.all().createdBefore(THEN.plusNanos(1)))).containsExactly("order-1");
        assertThat(history.loadAsOf("order-1", Instant.MAX).version()).isOne();
        Instant saved = versionsOf("order-1").get(0).savedAt();
        assertThat(history.loadAsOf("order-1", saved).version()).isOne();
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> history.loadAsOf("order-1", saved.minusNanos(1)));
        assertThatExceptionOfType(SnapshotNotFoundException.class)
                .isThrownBy(() -> history.loadAsOf("order-1", Instant.MIN));
    }

    @Test
    void R13_who_is_at_a_fork_is_found_by_its_long_id_too() {
        String fork = "branch||".repeat(120);
        store.createSnapshot(order("order-1").moveTo(new AtFork(fork, Map.of(), THEN)));

        assertThat(idsOf(WorkflowQuery.all().atTask(fork))).containsExactly("order-1");
    }
}
