package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sayiir.persistence.FailureGroup;
import dev.sayiir.persistence.WorkflowPage;
import dev.sayiir.persistence.WorkflowQueries;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.persistence.WorkflowQuery.Cursor;
import dev.sayiir.persistence.WorkflowSummary;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.Plans;
import dev.sayiir.testing.PostgresServer;
import dev.sayiir.workflow.WorkflowStatus;
import java.time.Duration;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/** A page of instances costs what is on it, among a million and whatever the server knows of them: counted in pages. */
@Tag("slow")
class QueryCostTest {

    private static final int INSTANCES = 1_000_000;
    private static final int LATE = 5_000;
    private static final int LIMIT = 20;

    /** For each instance an index entry, its row, and a way down one index more. */
    private static final int PER_INSTANCE = 10;

    private static final long PAGE = 100 + (LIMIT + 1) * PER_INSTANCE;

    /** What is looked up one by one: so many have ids that begin with {@code order-9999}. */
    private static final int WITH_PREFIX = 111;

    private static final long FEW = 100 + WITH_PREFIX * PER_INSTANCE;
    private static final long GROUPS = WorkflowQueries.FAILURES_GROUPED + 2_000;

    /** PostgreSQL's default of {@code jit_above_cost}. */
    private static final double COMPILED_ABOVE = 100_000;

    private static final Instant CREATED = Instant.parse("2026-01-01T00:00:00Z");
    private static final Pattern TOP_BUFFERS = Pattern.compile("Buffers: shared (?:hit=(\\d+))?(?: ?read=(\\d+))?");
    private static final Pattern TOP_COST = Pattern.compile("\\(cost=[0-9.]+\\.\\.([0-9.]+) rows=");

    private static Database database;
    private static JdbcTemplate jdbc;
    private static Instant now;

    @BeforeAll
    static void fill() {
        database = PostgresServer.of(17).newDatabase();
        jdbc = new JdbcTemplate(database.dataSource());
        new SchemaMigrator(database.dataSource(), "sayiir").migrate();
        for (String table : List.of("sayiir_workflows", "sayiir_task_claims")) {
            jdbc.execute("ALTER TABLE sayiir." + table + " SET (autovacuum_enabled = off)");
        }
        jdbc.execute("ALTER TABLE sayiir.sayiir_workflows DISABLE TRIGGER USER");
        now = jdbc.queryForObject("SELECT now()", OffsetDateTime.class).toInstant();
        // What the statistics will be from: a time when nothing had failed, nobody waited, and nothing was late.
        insert(-1_000, -1, "'InProgress'");
        jdbc.execute("ANALYZE");
        insert(
                0,
                INSTANCES - 1,
                "CASE WHEN i >= " + (INSTANCES - LATE)
                        + " THEN 'InProgress' WHEN i % 10 = 0 AND i % 7 > 0 THEN 'Failed' WHEN i % 10 IN (1, 2) THEN 'Completed'"
                        + " ELSE 'InProgress' END");
        jdbc.update("""
                INSERT INTO sayiir.sayiir_task_claims
                    (instance_id, branch, task_id, status, started_at, task_priority, definition_hash, task_tags,
                     awaited_event, instance_created_at, ready_at, claim_token, claimed_at, expires_at, worker_id)
                SELECT w.instance_id, '', 't', CASE WHEN p.late OR p.held THEN 'active' ELSE 'waiting' END, w.created_at, 3,
                       w.definition_hash, '{}',
                       CASE WHEN p.late OR p.held THEN NULL WHEN w.incarnation % 200000 = 5 THEN 'rare' ELSE 'approval' END,
                       CASE WHEN p.late OR p.held THEN NULL ELSE w.created_at END,
                       CASE WHEN p.late THEN ?::timestamptz - interval '1 hour' WHEN p.held THEN ?::timestamptz + interval '1 hour' END,
                       CASE WHEN p.held THEN 1 END, CASE WHEN p.held THEN ?::timestamptz - interval '3 days' END,
                       CASE WHEN p.held THEN ?::timestamptz + interval '1 hour' END, CASE WHEN p.held THEN 'w' END
                FROM sayiir.sayiir_workflows AS w
                CROSS JOIN LATERAL (SELECT w.incarnation >= ? AS late, w.incarnation IN (3, 500003) AS held) AS p
                WHERE w.status = 'InProgress' AND w.incarnation >= 0
                """, at(now), at(now), at(now), at(now), INSTANCES - LATE);
        jdbc.execute("ALTER TABLE sayiir.sayiir_workflows ENABLE TRIGGER USER");
        // So that it is not the test that is the first to read each row.
        jdbc.execute("VACUUM sayiir.sayiir_workflows");
        jdbc.execute("VACUUM sayiir.sayiir_task_claims");
    }

