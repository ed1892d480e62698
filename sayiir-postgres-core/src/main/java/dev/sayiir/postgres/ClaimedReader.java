package dev.sayiir.postgres;

import dev.sayiir.persistence.ClaimQuery;
import dev.sayiir.persistence.StoreOperation;
import dev.sayiir.persistence.TaskClaim;
import dev.sayiir.postgres.DispatchRepository.Claimed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.springframework.dao.DataAccessException;

/**
 * Claims what is due and reads the instances: in one statement as long as that works. An instance that the server cannot
 * read, be it damaged or too large for the time that a statement may take, would make that fail for all others in the batch,
 * again and again. After a failure fewer are read together, down to one, which is then found to be the guilty one; after
 * successes, more again.
 */
final class ClaimedReader {

    private static final int MOST = 256;

    private final TransientFailures failures;
    private final DispatchRepository dispatch;
    private final ClaimRepository claims;

    /** How many are read together. Several threads may change it at once: it is a guess, and soon put right. */
    private volatile int together = MOST;

    ClaimedReader(TransientFailures failures, DispatchRepository dispatch, ClaimRepository claims) {
        this.failures = failures;
        this.dispatch = dispatch;
        this.claims = claims;
    }

    /**
     * @param readable those that were read
     * @param unreadable one that was not, and why
     * @param givenBack whether others were given back, since this one has taken long enough
     */
    record Batch(List<Claimed> readable, Optional<Failed> unreadable, boolean givenBack) {

        int size() {
            return readable.size() + (unreadable.isPresent() ? 1 : 0);
        }
    }

    /** A claim on a task of an instance that could not be read. */
    record Failed(TaskClaim claim, DataAccessException failure) {}

    Batch claim(StoreOperation operation, ClaimQuery query) {
        if (query.limit() <= together) {
            try {
                List<Claimed> all = failures.retry(operation, () -> dispatch.claimAvailable(query));
                succeeded();
                return new Batch(all, Optional.empty(), false);
            } catch (DataAccessException failure) {
                requireRefused(failure);
                together = Math.max(1, query.limit() / 2);
            }
        }
        return read(operation, failures.retry(operation, () -> dispatch.claimOnly(query)));
    }

    private Batch read(StoreOperation operation, List<TaskClaim> claimed) {
        List<Claimed> readable = new ArrayList<>();
        int from = 0;
        while (from < claimed.size()) {
            List<TaskClaim> next = claimed.subList(from, Math.min(claimed.size(), from + together));
            try {
                readable.addAll(failures.retry(operation, () -> dispatch.read(next)));
                succeeded();
                from += next.size();
            } catch (DataAccessException failure) {
                requireRefused(failure);
                together = Math.max(1, next.size() / 2);
                if (next.size() == 1) {
                    List<TaskClaim> rest = claimed.subList(from + 1, claimed.size());
                    if (!rest.isEmpty()) {
                        failures.retry(operation, () -> claims.release(rest, Duration.ZERO));
                    }
                    return new Batch(readable, Optional.of(new Failed(next.get(0), failure)), !rest.isEmpty());
                }
            }
        }
        return new Batch(readable, Optional.empty(), false);
    }

    private void succeeded() {
        together = Math.min(MOST, together * 2);
    }

    /** A database that is away, and a transaction that is doomed, are nobody's fault in particular. */
    private void requireRefused(DataAccessException failure) {
        if (failures.inCallersTransaction() || TransientFailures.isOutOfReach(failure)) {
            throw failure;
        }
    }
}
