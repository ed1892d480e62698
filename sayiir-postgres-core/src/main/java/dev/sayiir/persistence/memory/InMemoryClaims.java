package dev.sayiir.persistence.memory;

import dev.sayiir.persistence.AvailableTask;
import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.OpenTasks;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.WorkflowQuery;
import dev.sayiir.persistence.memory.QueuedTask.Refusal;
import dev.sayiir.workflow.WorkflowSnapshot;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Who has which task. {@link InMemoryBackend} lets one thread at a time in here. */
final class InMemoryClaims {

    private final Map<String, StoredInstance> instances;
    private long lastToken;

    InMemoryClaims(Map<String, StoredInstance> instances) {
        this.instances = instances;
    }

    private record Candidate(StoredInstance stored, QueuedTask task) {

        WorkflowSnapshot snapshot() {
            return stored.current().snapshot();
        }

        Instant readyAt() {
            return task.readyAt().orElseThrow();
        }

        boolean isWanted(ClaimQuery query) {
            return query.definitions()
                            .filter(known -> !known.contains(snapshot().definitionHash()))
                            .isEmpty()
                    && query.tags()
                            .filter(offered -> !offered.containsAll(snapshot().taskTags()))
                            .isEmpty()
                    && query.taskIds()
                            .filter(known -> !known.contains(task.taskId()) && !isForAnyWorker())
                            .isEmpty();
        }

        /** As a delay or a wait is. */
        private boolean isForAnyWorker() {
            return snapshot()
                    .openTask()
                    .filter(open -> open.waiting() && open.taskId().equals(task.taskId()))
                    .isPresent();
        }

        boolean isUnhandled(ClaimQuery query, Instant now) {
            return task.isDue(now.minus(query.blockAfter()))
                    && !isForAnyWorker()
                    && query.definitions().orElseThrow().contains(snapshot().definitionHash())
                    && !query.taskIds().orElseThrow().contains(task.taskId());
        }

        /** The workflow and the task. */
        List<String> kind() {
            return List.of(snapshot().definitionHash(), task.taskId());
        }

        AvailableTask available() {
            return new AvailableTask(
                    snapshot().instanceId(),
                    task.taskId(),
                    snapshot().definitionHash(),
                    snapshot().taskPriority(),
                    readyAt());
        }
    }

    List<TaskClaim> claimAvailable(ClaimQuery query, Instant now) {
        return due(query, now)
                .map(it -> claim(it.stored(), it.task(), query.workerId(), now.plus(query.ttl()), now))
                .toList();
    }

    List<AvailableTask> findAvailable(ClaimQuery query, Instant now) {
        return due(query, now).map(Candidate::available).toList();
    }

    static Optional<AvailableTask> findHinted(StoredInstance stored, String taskId, ClaimQuery query, Instant now) {
        return stored.openTask(taskId)
                .filter(task -> task.isDue(now))
                .map(task -> new Candidate(stored, task))
                .filter(it -> it.isWanted(query))
                .map(Candidate::available);
    }

    Optional<TaskClaim> claim(StoredInstance stored, String taskId, String workerId, Duration ttl, Instant now) {
        return stored.openTask(taskId)
                .filter(task -> task.isDue(now))
                .map(task -> claim(stored, task, workerId, now.plus(ttl), now));
    }

    /** A task that can be done at once, for the worker that has had the one before. */
    TaskClaim carryOn(TaskClaim before, StoredInstance stored, String taskId, Instant until, Instant now) {
        QueuedTask task = stored.openTask(taskId).orElseThrow();
        return claim(stored, task, before.workerId(), until, now);
    }

    private TaskClaim claim(StoredInstance stored, QueuedTask task, String workerId, Instant until, Instant now) {
        WorkflowSnapshot snapshot = snapshot(stored);
        stored.noteCrash(task);
        TaskClaim claim = new TaskClaim(
                snapshot.instanceId(),
                task.taskId(),
                snapshot.definitionHash(),
                workerId,
                ++lastToken,
                task.nextAttempt(),
                task.failures(),
                task.crashes(),
                task.branch(),
                now,
                until);
        stored.claimed(task, claim);
        return claim;
    }

