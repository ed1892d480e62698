package dev.sayiir.samples.orders.demonstration;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.springframework.jdbc.core.simple.JdbcClient;

/** Who has which task at this moment, from the claims in the database. */
final class Claims {

    private final JdbcClient jdbc;

    Claims(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    /** A task that a worker had. */
    record Held(String instanceId, String taskId, String workerId) {}

    /** The workers that have any. */
    Set<String> holders() {
        return new TreeSet<>(
                jdbc.sql("SELECT DISTINCT worker_id FROM sayiir.sayiir_task_claims WHERE expires_at IS NOT NULL")
                        .query(String.class)
                        .list());
    }

    /** What a worker has, or if it has died, had when it died. */
    List<Held> of(String workerId) {
        return jdbc.sql("""
                        SELECT instance_id, task_id, worker_id FROM sayiir.sayiir_task_claims
                        WHERE worker_id = :worker AND expires_at IS NOT NULL
                        ORDER BY instance_id, task_id""").param("worker", workerId).query(Held.class).list();
    }

    /** Whether somebody else than who had that task has had it since, or has it now. */
    boolean isTakenOver(Held task) {
        return jdbc.sql("""
                        SELECT EXISTS (SELECT FROM sayiir.sayiir_tasks
                            WHERE instance_id = :instance AND task_id = :task AND worker_id <> :worker)""")
                .param("instance", task.instanceId())
                .param("task", task.taskId())
                .param("worker", task.workerId())
                .query(Boolean.class)
                .single();
    }
}
