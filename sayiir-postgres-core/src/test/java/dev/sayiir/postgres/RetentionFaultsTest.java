package dev.sayiir.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sayiir.persistence.PurgedKind;
import dev.sayiir.persistence.StoreObserver;
import dev.sayiir.postgres.Retention.Purged;
import dev.sayiir.testing.CountedStatements;
import dev.sayiir.testing.Database;
import dev.sayiir.testing.LogLines;
import dev.sayiir.testing.PostgresServer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.springframework.dao.DataAccessException;
import org.springframework.jdbc.core.JdbcTemplate;
import org.springframework.jdbc.datasource.DataSourceTransactionManager;
import org.springframework.jdbc.datasource.SingleConnectionDataSource;
import org.springframework.transaction.support.TransactionTemplate;

/** What keeps retention from deleting one thing never keeps it from the rest. */
@Tag("slow")
class RetentionFaultsTest {

    private static final Duration WEEK = Duration.ofDays(7);

    private final Database database = PostgresServer.of(17).newDatabase();
    private final JdbcTemplate jdbc = new JdbcTemplate(database.dataSource());
    private final TransactionTemplate transaction =
            new TransactionTemplate(new DataSourceTransactionManager(database.dataSource()));
    private final LogLines log = LogLines.of("dev.sayiir");

    @BeforeEach
    void migrate() {
        new SchemaMigrator(database.dataSource(), "sayiir").migrate();
        jdbc.execute("CREATE TABLE public.invoices (instance_id text COLLATE \"C\" NOT NULL"
                + " REFERENCES sayiir.sayiir_workflows (instance_id) DEFERRABLE)");
    }

    @AfterEach
    void drop() {
        log.close();
        database.close();
    }

    @Test
    void R27_an_instance_to_which_a_table_of_the_application_refers_keeps_nothing_behind_it() {
        finished(1, 3_000, 2);
        jdbc.update("INSERT INTO public.invoices VALUES ('i-0000500'), ('i-0000501'), ('i-0002999')");

        assertThat(retention().build().run()).isEqualTo(new Purged(2_997, 0, 0, 3));
        assertThat(ids()).containsExactly("i-0000500", "i-0000501", "i-0002999");
        assertThat(warnings())
                .singleElement()
                .asString()
                .contains("3 ", "'i-0000500'", "invoices_instance_id_fkey", "23503");

        jdbc.update("DELETE FROM public.invoices WHERE instance_id = 'i-0000501'");
        assertThat(retention().build().run()).isEqualTo(new Purged(1, 0, 0, 2));
    }

    @Test
    void R27_an_observer_is_told_what_was_passed_over() {
        finished(1, 20, 2);
        jdbc.update("INSERT INTO public.invoices VALUES ('i-0000005'), ('i-0000006')");
        Map<PurgedKind, Long> told = new EnumMap<>(PurgedKind.class);

        retention()
                .observer(new StoreObserver() {
                    @Override
                    public void passedOver(PurgedKind kind, long rows) {
                        told.merge(kind, rows, Long::sum);
                    }
                })
                .build()
                .run();

        assertThat(told).isEqualTo(Map.of(PurgedKind.INSTANCES, 2L));
    }

    @Test
    void R27_a_block_of_instances_that_cannot_be_deleted_starves_nothing_in_any_run() {
        finished(1, 300, 2);
        jdbc.update("INSERT INTO public.invoices SELECT instance_id FROM sayiir.sayiir_workflows");
        finished(301, 400, 2);

        assertThat(retention().batchSize(10).build().run()).isEqualTo(new Purged(100, 0, 0, 300));
        finished(401, 450, 2);
        assertThat(retention().batchSize(10).build().run()).isEqualTo(new Purged(50, 0, 0, 300));
        assertThat(ids()).hasSize(300);
    }

