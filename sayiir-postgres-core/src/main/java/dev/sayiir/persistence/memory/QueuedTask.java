package dev.sayiir.persistence.memory;

import dev.sayiir.persistence.BlockReason;
import dev.sayiir.persistence.BranchStep;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.persistence.TaskRefusal;
import dev.sayiir.workflow.Payload;
import java.time.Instant;
import java.util.Optional;
import java.util.stream.Stream;

/** An open task of an instance, and its place in the queue. {@link InMemoryBackend} lets one thread at a time in here. */
final class QueuedTask {

    private final String taskId;
    private Optional<BranchStep> branch = Optional.empty();
    private Optional<Payload> input = Optional.empty();
    private Optional<Instant> readyAt = Optional.empty();
    private Optional<Instant> notBefore = Optional.empty();
    private Optional<TaskClaim> claim = Optional.empty();
    private Optional<String> lastFailedWorker = Optional.empty();
    private Optional<Refusal> refusal = Optional.empty();
    private Optional<Instant> blockedAt = Optional.empty();
    private int attempts;
    private long failures;
    private int crashes;

    /**
     * That workers cannot do it.
     *
     * @param since when the first one said so
     * @param reason what the last one said
     * @param error what went wrong there
     * @param build of which build that was
     */
    record Refusal(Instant since, BlockReason reason, String error, Optional<String> build) {}

    QueuedTask(String taskId) {
        this.taskId = taskId;
    }

    String taskId() {
        return taskId;
    }

    Optional<BranchStep> branch() {
        return branch;
    }

    /** Of a task of a branch, what it is given; empty for the input of the workflow. */
    Optional<Payload> input() {
        return input;
    }

    void give(Optional<Payload> given) {
        input = given;
    }

    Optional<TaskClaim> claim() {
        return claim;
    }

    Optional<String> lastFailedWorker() {
        return lastFailedWorker;
    }

    /** When it may next be claimed, while it is claimed not before the claim ends. */
    Optional<Instant> readyAt() {
        return readyAt;
    }

    boolean isDue(Instant now) {
        return readyAt.filter(at -> !at.isAfter(now)).isPresent();
    }

    boolean isClaimed(Instant now) {
        return claim.filter(held -> held.expiresAt().isAfter(now)).isPresent();
    }

    /** A task that stays open stays claimed, unless it has been done and is to be done again. */
    void open(Optional<BranchStep> step, Optional<Instant> at, Optional<String> failedOn, long failed, boolean anew) {
        if (anew) {
            claim = Optional.empty();
        }
        branch = step;
        notBefore = Optional.empty();
        lastFailedWorker = failedOn;
        attempts = anew ? 0 : attempts;
        crashes = anew ? 0 : crashes;
        failures = failed;
        blockedAt = blockedAt.filter(since -> !anew);
        refusal = refusal.filter(it -> !anew);
        readyAt = at.filter(it -> blockedAt.isEmpty()).map(this::notBeforeClaimEnds);
    }

    /** The next step of a branch. */
    void open(BranchStep step, Instant at, Optional<Instant> dueAt, boolean running) {
        open(
                Optional.of(step),
                running ? dueAt.or(() -> Optional.of(at)) : Optional.empty(),
                Optional.empty(),
                0,
                true);
        notBefore = dueAt;
    }

    void pause() {
        readyAt = Optional.empty();
    }

    void resume(Instant now) {
        if (blockedAt.isPresent()) {
            return;
        }
        readyAt = Stream.of(Optional.of(now), notBefore, claim.map(TaskClaim::expiresAt))
                .flatMap(Optional::stream)
                .max(Instant::compareTo);
    }

    /** How often it has failed since it was opened. */
    long failures() {
        return failures;
    }

    /** How many claims since the task was opened came to no end. */
    int crashes() {
        return crashes;
    }

    /** The worker that had the task before and neither ended it nor gave it back, if it is claimed now after such a one. */
    Optional<String> noteCrash() {
        claim.ifPresent(before -> crashes++);
        return claim.map(TaskClaim::workerId);
    }

    int attempts() {
        return attempts;
    }

    /** The number of the next claim. */
    int nextAttempt() {
        return ++attempts;
    }

    /** The task of a paused instance is not due, and a back-off beyond the claim stays. */
    void claimedBy(TaskClaim claimed) {
        Optional<Instant> before = claim.map(TaskClaim::expiresAt);
        readyAt = readyAt.map(at ->
                before.filter(at::isAfter).isPresent() && at.isAfter(claimed.expiresAt()) ? at : claimed.expiresAt());
        claim = Optional.of(claimed);
    }

    void release(Instant now) {
        Optional<Instant> until = claim.map(TaskClaim::expiresAt);
        readyAt = readyAt.map(at -> until.filter(at::isAfter).isPresent() ? at : now);
        claim = Optional.empty();
    }

    /** Failed, and to be tried again. */
    void backOff(Instant until, String failedOn) {
        claim = Optional.empty();
        readyAt = readyAt.map(at -> until);
        notBefore = Optional.of(until);
        lastFailedWorker = Optional.of(failedOn);
        failures++;
        refusal = Optional.empty();
    }

    /** Something came of it. */
    void forgetClaim() {
        claim = Optional.empty();
        refusal = Optional.empty();
    }

    /** Whether it is blocked now; else it is left for others. */
    boolean refuse(TaskRefusal refused, Instant now) {
        Instant since = refusal.map(Refusal::since).orElse(now);
        Instant again = now.plus(refused.again());
        refusal = Optional.of(new Refusal(since, refused.reason(), refused.error(), refused.build()));
        claim = Optional.empty();
        lastFailedWorker = Optional.of(refused.claim().workerId());
        blockedAt =
                Optional.of(now).filter(at -> !since.plus(refused.patience()).isAfter(at));
        readyAt = readyAt.map(at -> again).filter(at -> blockedAt.isEmpty());
        notBefore = branch.map(step -> again).filter(at -> blockedAt.isEmpty());
        return blockedAt.isPresent();
    }

    void block(Refusal why, Instant now) {
        refusal = Optional.of(why);
        blockedAt = Optional.of(now);
        readyAt = Optional.empty();
    }

    Optional<Refusal> refusal() {
        return refusal;
    }

    Optional<Instant> blockedAt() {
        return blockedAt;
    }

    void unblock(Optional<Instant> dueAt) {
        blockedAt = Optional.empty();
        refusal = Optional.empty();
        lastFailedWorker = Optional.empty();
        crashes = 0;
        failures = branch.isPresent() ? 0 : failures;
        readyAt = dueAt;
    }

    private Instant notBeforeClaimEnds(Instant at) {
        return claim.map(TaskClaim::expiresAt).filter(at::isBefore).orElse(at);
    }
}
