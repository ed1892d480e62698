package dev.sayiir.worker;

import dev.sayiir.persistence.SignalKind;
import dev.sayiir.persistence.SignalStore;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.worker.HeldTask.Stop;
import dev.sayiir.worker.TaskWorkerListener.End;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All that the worker has. Its heartbeat renews the claims, and stops what is lost or cancelled. */
final class HeldTasks {

    private static final Logger log = LoggerFactory.getLogger(TaskWorker.class);

    private final TaskClaimStore claims;
    private final SignalStore signals;
    private final Outage outage;
    private final TaskWorkerListener listener;
    private final Duration ttl;
    private final Set<HeldTask> tasks = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;

    HeldTasks(TaskClaimStore claims, SignalStore signals, Outage outage, TaskWorkerListener listener, Duration ttl) {
        this.claims = claims;
        this.signals = signals;
        this.outage = outage;
        this.listener = listener;
        this.ttl = ttl;
    }

    HeldTask add(TaskClaim claim) {
        HeldTask task = new HeldTask(claim);
        tasks.add(task);
        if (stopping) {
            task.stop(Stop.WORKER_STOPS);
        }
        return task;
    }

    void remove(HeldTask task) {
        tasks.remove(task);
    }

    /** One statement to renew all claims, and one to look for cancels of what handlers are doing; none if there is nothing. */
    void heartbeat() {
        try {
            tasks.stream()
                    .filter(HeldTask::isFoundStuck)
                    .forEach(task -> log.warn("The handler of {} was interrupted and goes on; it keeps a slot", task));
            renew(tasks.stream().filter(HeldTask::isHeld).toList());
            cancel(tasks.stream().filter(HeldTask::isHandled).toList());
        } catch (RuntimeException | Error e) {
            outage.noticed(e);
        }
    }

    private void renew(List<HeldTask> held) {
        if (held.isEmpty()) {
            return;
        }
        List<TaskClaim> asked = held.stream().map(HeldTask::claim).toList();
        Set<Long> renewed = claims.extendTaskClaims(asked, ttl).stream()
                .map(TaskClaim::claimToken)
                .collect(Collectors.toSet());
        for (HeldTask task : held) {
            if (!renewed.contains(task.claim().claimToken()) && task.stop(Stop.CLAIM_LOST)) {
                log.info("The claim on {} is lost; its handler is interrupted and its result dropped", task);
                listener.taskEnded(task.claim(), End.LOST);
            }
        }
    }

    private void cancel(List<HeldTask> handled) {
        if (handled.isEmpty()) {
            return;
        }
        Set<String> instances =
                handled.stream().map(task -> task.claim().instanceId()).collect(Collectors.toSet());
        Set<String> asked = signals.findSignalled(instances, SignalKind.CANCEL);
        handled.stream()
                .filter(task -> asked.contains(task.claim().instanceId()) && task.stop(Stop.CANCELLED))
                .forEach(this::cancel);
    }

    private void cancel(HeldTask task) {
        String instanceId = task.claim().instanceId();
        if (signals.checkAndCancel(instanceId, Optional.of(task.claim().taskId()))) {
            log.info(
                    "Instance '{}' is cancelled, and the handler of its task '{}' interrupted",
                    instanceId,
                    task.claim().taskId());
            listener.taskEnded(task.claim(), End.CANCELLED);
        } else {
            claims.releaseTaskClaim(task.claim());
            listener.taskEnded(task.claim(), End.RELEASED);
        }
    }

    /** Those that are to come as well. */
    void stopAll() {
        stopping = true;
        tasks.forEach(task -> task.stop(Stop.WORKER_STOPS));
    }

    List<HeldTask> stuck() {
        return tasks.stream().filter(HeldTask::isStopped).toList();
    }
}