    @Test
    void R27_what_only_fails_at_the_commit_is_passed_over_as_well() {
        finished(1, 20, 2);
        jdbc.execute("ALTER TABLE public.invoices ALTER CONSTRAINT invoices_instance_id_fkey INITIALLY DEFERRED");
        jdbc.update("INSERT INTO public.invoices VALUES ('i-0000007')");

        assertThat(retention().build().run()).isEqualTo(new Purged(19, 0, 0, 1));
    }

    @Test
    void R27_what_a_trigger_of_the_application_refuses_is_passed_over_and_its_text_is_not_logged() {
        finished(1, 20, 2);
        jdbc.execute("""
                CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    IF OLD.instance_id = 'i-0000007' THEN
                        RAISE EXCEPTION 'audited' USING DETAIL = '4929-1234-5678-9012';
                    END IF;
                    RETURN OLD;
                END $$;
                CREATE TRIGGER refuse BEFORE DELETE ON sayiir.sayiir_workflows
                    FOR EACH ROW EXECUTE FUNCTION public.refuse()
                """);

        assertThat(retention().build().run()).isEqualTo(new Purged(19, 0, 0, 1));
        assertThat(warnings()).singleElement().asString().contains("audited").doesNotContain("4929");
    }

    @Test
    void R27_rows_of_an_instance_that_somebody_has_locked_keep_only_that_one() {
        finished(1, 20, 2);
        jdbc.update("INSERT INTO public.invoices VALUES ('i-0000007')");
        jdbc.execute("ALTER TABLE public.invoices DROP CONSTRAINT invoices_instance_id_fkey,"
                + " ADD FOREIGN KEY (instance_id) REFERENCES sayiir.sayiir_workflows (instance_id) ON DELETE CASCADE");

        AtomicReference<Purged> meanwhile = new AtomicReference<>();
        transaction.executeWithoutResult(status -> {
            jdbc.queryForList(
                    "SELECT task_id FROM sayiir.sayiir_workflow_tasks" + " WHERE instance_id = 'i-0000003' FOR UPDATE");
            jdbc.queryForList("SELECT instance_id FROM public.invoices FOR UPDATE");
            meanwhile.set(retention().build().run());
        });

        assertThat(meanwhile.get()).isEqualTo(new Purged(18, 0, 0, 2));
        assertThat(ids()).containsExactly("i-0000003", "i-0000007");
        assertThat(retention().build().run()).isEqualTo(new Purged(2, 0, 0, 0));
        assertThat(count("public.invoices")).isZero();
    }

    @Test
    void R27_versions_and_events_that_cannot_be_deleted_keep_only_themselves() {
        unfinished(10, 5);
        jdbc.execute("CREATE TABLE public.audited (instance_id text COLLATE \"C\", version bigint,"
                + " FOREIGN KEY (instance_id, version) REFERENCES sayiir.sayiir_workflow_history);"
                + "CREATE TABLE public.seen (instance_id text COLLATE \"C\", id bigint,"
                + " FOREIGN KEY (instance_id, id) REFERENCES sayiir.sayiir_workflow_events)");
        jdbc.update("INSERT INTO public.audited VALUES ('u-3', 2)");
        jdbc.update("INSERT INTO public.seen SELECT instance_id, id FROM sayiir.sayiir_workflow_events"
                + " WHERE instance_id = 'u-4'");

        Purged purged = Retention.builder(database.dataSource())
                .keepVersions(WEEK)
                .keepEvents(WEEK)
                .build()
                .run();

        // Of each instance all but the last checkpoint, which has the control state, and the first, which has the
        // input.
        assertThat(purged).isEqualTo(new Purged(0, 9 * 3, 9, 2));
        assertThat(count("sayiir.sayiir_workflow_history WHERE instance_id = 'u-3'"))
                .isEqualTo(5);
        assertThat(warnings()).hasSize(2);
        assertThat(warnings().get(0)).contains("'u-3'");
        assertThat(warnings().get(1)).contains("'u-4'");
    }

