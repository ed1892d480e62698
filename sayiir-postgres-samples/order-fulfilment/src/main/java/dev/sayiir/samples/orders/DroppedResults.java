package dev.sayiir.samples.orders;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.worker.TaskWorkerListener;
import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Component;

/**
 * Notes each task that this worker did although another one had it by then, and whose result was therefore refused: after an
 * outage that outlasted the claims, or when the process stood still for too long.
 */
@Component
class DroppedResults implements TaskWorkerListener {

    private final JdbcClient jdbc;

    DroppedResults(JdbcClient jdbc) {
        this.jdbc = jdbc;
    }

    @Override
    public void taskEnded(TaskClaim claim, End end) {
        if (end == End.LOST) {
            jdbc.sql("""
                            INSERT INTO order_fulfilment.dropped_results (instance_id, task_id, worker_id, claim_token)
                            VALUES (:instance, :task, :worker, :token)""")
                    .param("instance", claim.instanceId())
                    .param("task", claim.taskId())
                    .param("worker", claim.workerId())
                    .param("token", claim.claimToken())
                    .update();
        }
    }
}
