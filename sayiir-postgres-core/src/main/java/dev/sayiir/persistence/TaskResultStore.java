package dev.sayiir.persistence;

import dev.sayiir.workflow.Payload;
import java.util.Map;
import java.util.Optional;

/** Reads what tasks gave back without loading their instance's snapshot, also after the instance has finished. */
public interface TaskResultStore {

    /**
     * @param instanceId the instance
     * @param taskId the task
     * @return the task's output, or empty if it is not done
     * @throws SnapshotNotFoundException if there is no such instance
     */
    Optional<Payload> loadTaskResult(String instanceId, String taskId);

    /**
     * @param instanceId the instance
     * @return the output of every task that is done, by task id, in the order in which they were done
     * @throws SnapshotNotFoundException if there is no such instance
     */
    Map<String, Payload> loadTaskResults(String instanceId);
}