    /** Those that are still held, until then; each once. */
    List<TaskClaim> extend(Collection<TaskClaim> claims, Instant until) {
        Map<Long, TaskClaim> extended = new LinkedHashMap<>();
        for (TaskClaim claim : claims) {
            held(claim).ifPresent(task -> {
                TaskClaim longer = task.claim().orElseThrow().until(until);
                task.claimedBy(longer);
                extended.put(longer.claimToken(), longer);
            });
        }
        return List.copyOf(extended.values());
    }

    int release(Collection<TaskClaim> claims, Instant dueAt) {
        List<QueuedTask> held = claims.stream()
                .flatMap(claim -> held(claim).stream())
                .distinct()
                .toList();
        held.forEach(task -> task.release(dueAt));
        return held.size();
    }

    int releaseAll(String workerId, Instant now) {
        List<QueuedTask> held = instances.values().stream()
                .flatMap(stored -> stored.openTasks().stream())
                .filter(task -> task.claim()
                        .filter(claim -> claim.workerId().equals(workerId))
                        .isPresent())
                .toList();
        held.forEach(task -> task.release(now));
        return held.size();
    }

    List<OpenTasks> countOpen() {
        Map<OpenTasks, Long> counts = new TreeMap<>(Comparator.comparing(OpenTasks::definitionHash, Utf8Order.INSTANCE)
                .thenComparing(OpenTasks::taskId, Utf8Order.INSTANCE));
        instances.values().stream()
                .flatMap(stored -> stored.openTasks().stream().map(task -> new Candidate(stored, task)))
                .filter(it -> !it.isForAnyWorker())
                .map(it -> new OpenTasks(
                        it.snapshot().definitionHash(),
                        it.task().taskId(),
                        0,
                        it.snapshot().instanceId()))
                .forEach(task -> counts.merge(task, 1L, Long::sum));
        return counts.entrySet().stream()
                .map(entry -> new OpenTasks(
                        entry.getKey().definitionHash(),
                        entry.getKey().taskId(),
                        entry.getValue(),
                        entry.getKey().exampleInstanceId()))
                .toList();
    }

    /** How many there were. */
    int blockUnhandled(ClaimQuery query, Instant now) {
        Set<List<String>> held = instances.values().stream()
                .flatMap(stored -> stored.openTasks().stream().map(task -> new Candidate(stored, task)))
                .filter(it -> it.task().claim().isPresent())
                .map(Candidate::kind)
                .collect(Collectors.toSet());
        List<Candidate> late = instances.values().stream()
                .flatMap(stored -> stored.openTasks().stream().map(task -> new Candidate(stored, task)))
                .filter(it -> it.isUnhandled(query, now) && !held.contains(it.kind()))
                .limit(WorkflowQuery.MAX_LIMIT)
                .toList();
        late.forEach(it -> it.stored()
                .block(
                        it.task(),
                        new Refusal(
                                now,
                                BlockReason.NO_HANDLER,
                                "No worker has taken the task since it was due at " + it.readyAt(),
                                query.build()),
                        now));
        return late.size();
    }

    Optional<QueuedTask> held(TaskClaim claim) {
        return Optional.ofNullable(instances.get(claim.instanceId())).flatMap(stored -> stored.held(claim));
    }

    private Stream<Candidate> due(ClaimQuery query, Instant now) {
        return instances.values().stream()
                .flatMap(stored -> stored.openTasks().stream().map(task -> new Candidate(stored, task)))
                .filter(it -> it.task().isDue(now) && it.isWanted(query))
                .sorted(mostUrgentFirst(query, now))
                .limit(query.limit());
    }

    private static Comparator<Candidate> mostUrgentFirst(ClaimQuery query, Instant now) {
        return Comparator.comparing((Candidate it) -> it.task()
                        .lastFailedWorker()
                        .filter(query.workerId()::equals)
                        .isPresent())
                .thenComparing(it -> urgency(query.ageingInterval(), it, now))
                .thenComparing(Candidate::readyAt);
    }

    /** The less, the more urgent: levels times the length of one, less how long it has been due. */
    private static BigInteger urgency(Duration ageingInterval, Candidate candidate, Instant now) {
        Duration due = Duration.between(candidate.readyAt(), now);
        return nanos(ageingInterval)
                .multiply(BigInteger.valueOf(candidate.snapshot().taskPriority().level()))
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
