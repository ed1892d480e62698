package dev.sayiir.persistence;

import java.time.Instant;
import java.util.Optional;

/**
 * A task that nobody does until it is unblocked. Its instance is as it was; other branches of it go on.
 *
 * @param instanceId the instance
 * @param taskId the task
 * @param branch the branch of a fork that stands at it; empty for the main line
 * @param definitionHash the workflow
 * @param reason why it is blocked
 * @param error what went wrong last
 * @param build the build of the worker that refused it last, if it said so
 * @param blockedAt since when, by the store's clock
 * @param attempts how often it has been claimed
 */
public record BlockedTask(
        String instanceId,
        String taskId,
        Optional<String> branch,
        String definitionHash,
        BlockReason reason,
        String error,
        Optional<String> build,
        Instant blockedAt,
        int attempts) {

    /** @return where a page ends that ends with this task */
    public BlockedQuery.Cursor cursor() {
        return new BlockedQuery.Cursor(blockedAt, instanceId, branch);
    }
}
