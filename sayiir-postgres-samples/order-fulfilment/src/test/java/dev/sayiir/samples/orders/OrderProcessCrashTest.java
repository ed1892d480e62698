package dev.sayiir.samples.orders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sayiir.persistence.StaleSnapshotException;
import dev.sayiir.postgres.PostgresBackend;
import dev.sayiir.workflow.TaskPriority;
import dev.sayiir.workflow.WorkflowSnapshot;
import dev.sayiir.workflow.WorkflowStatus;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.core.io.ClassPathResource;
import tools.jackson.databind.json.JsonMapper;

/** One order, and a process that dies at any place where it can. */
class OrderProcessCrashTest {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final List<Order> ORDERS = new OrderCatalog(MAPPER, new ClassPathResource("orders.json")).orders();
    private static final EmbeddedDatabase DATABASE = new EmbeddedDatabase(Path.of("target", "embedded-postgres"));
    private static PostgresBackend backend;

    private final List<Effect> effects = new ArrayList<>();

    @BeforeAll
    static void connect() {
        DATABASE.start();
        backend = PostgresBackend.connect(DATABASE.url(), EmbeddedDatabase.USERNAME, EmbeddedDatabase.PASSWORD);
    }

    @AfterAll
    static void stop() {
        backend.close();
        DATABASE.close();
    }

    @ParameterizedTest
    @EnumSource(Step.class)
    void a_crash_before_the_work_of_a_step_runs_nothing_twice(Step step) {
        String order = "before-" + step.taskId();

        dies(order, ((Consumer<Effect>) effect -> crashAt(step, effect)).andThen(effects::add));
        live(order);

        assertCompletedWithEachResultOnce(order);
        assertThat(effects).extracting(Effect::step).containsExactly(Step.values());
    }

    @ParameterizedTest
    @EnumSource(Step.class)
    void a_crash_between_the_work_of_a_step_and_its_checkpoint_runs_that_step_twice(Step step) {
        String order = "after-" + step.taskId();

        dies(order, ((Consumer<Effect>) effects::add).andThen(effect -> crashAt(step, effect)));
        live(order);

        assertCompletedWithEachResultOnce(order);
        assertThat(effects).hasSize(Step.values().length + 1);
        assertThat(effects).filteredOn(effect -> effect.step() == step).hasSize(2);
        assertThat(Set.copyOf(effects)).hasSize(Step.values().length);
    }

    @Test
    void a_crash_in_every_step_of_one_order_is_survived() {
        for (Step step : Step.values()) {
            dies("unlucky", ((Consumer<Effect>) effects::add).andThen(effect -> crashAt(step, effect)));
        }
        live("unlucky");

        assertCompletedWithEachResultOnce("unlucky");
        assertThat(effects).hasSize(2 * Step.values().length);
    }

    @Test
    void a_completed_order_is_left_alone() {
        live("done");
        WorkflowSnapshot completed = backend.loadSnapshot("done");
        effects.clear();

        live("done");

        assertThat(backend.loadSnapshot("done")).isEqualTo(completed);
        assertThat(effects).isEmpty();
    }

    @Test
    void what_was_accepted_is_fulfilled_whatever_the_file_says_later() {
        process(effects::add).accept("accepted", ORDERS.get(0));
        OrderProcess later = process(effects::add);
        later.fulfil(later.accept("accepted", ORDERS.get(1)));

        assertThat(effects.get(0).reference()).contains(ORDERS.get(0).id());
    }

    @Test
    void of_two_processes_that_drive_one_order_the_slower_one_is_refused() {
        OrderProcess slow = process(effect -> diesAfterOneStep("contended"));
        WorkflowSnapshot start = slow.accept("contended", ORDERS.get(0));

        assertThatThrownBy(() -> slow.fulfil(start)).isInstanceOf(StaleSnapshotException.class);
        assertThat(backend.loadSnapshot("contended").version()).isEqualTo(2);
    }

    @Test
    void every_order_of_the_file_is_fulfilled_with_its_priority() {
        for (Order order : ORDERS) {
            String instanceId = "file-" + order.id();
            OrderProcess process = process(effects::add);
            WorkflowSnapshot accepted = process.accept(instanceId, order);
            process.fulfil(accepted);

            assertCompletedWithEachResultOnce(instanceId);
            assertThat(accepted.taskPriority()).isEqualTo(order.express() ? TaskPriority.HIGH : TaskPriority.NORMAL);
            assertThat(new Json(MAPPER).read(accepted.initialInput().orElseThrow(), Order.class))
                    .isEqualTo(order);
        }
        assertThat(ORDERS).filteredOn(Order::express).hasSize(1);
    }

    private void dies(String instanceId, Consumer<Effect> outsideWorld) {
        OrderProcess process = process(outsideWorld);
        assertThatThrownBy(() -> process.fulfil(process.accept(instanceId, ORDERS.get(0))))
                .isInstanceOf(Crash.class);
    }

    private void diesAfterOneStep(String instanceId) {
        dies(instanceId, effect -> crashAt(Step.CHARGE, effect));
    }

    private void live(String instanceId) {
        OrderProcess process = process(effects::add);
        process.fulfil(process.accept(instanceId, ORDERS.get(0)));
    }

    private OrderProcess process(Consumer<Effect> outsideWorld) {
        Json json = new Json(MAPPER);
        return new OrderProcess(backend, new FulfilmentSteps(json, outsideWorld), json);
    }

    private static void assertCompletedWithEachResultOnce(String instanceId) {
        assertThat(backend.loadSnapshot(instanceId).status()).isEqualTo(WorkflowStatus.COMPLETED);
        assertThat(backend.listVersions(instanceId, 0, 100))
                .flatExtracting(checkpoint -> checkpoint.completedTaskIds())
                .containsExactlyElementsOf(
                        EnumSet.allOf(Step.class).stream().map(Step::taskId).toList());
        assertThat(backend.loadTaskResults(instanceId)).hasSize(Step.values().length);
    }

    private static void crashAt(Step step, Effect effect) {
        if (effect.step() == step) {
            throw new Crash();
        }
    }

    private static final class Crash extends Error {
        private static final long serialVersionUID = 1L;
    }
}
