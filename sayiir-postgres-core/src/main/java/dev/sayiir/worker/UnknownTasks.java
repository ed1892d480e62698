package dev.sayiir.worker;

import java.time.Duration;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tasks of known workflows without a handler here, as there are while a fleet is changing to a newer version. They are
 * left for a worker that has one; so that this one does not take them again at once, it leaves the whole workflow alone for
 * a while.
 */
final class UnknownTasks {

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final Set<String> workflows;
    private final long pauseNanos;
    private final Map<String, Long> pausedSince = new ConcurrentHashMap<>();
    private final Set<String> logged = ConcurrentHashMap.newKeySet();

    UnknownTasks(Set<String> workflows, Duration pause) {
        this.workflows = Set.copyOf(workflows);
        this.pauseNanos = pause.toNanos();
    }

    void found(String workflow, String taskId) {
        pausedSince.put(workflow, System.nanoTime());
        if (logged.add(taskId)) {
            log.warn(
                    "There is no handler here of task '{}' of workflow '{}'; it is left for a worker that has one",
                    taskId,
                    workflow);
        }
    }

    /** The workflows to ask for now. */
    Set<String> wanted() {
        pausedSince.values().removeIf(since -> System.nanoTime() - since >= pauseNanos);
        Set<String> wanted = new HashSet<>(workflows);
        wanted.removeAll(pausedSince.keySet());
        return wanted;
    }
}