    @Test
    void R27_a_kind_that_fails_as_a_whole_does_not_keep_the_others() {
        finished(1, 20, 2);
        unfinished(10, 5);
        jdbc.execute("ALTER TABLE sayiir.sayiir_workflow_history RENAME COLUMN baseline TO renamed");

        Map<PurgedKind, Long> told = new EnumMap<>(PurgedKind.class);
        Retention all = Retention.builder(database.dataSource())
                .keepFinished(WEEK)
                .keepVersions(WEEK)
                .keepEvents(WEEK)
                .observer(observer(told))
                .build();

        assertThatExceptionOfType(DataAccessException.class).isThrownBy(all::run);
        assertThat(told).isEqualTo(Map.of(PurgedKind.INSTANCES, 20L, PurgedKind.EVENTS, 10L));
        assertThat(warnings()).isEmpty();
    }

    @Test
    void R25_a_transaction_deletes_a_bounded_number_of_rows_or_a_single_instance() {
        finished(1, 40, 10);
        finished(41, 43, 500);
        finished(44, 60, 10);
        jdbc.execute("CREATE TABLE public.deleted (transaction bigint, instance_id text)");
        for (String table : List.of("workflows", "workflow_tasks", "workflow_history", "workflow_events")) {
            jdbc.execute("""
                    CREATE OR REPLACE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$
                    BEGIN
                        INSERT INTO public.deleted VALUES (txid_current(), OLD.instance_id);
                        RETURN OLD;
                    END $$;
                    CREATE TRIGGER note BEFORE DELETE ON sayiir.sayiir_%s
                        FOR EACH ROW EXECUTE FUNCTION public.note()
                    """.formatted(table));
        }

        assertThat(retention().batchSize(100).build().run()).isEqualTo(new Purged(60, 0, 0, 0));

        List<Map<String, Object>> transactions = jdbc.queryForList(
                "SELECT count(*) AS rows,"
                        + " count(DISTINCT instance_id) AS instances FROM public.deleted GROUP BY transaction ORDER BY transaction");
        assertThat(transactions)
                .allSatisfy(each -> assertThat((long) each.get("rows") <= 100 || (long) each.get("instances") == 1)
                        .as(each.toString())
                        .isTrue());
        // 1 + 10 checkpoints + 1 task + 1 event each: seven to a transaction, and three alone.
        assertThat(transactions).hasSize(6 + 3 + 3);
    }

    @Test
    void R25_what_a_run_costs_grows_with_what_it_deletes_and_passes_over() {
        long small = statementsFor(100);
        long large = statementsFor(1_000);
        assertThat(large).as("statements for ten times as much as %s", small).isLessThan(11 * small);

        long smallPages = pagesFor(200);
        long largePages = pagesFor(2_000);
        System.out.println("Retention: " + small + " and " + large + " statements, " + smallPages + " and " + largePages
                + " pages");
        assertThat(largePages)
                .as("pages for ten times as much as %s", smallPages)
                .isLessThan(12 * smallPages);
    }

    /** Every tenth cannot be deleted. */
    private long statementsFor(int instances) {
        clear();
        fill(instances);
        CountedStatements counted = new CountedStatements(database.dataSource());
        return counted.during(() -> assertThat(
                        retention(counted.dataSource()).batchSize(50).build().run())
                .isEqualTo(new Purged(instances - instances / 10, 0, 0, instances / 10)));
    }

    private long pagesFor(int instances) {
        clear();
        fill(instances);
        SingleConnectionDataSource connection =
                new SingleConnectionDataSource(database.url(), database.username(), database.password(), true);
        try {
            long before = pages(connection);
            retention(connection).batchSize(50).build().run();
            return pages(connection) - before;
        } finally {
            connection.destroy();
        }
    }

    private void fill(int instances) {
        finished(1, instances, 4);
        jdbc.update("INSERT INTO public.invoices SELECT w.instance_id FROM sayiir.sayiir_workflows AS w"
                + " WHERE w.instance_id LIKE '%0'");
        jdbc.execute("VACUUM ANALYZE");
    }

