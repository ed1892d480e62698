package dev.sayiir.persistence;

import dev.sayiir.workflow.Identifiers;
import java.time.Instant;
import java.util.Optional;

/**
 * Says that a worker has a task for a while.
 *
 * @param instanceId the instance
 * @param taskId its task
 * @param definitionHash which workflow it is an instance of
 * @param workerId the worker that has it
 * @param claimToken the number of this claim: each claim of a task gets a greater one than those before
 * @param attempt the how-many-th claim this is since the task was opened, 1 for the first
 * @param failures how often the task has failed since it was opened, and was to be tried again
 * @param crashes how many of the claims before it came to no end: their holders neither committed nor gave the task back before
 *     the claim expired, as when its process dies
 * @param branch the branch of a fork that the task is part of, if it is part of one
 * @param claimedAt since when, by the store's clock
 * @param expiresAt until when, by the store's clock; then others may take the task over
 */
public record TaskClaim(
        String instanceId,
        String taskId,
        String definitionHash,
        String workerId,
        long claimToken,
        int attempt,
        long failures,
        int crashes,
        Optional<BranchStep> branch,
        Instant claimedAt,
        Instant expiresAt) {

    /** @throws IllegalArgumentException if an id is not valid */
    public TaskClaim {
        Identifiers.requireInstanceId(instanceId);
        Identifiers.requireForkId(taskId);
        Identifiers.requireName("worker id", workerId);
    }

    /**
     * @param later until when
     * @return the same claim with that end
     */
    public TaskClaim until(Instant later) {
        return new TaskClaim(
                instanceId,
                taskId,
                definitionHash,
                workerId,
                claimToken,
                attempt,
                failures,
                crashes,
                branch,
                claimedAt,
                later);
    }
}
