package dev.sayiir.persistence.memory;

import dev.sayiir.persistence.AvailableTask;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.workflow.OpenTask;
import dev.sayiir.workflow.TaskRetry;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Who has which task. {@link InMemoryBackend} lets one thread at a time in here. */
final class InMemoryClaims {

    private final Collection<StoredInstance> instances;
    private long lastToken;

    InMemoryClaims(Collection<StoredInstance> instances) {
        this.instances = instances;
    }

    List<TaskClaim> claimAvailable(ClaimQuery query, Instant now) {
        return due(query, now)
                .map(stored -> claim(stored, query.workerId(), query.ttl(), now))
                .toList();
    }

    List<AvailableTask> findAvailable(ClaimQuery query, Instant now) {
        return due(query, now).map(InMemoryClaims::available).toList();
    }

    static Optional<AvailableTask> findHinted(StoredInstance stored, String taskId, ClaimQuery query, Instant now) {
        return Optional.of(stored)
                .filter(it -> it.openTask().filter(taskId::equals).isPresent() && it.isDue(now))
                .filter(it -> isWanted(query, snapshot(it)))
                .map(InMemoryClaims::available);
    }

    private Stream<StoredInstance> due(ClaimQuery query, Instant now) {
        return instances.stream()
                .filter(stored -> stored.isDue(now) && isWanted(query, snapshot(stored)))
                .sorted(mostUrgentFirst(query, now))
                .limit(query.limit());
    }

    private static AvailableTask available(StoredInstance stored) {
        WorkflowSnapshot snapshot = snapshot(stored);
        return new AvailableTask(
                snapshot.instanceId(),
                stored.openTask().orElseThrow(),
                snapshot.definitionHash(),
                snapshot.taskPriority(),
                stored.readyAt().orElseThrow());
    }

    Optional<TaskClaim> claim(StoredInstance stored, String taskId, String workerId, Duration ttl, Instant now) {
        return stored.openTask().filter(taskId::equals).isPresent() && stored.isDue(now)
                ? Optional.of(claim(stored, workerId, ttl, now))
                : Optional.empty();
    }

    TaskClaim claim(StoredInstance stored, String workerId, Duration ttl, Instant now) {
        WorkflowSnapshot snapshot = snapshot(stored);
        TaskClaim claim = new TaskClaim(
                snapshot.instanceId(),
                stored.openTask().orElseThrow(),
                snapshot.definitionHash(),
                workerId,
                ++lastToken,
                stored.nextAttempt(),
                now,
                now.plus(ttl));
        stored.claimedBy(claim);
        return claim;
    }

    private static boolean isWanted(ClaimQuery query, WorkflowSnapshot snapshot) {
        return query.definitions()
                        .filter(known -> !known.contains(snapshot.definitionHash()))
                        .isEmpty()
                && query.tags()
                        .filter(offered -> !offered.containsAll(snapshot.taskTags()))
                        .isEmpty();
    }

    private static Comparator<StoredInstance> mostUrgentFirst(ClaimQuery query, Instant now) {
        return Comparator.comparing((StoredInstance stored) -> failedLastOn(query.workerId(), snapshot(stored)))
                .thenComparing(stored -> urgency(query.ageing(), stored, now))
                .thenComparing(stored -> stored.readyAt().orElseThrow());
    }

    private static boolean failedLastOn(String workerId, WorkflowSnapshot snapshot) {
        return snapshot.openTask()
                .map(OpenTask::taskId)
                .map(snapshot.taskRetries()::get)
                .flatMap(TaskRetry::lastFailedWorker)
                .filter(workerId::equals)
                .isPresent();
    }

    /** The less, the more urgent: levels times the length of one, less how long it has been due. */
    private static BigInteger urgency(Duration ageing, StoredInstance stored, Instant now) {
        Duration due = Duration.between(stored.readyAt().orElseThrow(), now);
        return nanos(ageing)
                .multiply(BigInteger.valueOf(snapshot(stored).taskPriority().level()))
                .subtract(nanos(due));
    }

    private static BigInteger nanos(Duration duration) {
        return BigInteger.valueOf(duration.getSeconds())
                .multiply(BigInteger.valueOf(1_000_000_000L))
                .add(BigInteger.valueOf(duration.getNano()));
    }

    private static WorkflowSnapshot snapshot(StoredInstance stored) {
        return stored.current().snapshot();
    }
}
