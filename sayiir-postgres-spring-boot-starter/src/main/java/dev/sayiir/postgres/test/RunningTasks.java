package dev.sayiir.postgres.test;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.ClaimedTask;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.worker.TaskWorkerListener;
import java.time.Duration;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;

/** What the worker has at the moment, from the claim to the end that it reports. */
final class RunningTasks implements TaskWorkerListener {

    private record Key(String instanceId, long claimToken) {

        static Key of(TaskClaim claim) {
            return new Key(claim.instanceId(), claim.claimToken());
        }
    }

    private record Held(TaskClaim claim, long since) {}

    /**
     * A moment at which the worker has nothing.
     *
     * @param query what it asks the store for
     * @param changes how much had happened by then
     */
    record Quiet(ClaimQuery query, long changes) {}

    private final Map<Key, Held> held = new LinkedHashMap<>();
    private final Map<String, Integer> ended = new HashMap<>();
    private Optional<ClaimQuery> query = Optional.empty();
    private int polls;
    private long changes;

    /** Another worker begins. */
    synchronized void reset() {
        held.clear();
        ended.clear();
        query = Optional.empty();
        polls = 0;
    }

    synchronized void pollBegins(ClaimQuery asked) {
        query = Optional.of(asked);
        polls++;
        changes++;
    }

    synchronized void pollEnds(List<ClaimedTask> claimed) {
        polls--;
        claimed.forEach(task -> isHeld(task.claim()));
        notifyAll();
    }

    synchronized void isHeld(TaskClaim claim) {
        changes++;
        held.put(Key.of(claim), new Held(claim, System.nanoTime()));
    }

    @Override
    public synchronized void taskEnded(TaskClaim claim, End end) {
        changes++;
        held.remove(Key.of(claim));
        ended.merge(describe(claim), 1, Integer::sum);
        notifyAll();
    }

    /** Waits until the worker has asked for tasks and has none; empty if it has some still at that time. */
    synchronized Optional<Quiet> awaitQuiet(long endNanos) throws InterruptedException {
        while (query.isEmpty() || polls > 0 || !held.isEmpty()) {
            if (!awaitChange(endNanos)) {
                return Optional.empty();
            }
        }
        return Optional.of(new Quiet(query.get(), changes));
    }

    /** Whether nothing has happened since that moment. */
    synchronized boolean isStill(Quiet moment) {
        return moment.changes() == changes;
    }

    /** Waits until something has happened since that moment. */
    synchronized void awaitChangeSince(Quiet moment, long endNanos) throws InterruptedException {
        while (isStill(moment) && awaitChange(endNanos)) {
            // looks again
        }
    }

    private boolean awaitChange(long endNanos) throws InterruptedException {
        long left = endNanos - System.nanoTime();
        if (left <= 0) {
            return false;
        }
        TimeUnit.NANOSECONDS.timedWait(this, left);
        return true;
    }

    /** What keeps the worker busy. */
    synchronized String describe() {
        String underWay = held.values().stream()
                .map(it -> "\n  " + describe(it.claim()) + ", attempt "
                        + it.claim().attempt() + ", for "
                        + Duration.ofNanos(System.nanoTime() - it.since()).toMillis() + " ms")
                .collect(Collectors.joining());
        String often = ended.entrySet().stream()
                .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder())
                        .thenComparing(Map.Entry.comparingByKey()))
                .limit(3)
                .map(it -> "\n  " + it.getKey() + ", " + it.getValue() + " times")
                .collect(Collectors.joining());
        return "Under way:" + (underWay.isEmpty() ? " nothing" : underWay) + "\nDone most often in this run:"
                + (often.isEmpty() ? " nothing" : often);
    }

    private static String describe(TaskClaim claim) {
        return "task '" + claim.taskId() + "' of instance '" + claim.instanceId() + "'";
    }
}
