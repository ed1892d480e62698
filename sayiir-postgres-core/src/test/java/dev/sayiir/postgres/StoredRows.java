package dev.sayiir.postgres;

import java.util.List;
import java.util.Map;
import org.springframework.jdbc.core.JdbcTemplate;

/** What the tables hold, to be compared. */
final class StoredRows {

    private StoredRows() {}

    /** Everything that an operation leaves, but the times, tokens and ids that are new each time. */
    static List<Map<String, Object>> all(JdbcTemplate jdbc) {
        return jdbc.queryForList("""
                SELECT 'instance' AS what, w.instance_id, concat_ws('|', w.version, w.status, w.current_task_id,
                       w.completed_task_count) AS text, w.version AS place
                FROM sayiir.sayiir_workflows AS w
                UNION ALL
                SELECT 'checkpoint', h.instance_id, concat_ws('|', h.status, h.baseline, h.completed_task_ids, h.outputs),
                       h.version
                FROM sayiir.sayiir_workflow_history AS h
                UNION ALL
                SELECT 'task', t.instance_id, concat_ws('|', t.task_id, t.status, t.completed_version, t.attempts, t.worker_id,
                       t.error), 0
                FROM sayiir.sayiir_workflow_tasks AS t
                UNION ALL
                SELECT 'claim', c.instance_id, concat_ws('|', c.branch, c.task_id, c.status, c.attempts, c.worker_id,
                       c.claim_token IS NOT NULL, c.expires_at > now() + interval '55 minutes', c.ready_at > now(), c.error,
                       c.branches_left, c.awaited_event, c.instance_created_at IS NOT NULL), 0
                FROM sayiir.sayiir_task_claims AS c
                UNION ALL
                SELECT 'event', e.instance_id, concat_ws('|', e.kind, e.name, e.reason, e.payload, e.consumed_at IS NOT NULL),
                       rank() OVER (PARTITION BY e.instance_id ORDER BY e.id)
                FROM sayiir.sayiir_workflow_events AS e
                ORDER BY 1, 2, 4, 3
                """);
    }
}