    private static OffsetDateTime at(Instant time) {
        return time.atOffset(ZoneOffset.UTC);
    }

    /** Those that are late have been updated an hour ago, the others ten days ago. One workflow is healthy. */
    private static void insert(int first, int last, String status) {
        jdbc.update("""
                INSERT INTO sayiir.sayiir_workflows
                    (instance_id, version, data_version, base_version, incarnation, created_at, updated_at,
                     completed_task_count, task_priority, status, definition_hash, task_tags, error)
                SELECT 'order-' || i, 3, 3, 1, i, ?::timestamptz + i * interval '1 second',
                       ?::timestamptz - CASE WHEN i >= ? THEN interval '1 hour' ELSE interval '10 days' END,
                       3, 3, s.status, CASE WHEN s.status <> 'Failed' AND i %% 3 = 0 THEN 'healthy' ELSE 'd' || i %% 4 END, '{}',
                       CASE WHEN s.status = 'Failed' THEN CASE WHEN i %% 200000 = 10 THEN 'rare kind of ' ELSE 'connection to ' END
                            || 'host ' || i || ' refused' END
                FROM generate_series(?, ?) AS i
                CROSS JOIN LATERAL (SELECT %s AS status) AS s
                """.formatted(status), at(CREATED), at(now), INSTANCES - LATE, first, last);
    }

    @AfterAll
    static void drop() {
        database.close();
    }

    @Test
    void R25_a_page_costs_what_is_on_it_whatever_statistics_there_are() {
        SoftAssertions all = new SoftAssertions();
        assertCosts("stale statistics", all);

        jdbc.update("DELETE FROM pg_statistic");
        jdbc.update("UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE relname LIKE 'sayiir%'");
        assertCosts("no statistics", all);

        jdbc.execute("ANALYZE");
        assertCosts("fresh statistics", all);
        all.assertAll();
    }

    private void assertCosts(String when, SoftAssertions all) {
        Cursor middle = new Cursor(CREATED.plusSeconds(INSTANCES / 2), "order-" + INSTANCES / 2);
        WorkflowQuery any = WorkflowQuery.all().limit(LIMIT);

        Costs costs = new Costs(when, all);
        costs.ofPage("a status", any.withStatus(WorkflowStatus.FAILED), LIMIT, PAGE);
        costs.ofPage("a status that nobody has", any.withStatus(WorkflowStatus.PAUSED), 0, PAGE);
        costs.ofPage("two statuses", any.withStatus(WorkflowStatus.FAILED, WorkflowStatus.COMPLETED), LIMIT, PAGE * 2);
        costs.ofPage(
                "two statuses, from the middle",
                any.withStatus(WorkflowStatus.FAILED, WorkflowStatus.COMPLETED).after(middle),
                LIMIT,
                PAGE * 2);
        costs.ofPage("one of two", any.withStatus(WorkflowStatus.FAILED, WorkflowStatus.PAUSED), LIMIT, PAGE * 2);
        costs.ofPage("no status", any.withStatus(WorkflowStatus.PAUSED, WorkflowStatus.CANCELLED), 0, PAGE);

        costs.ofPage("a prefix that few have", any.withIdPrefix("order-9999"), LIMIT, FEW);
        costs.ofPage("and a status", any.withIdPrefix("order-9999").withStatus(WorkflowStatus.PAUSED), 0, FEW);
        costs.ofPage("a prefix that nobody has", any.withIdPrefix("nobody"), 0, PAGE);
        // To find out that they are many takes as many entries of an index.
        costs.ofPage("a prefix that all have", any.withIdPrefix("order-"), LIMIT, PAGE + QueryRepository.FEW);
        costs.ofPage("from the middle", any.withIdPrefix("order-").after(middle), LIMIT, PAGE + QueryRepository.FEW);
        costs.ofPage(
                "of one status",
                any.withIdPrefix("order-").withStatus(WorkflowStatus.FAILED),
                LIMIT,
                PAGE + QueryRepository.FEW);

        costs.ofPage("an event that most wait for", any.waitingFor("approval"), LIMIT, PAGE);
        costs.ofPage("from the middle", any.waitingFor("approval").after(middle), LIMIT, PAGE);
        costs.ofPage(
                "created in the middle", any.waitingFor("approval").createdBefore(middle.createdAt()), LIMIT, PAGE);
        costs.ofPage("an event that few wait for", any.waitingFor("rare"), 5, PAGE);
        costs.ofPage("an event that nobody waits for", any.waitingFor("nothing"), 0, PAGE);

        costs.ofPage("nothing is stuck", any.stuckSince(now.minus(Duration.ofDays(30))), 0, PAGE);
        costs.ofPage("little is stuck", any.stuckSince(now.minus(Duration.ofDays(2))), 2, PAGE);
        costs.ofPage(
                "a backlog is stuck",
                any.stuckSince(now.minusSeconds(60)),
                LIMIT,
                PAGE + (long) QueryRepository.FEW * 2);

        costs.ofPage("a kind of failure", any.withFailure("connection to host # refused"), LIMIT, PAGE);
        costs.ofPage(
                "from the middle",
                any.withFailure("connection to host # refused").after(middle),
                LIMIT,
                PAGE);
        costs.ofPage("a rare kind of failure", any.withFailure("rare kind of host # refused"), 5, PAGE);
        costs.ofPage(
                "which nobody has had since",
                any.withFailure("rare kind of host # refused").updatedFrom(now),
                0,
                PAGE);
        costs.ofPage("an unknown kind of failure", any.withFailure("nothing"), 0, PAGE);
        costs.ofPage(
                "failures of a workflow", any.withStatus(WorkflowStatus.FAILED).ofDefinition("d2"), LIMIT, PAGE);
        costs.ofPage(
                "failures of a healthy one",
                any.withStatus(WorkflowStatus.FAILED).ofDefinition("healthy"),
                0,
                PAGE);

        costs.ofGroups("all failures", Optional.empty(), 2, GROUPS);
        costs.ofGroups("those of a workflow", Optional.of("d2"), 2, GROUPS);
        costs.ofGroups("those of a healthy one", Optional.of("healthy"), 0, PAGE);
    }

