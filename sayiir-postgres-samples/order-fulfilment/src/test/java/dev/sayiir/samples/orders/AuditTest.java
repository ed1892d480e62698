package dev.sayiir.samples.orders;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.persistence.memory.InMemoryBackend;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.core.io.ClassPathResource;
import tools.jackson.databind.json.JsonMapper;

/** The sample's verdict is worth something only if it can be a bad one. */
class AuditTest {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final int CRASH_AFTER = 30;

    private final InMemoryBackend backend = new InMemoryBackend();
    private final OrderCatalog catalog = new OrderCatalog(MAPPER, new ClassPathResource("orders.json"));
    private final Auditor auditor = new Auditor(catalog, backend, backend);
    private final List<Journal.Entry> journal = new ArrayList<>();
    private Map<String, WorkflowSummary> afterLife1 = Map.of();

    @BeforeEach
    void live_life_1() {
        try {
            live(1);
        } catch (Crash e) {
            afterLife1 = auditor.columns("run");
        }
    }

    @Test
    void a_good_run_has_no_problems() {
        live(2);

        Audit audit = audit();

        assertThat(audit.problems()).isEmpty();
        assertThat(audit.ranTwice()).containsExactly(audit.interrupted());
        assertThat(audit.interruptedOrder().ranTwice()).isEqualTo(1);
    }

    @Test
    void orders_that_are_not_finished_are_a_problem() {
        assertThat(audit().problems()).anyMatch(problem -> problem.contains("Order 4726 is InProgress"));
    }

    @Test
    void a_step_that_ran_although_it_had_a_checkpoint_is_a_problem() {
        live(2);
        journal.add(new Journal.Entry(2, journal.get(0).effect()));

        assertThat(audit().problems()).anyMatch(problem -> problem.contains("4 checkpoints when life 2 began"));
    }

    @Test
    void a_step_that_never_ran_is_a_problem() {
        live(2);
        journal.remove(0);

        assertThat(audit().problems()).anyMatch(problem -> problem.contains("65 steps should have run, but 64 did"));
    }

    private Audit audit() {
        return auditor.audit("run", afterLife1, journal);
    }

    private void live(int life) {
        Json json = new Json(MAPPER);
        OrderProcess process =
                new OrderProcess(backend, new FulfilmentSteps(json, effect -> record(life, effect)), json);
        catalog.orders().forEach(order -> process.accept(RunSettings.instanceId("run", order), order));
        catalog.orders().forEach(order -> process.fulfil(backend.loadSnapshot(RunSettings.instanceId("run", order))));
    }

    private void record(int life, Effect effect) {
        journal.add(new Journal.Entry(life, effect));
        if (journal.size() == CRASH_AFTER) {
            throw new Crash();
        }
    }

    private static final class Crash extends Error {
        private static final long serialVersionUID = 1L;
    }
}
