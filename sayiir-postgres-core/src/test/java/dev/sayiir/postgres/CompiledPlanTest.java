package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sayiir.testing.Database;
import dev.sayiir.testing.Plans;
import dev.sayiir.testing.PostgresServer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * R24: no statement of the library is compiled before it runs, which takes a thousand times as long as to run it. The server
 * decides by what it thinks a plan costs; {@code DistributionServerTest} says so where there is none that compiles.
 */
class CompiledPlanTest {

    /** PostgreSQL's default of {@code jit_above_cost}. */
    private static final double COMPILED_ABOVE = 100_000;

    /** What a node is thought to cost that is forbidden and still needed; then compiling is forbidden as well. */
    private static final double FORBIDDEN = 1e10;

    private static final int INSTANCES = 20_000;

    /** So many of them are old enough to be deleted. */
    private static final int OLD = 200;

    private Database database;
    private JdbcTemplate jdbc;

    @BeforeEach
    void migrate() {
        assumeTrue(PostgresServer.hasDistribution(), "The distribution's PostgreSQL is not installed");
        database = PostgresServer.ofDistribution().orElseThrow().newDatabase();
        jdbc = new JdbcTemplate(database.dataSource());
        new SchemaMigrator(database.dataSource(), "sayiir").migrate();
    }

    @AfterEach
    void drop() {
        if (database != null) {
            database.close();
        }
    }

    @Test
    void R24_nothing_is_compiled_on_an_empty_store() {
        assertNothingIsCompiled();
    }

    @Test
    void R24_nothing_is_compiled_on_a_filled_store() {
        fill();
        jdbc.execute("VACUUM ANALYZE");
        assertNothingIsCompiled();
    }

    @Test
    void R24_nothing_is_compiled_on_a_filled_store_without_statistics() {
        fill();
        assertNothingIsCompiled();
    }

    private void assertNothingIsCompiled() {
        List<Plans.Plan> plans = new ArrayList<>();
        plans.addAll(plans(dataSource -> EveryOperation.of(backend(dataSource), "new-")));
        // Once more, with what the first round has left in caches and tables.
        plans.addAll(plans(dataSource -> EveryOperation.of(backend(dataSource), "more-")));
        plans.addAll(plans(dataSource -> {
            SchemaMigrator migrator = new SchemaMigrator(dataSource, "sayiir");
            migrator.migrate();
            migrator.validate();
        }));
        plans.addAll(plans(dataSource -> backend(dataSource)
                .retention()
                .keepFinished(Duration.ofDays(30))
                .keepVersions(Duration.ofDays(1))
                .keepEvents(Duration.ofDays(1))
                .build()
                .run()));

        assertThat(plans).hasSizeGreaterThan(100);
        assertThat(plans)
                .filteredOn(
                        plan -> plan.text().contains("JIT:") || plan.cost() > COMPILED_ABOVE && plan.cost() < FORBIDDEN)
                .extracting(Plans.Plan::text)
                .isEmpty();
    }

    private List<Plans.Plan> plans(Consumer<DataSource> work) {
        return Plans.ofEach(database.dataSource(), work);
    }

    private static PostgresBackend backend(DataSource dataSource) {
        return PostgresBackend.builder(dataSource).migration(MigrationMode.NONE).build();
    }

    private void fill() {
        jdbc.update("""
                INSERT INTO sayiir.sayiir_workflows
                    (instance_id, version, data_version, base_version, incarnation, created_at, updated_at,
                     completed_task_count, task_priority, status, definition_hash, task_tags, error)
                SELECT 'other-' || i, 3, 3, 1, i, now() - age, now() - age, 3, 3,
                       CASE i % 10 WHEN 0 THEN 'InProgress' WHEN 1 THEN 'Failed' ELSE 'Completed' END,
                       'd' || i % 500, '{gpu}', CASE i % 10 WHEN 1 THEN 'connection refused' END
                FROM generate_series(1, ?) AS i
                CROSS JOIN LATERAL (SELECT CASE WHEN i <= ? THEN interval '60 days' ELSE interval '1 hour' END AS age) AS a
                """, INSTANCES, OLD);
        jdbc.update("""
                INSERT INTO sayiir.sayiir_workflow_history
                    (instance_id, version, saved_at, baseline, status, completed_task_ids, outputs, data, write_id)
                SELECT 'other-' || i, v, now() - interval '1 day' * CASE WHEN i <= ? THEN 60 - v ELSE 0 END, v = 1, 'InProgress', ARRAY['task-' || v],
                       ARRAY['\\x00'::bytea], '\\x00', v
                FROM generate_series(1, ?) AS i, generate_series(1, 3) AS v
                """, OLD, INSTANCES);
        jdbc.update("""
                INSERT INTO sayiir.sayiir_task_claims
                    (instance_id, branch, task_id, status, ready_at, started_at, task_priority, definition_hash, task_tags,
                     last_failed_worker)
                SELECT 'other-' || i, '', 'task-5', 'active', now() - interval '1 hour', now(), 1 + i % 5, 'd' || i % 500,
                       '{gpu}', CASE WHEN i % 100 = 0 THEN 'worker' END
                FROM generate_series(1, ?) AS i
                WHERE i % 10 = 0
                """, INSTANCES);
        jdbc.update("""
                INSERT INTO sayiir.sayiir_workflow_tasks
                    (instance_id, task_id, status, completed_version, started_at, completed_at, attempts)
                SELECT 'other-' || i, 'task-' || v, 'completed', CASE WHEN v < 4 THEN v END, now(), now(), 1
                FROM generate_series(1, ?) AS i, generate_series(1, 5) AS v
                """, INSTANCES);
        jdbc.update("""
                INSERT INTO sayiir.sayiir_workflow_events (instance_id, created_at, kind)
                SELECT 'other-' || i, now() - interval '1 day' * CASE WHEN i <= ? THEN 60 ELSE 0 END, 'Resumed'
                FROM generate_series(1, ?) AS i
                """, OLD, INSTANCES);
    }
}