    private void clear() {
        jdbc.execute("TRUNCATE public.invoices, sayiir.sayiir_workflows, sayiir.sayiir_workflow_tasks,"
                + " sayiir.sayiir_workflow_history, sayiir.sayiir_workflow_events");
        for (String table : List.of("workflows", "workflow_tasks", "workflow_history", "workflow_events")) {
            jdbc.execute("ALTER TABLE sayiir.sayiir_" + table + " SET (autovacuum_enabled = false)");
        }
    }

    private static long pages(DataSource connection) {
        JdbcTemplate jdbc = new JdbcTemplate(connection);
        jdbc.execute("SELECT pg_stat_force_next_flush()");
        return jdbc.queryForObject("""
                SELECT sum(heap_blks_read + heap_blks_hit + idx_blks_read + idx_blks_hit)
                FROM pg_statio_user_tables WHERE schemaname = 'sayiir'
                """, Long.class);
    }

    private Retention.Builder retention() {
        return retention(database.dataSource());
    }

    private static Retention.Builder retention(DataSource dataSource) {
        return Retention.builder(dataSource).keepFinished(WEEK);
    }

    private static StoreObserver observer(Map<PurgedKind, Long> told) {
        return new StoreObserver() {
            @Override
            public void purged(PurgedKind kind, long rows) {
                told.merge(kind, rows, Long::sum);
            }
        };
    }

    /** Long ago, each with that many checkpoints, one task and the log entry of its start. */
    private void finished(int from, int to, int checkpoints) {
        instances("'i-' || lpad(i::text, 7, '0')", from, to, checkpoints, "Completed");
    }

    private void unfinished(int count, int checkpoints) {
        instances("'u-' || i", 1, count, checkpoints, "InProgress");
    }

    private void instances(String id, int from, int to, int checkpoints, String status) {
        transaction.executeWithoutResult(tx -> {
            jdbc.execute("SET LOCAL session_replication_role = replica");
            jdbc.execute("CREATE TEMP TABLE made ON COMMIT DROP AS SELECT " + id + " AS instance_id,"
                    + " now() - interval '1 year' + i * interval '1 second' AS at FROM generate_series(" + from + ", "
                    + to
                    + ") AS i");
            jdbc.update(
                    "INSERT INTO sayiir.sayiir_workflows (instance_id, version, data_version, base_version, incarnation,"
                            + " created_at, updated_at, completed_task_count, task_priority, status, definition_hash, task_tags)"
                            + " SELECT instance_id, " + checkpoints + ", " + checkpoints + ", 1, 1, at, at, 1, 3, '"
                            + status
                            + "', 'd', '{}' FROM made");
            jdbc.update(
                    "INSERT INTO sayiir.sayiir_workflow_history (instance_id, version, saved_at, baseline, status, data,"
                            + " initial_input, write_id) SELECT instance_id, v, at, v = 1, '" + status + "', '\\x00',"
                            + " CASE v WHEN 1 THEN '\\x00'::bytea END, 1 FROM made, generate_series(1, " + checkpoints
                            + ") AS v");
            jdbc.update(
                    "INSERT INTO sayiir.sayiir_workflow_tasks (instance_id, task_id, status, started_at, completed_at,"
                            + " attempts) SELECT instance_id, 't', 'completed', at, at, 1 FROM made");
            jdbc.update("INSERT INTO sayiir.sayiir_workflow_events (instance_id, created_at, kind)"
                    + " SELECT instance_id, at, 'Started' FROM made");
        });
    }

    private List<String> ids() {
        return jdbc.queryForList("SELECT instance_id FROM sayiir.sayiir_workflows ORDER BY instance_id", String.class);
    }

    private long count(String what) {
        return jdbc.queryForObject("SELECT count(*) FROM " + what, Long.class);
    }

    private List<String> warnings() {
        return log.lines().stream().filter(line -> line.startsWith("WARN")).toList();
    }
}
