package dev.sayiir.persistence;

import java.time.Instant;

/**
 * Failed instances whose errors have the same fingerprint.
 *
 * @param fingerprint what the errors have in common, for {@link WorkflowQuery#withFailure}
 * @param count how many instances there are, among those that were looked at
 * @param firstSeen when the first of them failed
 * @param lastSeen when the last of them failed
 * @param exampleInstanceId the one that failed last
 * @param exampleError its error
 */
public record FailureGroup(
        String fingerprint,
        long count,
        Instant firstSeen,
        Instant lastSeen,
        String exampleInstanceId,
        String exampleError) {}
