package dev.sayiir.worker;

import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskClaimStore;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.worker.HeldTask.Stop;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** All that the worker has: tasks whose handlers run, whose results wait to be stored, whose instances are being cancelled. */
final class HeldTasks {

    private final TaskClaimStore claims;
    private final Set<HeldTask> tasks = ConcurrentHashMap.newKeySet();
    private final Set<HeldTask> cancelling = ConcurrentHashMap.newKeySet();
    private volatile boolean stopping;
    private volatile boolean closed;

    HeldTasks(TaskClaimStore claims) {
        this.claims = claims;
    }

    HeldTask add(TaskClaim claim) {
        HeldTask task = new HeldTask(claim);
        tasks.add(task);
        if (stopping) {
            task.stop(Stop.WORKER_STOPS);
        }
        return task;
    }

    /** Its handler is back, and its result stored or dropped; unless it is to be given back when the worker has stopped. */
    void remove(HeldTask task) {
        if (!task.isToBeGivenBack()) {
            tasks.remove(task);
        }
    }

    /** From now on it is kept until {@link #cancelled}, also when its handler is back. */
    void cancelling(HeldTask task) {
        cancelling.add(task);
    }

    /** Its handler came back before it could be interrupted. */
    void notCancelling(HeldTask task) {
        cancelling.remove(task);
    }

    void cancelled(HeldTask task) {
        task.leave();
        cancelling.remove(task);
    }

    List<HeldTask> toCancel() {
        return List.copyOf(cancelling);
    }

    /** Those whose claims are to be renewed. */
    List<HeldTask> held() {
        return Stream.concat(tasks.stream(), cancelling.stream())
                .filter(HeldTask::isHeld)
                .distinct()
                .toList();
    }

    List<HeldTask> handled() {
        return tasks.stream().filter(HeldTask::isHandled).toList();
    }

    List<HeldTask> foundStuck() {
        return tasks.stream().filter(HeldTask::isFoundStuck).toList();
    }

    /** Those that are to come as well. */
    void stopAll() {
        stopping = true;
        tasks.forEach(task -> task.stop(Stop.WORKER_STOPS));
    }

    List<HeldTask> stuck() {
        return tasks.stream().filter(HeldTask::isStuck).toList();
    }

    /** Whether everything was given back already, so that what comes now is to be given back at once. */
    boolean isClosed() {
        return closed;
    }

    /** Gives everything back, and tells how many tasks that were. */
    int giveBack() {
        closed = true;
        List<HeldTask> held = held();
        held.forEach(HeldTask::leave);
        return held.isEmpty() ? 0 : giveBack(held.stream().map(HeldTask::claim).toList(), Duration.ZERO);
    }

    TaskRefusal.Outcome refuse(TaskRefusal refusal) {
        return claims.refuseTasks(List.of(refusal)).get(0);
    }

    /** Not if somebody has locked it. */
    boolean isGivenBack(TaskClaim claim, Duration delay) {
        return giveBack(List.of(claim), delay) > 0 || !claims.isHeld(claim);
    }

    /** By the claims themselves: other workers may go by the same name. */
    int giveBack(Collection<TaskClaim> given, Duration delay) {
        return claims.releaseTaskClaims(given, delay);
    }
}