    private record Costs(String when, SoftAssertions all) {

        void ofPage(String what, WorkflowQuery query, int found, long most) {
            check(what, most, backend -> {
                WorkflowPage page = backend.findWorkflows(query);
                all.assertThat(page.workflows()).as("%s, with %s", what, when).hasSize(found);
                all.assertThat(page.workflows())
                        .extracting(WorkflowSummary::createdAt)
                        .isSortedAccordingTo((a, b) -> b.compareTo(a));
            });
        }

        void ofGroups(String what, Optional<String> workflow, int found, long most) {
            check(what, most, backend -> {
                List<FailureGroup> groups = backend.failuresByFingerprint(workflow, LIMIT);
                all.assertThat(groups).as("%s, with %s", what, when).hasSizeBetween(Math.min(1, found), found);
                all.assertThat(groups.stream().mapToLong(FailureGroup::count).sum())
                        .as("%s, with %s", what, when)
                        .isEqualTo(found == 0 ? 0 : WorkflowQueries.FAILURES_GROUPED);
            });
        }

        private void check(String what, long most, Consumer<PostgresBackend> work) {
            List<String> plans = Plans.withBuffers(
                    database.dataSource(),
                    observed -> work.accept(PostgresBackend.builder(observed)
                            .migration(MigrationMode.NONE)
                            .build()));
            long pages = plans.stream().mapToLong(QueryCostTest::pages).sum();
            all.assertThat(pages)
                    .as("%s, with %s: pages of%n%s", what, when, String.join("\n", plans))
                    .isLessThanOrEqualTo(most);
            all.assertThat(plans)
                    .as("%s, with %s: cost", what, when)
                    .allSatisfy(plan -> assertThat(cost(plan)).as(plan).isLessThan(COMPILED_ABOVE));
        }
    }

    /** Those of the topmost node, which has those of all below it. */
    private static long pages(String plan) {
        MatchResult buffers = TOP_BUFFERS.matcher(plan).results().findFirst().orElseThrow();
        return number(buffers.group(1)) + number(buffers.group(2));
    }

    private static long number(String group) {
        return group == null ? 0 : Long.parseLong(group);
    }

    private static double cost(String plan) {
        Matcher top = TOP_COST.matcher(plan);
        assertThat(top.find()).as(plan).isTrue();
        return Double.parseDouble(top.group(1));
    }
}
