package dev.sayiir.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.springframework.jdbc.core.JdbcTemplate;

/**
 * What handlers have booked, and what was committed, which a trigger records with each checkpoint: retention does not reach
 * it.
 */
final class SoakAudit {

    private final JdbcTemplate jdbc;
    private long transactionsBefore;

    SoakAudit(JdbcTemplate jdbc) {
        this.jdbc = jdbc;
    }

    /** From now on; and one instance in so many is slow to be written. */
    void begin() {
        jdbc.execute("CREATE TABLE public.bookings (instance_id text, task_id text, claim_token bigint)");
        jdbc.execute(
                "CREATE TABLE public.commits (instance_id text, version bigint, status text, task_id text, output text)");
        jdbc.execute("""
                CREATE FUNCTION public.record_commit() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    INSERT INTO public.commits
                    SELECT NEW.instance_id, NEW.version, NEW.status, done.task_id, convert_from(done.output, 'UTF8')
                    FROM (SELECT) AS once
                    LEFT JOIN unnest(NEW.completed_task_ids, NEW.outputs) AS done (task_id, output) ON true;
                    IF hashtext(NEW.instance_id) % 100 = 0 THEN
                        PERFORM pg_sleep(0.3);
                    END IF;
                    RETURN NULL;
                END
                $$
                """);
        jdbc.execute("""
                CREATE TRIGGER record_commit AFTER INSERT ON sayiir.sayiir_workflow_history
                FOR EACH ROW EXECUTE FUNCTION public.record_commit()
                """);
        transactionsBefore = countTransactions();
    }

    /** The server tells of them within a second or so. */
    private long countTransactions() {
        return count("SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()");
    }

    long transactions() {
        return countTransactions() - transactionsBefore;
    }

    long tasks() {
        return count("SELECT count(task_id) FROM public.commits WHERE " + ofHandlers());
    }

    long bookings() {
        return count("SELECT count(*) FROM public.bookings");
    }

    Set<String> endedWith(String status) {
        return new HashSet<>(
                jdbc.queryForList("SELECT instance_id FROM public.commits WHERE status = ?", String.class, status));
    }

    private static String ofHandlers() {
        return "task_id IN ('" + String.join("', '", SoakProcess.TASKS) + "')";
    }

    private long count(String sql) {
        Long count = jdbc.queryForObject(sql, Long.class);
        return count == null ? 0 : count;
    }

    /** Each task is committed once, by the claim that was the last to do it, which has done it once; each instance ends once. */
    void assertNothingTwice() {
        assertThat(jdbc.queryForList("""
                        SELECT instance_id, task_id FROM public.commits
                        WHERE task_id IS NOT NULL GROUP BY instance_id, task_id HAVING count(*) > 1
                        """)).as("committed twice").isEmpty();
        assertThat(jdbc.queryForList("""
                        SELECT instance_id, version FROM public.commits
                        GROUP BY instance_id, version HAVING count(*) > 1
                        """)).as("versions given twice").isEmpty();
        assertThat(jdbc.queryForList("""
                        SELECT instance_id FROM public.commits
                        WHERE status IN ('Completed', 'Cancelled') GROUP BY instance_id HAVING count(*) > 1
                        """)).as("ended twice").isEmpty();
        assertThat(jdbc.queryForList("""
                        SELECT instance_id, task_id, claim_token FROM public.bookings
                        GROUP BY instance_id, task_id, claim_token HAVING count(*) > 1
                        """)).as("booked twice by one claim").isEmpty();
        assertThat(jdbc.queryForList("""
                        SELECT c.instance_id, c.task_id, c.output, b.last_token
                        FROM public.commits AS c
                        LEFT JOIN (
                            SELECT instance_id, task_id, max(claim_token) AS last_token
                            FROM public.bookings GROUP BY instance_id, task_id
                        ) AS b ON b.instance_id = c.instance_id AND b.task_id = c.task_id
                        WHERE c.""" + ofHandlers() + " AND b.last_token::text IS DISTINCT FROM c.output"))
                .as("committed by another claim than the last that booked")
                .isEmpty();
        assertThat(jdbc.queryForList("""
                        SELECT b.instance_id, b.task_id, b.claim_token
                        FROM public.bookings AS b
                        WHERE b.task_id IN ('""" + String.join("', '", SoakProcess.TRANSACTIONAL) + """
                        ') AND NOT EXISTS (SELECT FROM public.commits AS c
                                           WHERE c.instance_id = b.instance_id
                                             AND c.task_id = b.task_id
                                             AND c.output = b.claim_token::text)
                        """))
                .as("booked and not committed by a transactional task")
                .isEmpty();
    }
}
